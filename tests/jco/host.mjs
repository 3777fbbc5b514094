// A host of openclaw-plugin.wasm that shares no line with wasmtime: Node, with the component made
// into a JavaScript module by jco. It asks one turn and prints its events and its end as JSON
// Lines, then what the guards know.
//
//   node --experimental-wasm-jspi host.mjs TRANSPILED.js LEVEL TEXT
//
// Environment: OPENCLAW_GATEWAY_URL, OPENCLAW_GATEWAY_TOKEN, HOST_AVAILABLE_MIB.
import { pathToFileURL } from 'node:url';

const [transpiled, level, text] = process.argv.slice(2);
const { gateway, guards } = await import(pathToFileURL(transpiled));

const print = (value) =>
  console.log(JSON.stringify(value, (_, it) => (typeof it === 'bigint' ? Number(it) : it)));

// What a component throws is an error with the interface's own value in it.
const payload = (error) => error?.payload ?? String(error);

try {
  gateway.configure(
    {
      primary: {
        url: process.env.OPENCLAW_GATEWAY_URL,
        bearerToken: process.env.OPENCLAW_GATEWAY_TOKEN,
      },
      agentId: 'main',
      limits: {
        maxLevel: 'root',
        heavyFloor: 512n << 20n,
        readOnlyFloor: 350n << 20n,
        breakerFailures: 2,
        breakerOpenMs: 60_000n,
        queueLength: 8,
        queueWaitMs: 120_000n,
        heavyBytes: 262_144n,
        heavyWords: ['image'],
      },
      connectTimeoutMs: 10_000n,
      firstByteTimeoutMs: 30_000n,
      idleTimeoutMs: 30_000n,
      turnTimeoutMs: 60_000n,
      maxAnswerBytes: 8_388_608n,
      maxToolRounds: 8,
      locale: 'en',
    },
    undefined,
  );
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
  instructions: '',
  attachments: [],
  tools: [
    {
      name: 'lookup',
      description: 'Looks something up.',
      parameters: '{"type":"object","properties":{"what":{"type":"string"}}}',
      needs: 'read-only',
    },
  ],
};
const never = new Promise(() => {});
const [events, end] = await gateway.ask(turn, never);
for await (const event of events) print({ event });
print({ end: await end });
print({ status: await guards.status() });
// The pooled connection would keep the process.
process.exit(0);
