// astr:openclaw/tools for the JavaScript host: one tool, `lookup`.

/** Runs one tool of a turn; the output, or an error's text thrown. */
export async function run(turnId, call) {
  // Asynchronous for real: the component waits while this host goes on.
  await new Promise((resolve) => setTimeout(resolve, 1));
  if (call.name !== 'lookup') throw `no tool ${call.name}`;
  return `${turnId} looked up ${JSON.parse(call.arguments).what}`;
}
