// astr:openclaw/workspace for the JavaScript host: none.

/** The content of a file; here always an error, thrown. */
export async function open() {
  throw 'no-root';
}
