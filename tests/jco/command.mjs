// Runs openclaw-cli.wasm, made into a JavaScript module by jco, as a command.
//
//   node --experimental-wasm-jspi command.mjs TRANSPILED.js ARGUMENT…
import { pathToFileURL } from 'node:url';

// Node's own argument is not the command's.
const [transpiled] = process.argv.splice(2, 1);
const { run } = await import(pathToFileURL(transpiled));
await run.run();
process.exit(0);
