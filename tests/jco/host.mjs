// A host of openclaw-plugin.wasm that shares no line with wasmtime: Node, with the component made
// into a JavaScript module by jco. It asks one turn and prints its events and its end as JSON
// Lines, then what the guards know.
//
//   node --experimental-wasm-jspi host.mjs TRANSPILED.js LEVEL TEXT
//
// Environment: HOST_CONFIG (the config record as JSON, 64-bit numbers as strings such as "8n"),
// HOST_AVAILABLE_MIB.
import { pathToFileURL } from 'node:url';

const [transpiled, level, text] = process.argv.slice(2);
const { gateway, guards } = await import(pathToFileURL(transpiled));

const print = (value) =>
  console.log(JSON.stringify(value, (_, it) => (typeof it === 'bigint' ? Number(it) : it)));

// What a component throws is an error with the interface's own value in it.
const payload = (error) => error?.payload ?? String(error);

const config = JSON.parse(process.env.HOST_CONFIG, (_, it) =>
  typeof it === 'string' && /^\d+n$/.test(it) ? BigInt(it.slice(0, -1)) : it,
);
try {
  gateway.configure(config, undefined);
} catch (error) {
  print({ configError: payload(error) });
  process.exit(2);
}

const turn = {
  id: 'turn-1',
  text,
  session: 'from-node',
  level,
  heavy: false,
  patience: 'interactive',
  files: false,
  instructions: '',
  attachments: [],
  tools: [
    {
      name: 'lookup',
      description: 'Looks something up.',
      parameters: '{"type":"object","properties":{"what":{"type":"string"}}}',
      needs: 'read-only',
      approval: 'none',
    },
  ],
  context: undefined,
};
const never = new Promise(() => {});
const [events, end] = await gateway.ask(turn, never);
for await (const event of events) print({ event });
print({ end: await end });
print({ status: await guards.status() });
// The pooled connection would keep the process.
process.exit(0);
