// Makes a component into a JavaScript module with jco.
//
//   node transpile.mjs COMPONENT.wasm OUTPUT-FOLDER
import { writeFile, mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { transpile } from '@bytecodealliance/jco-transpile';

const [component, folder] = process.argv.slice(2);
const { files } = await transpile(component, {
  name: basename(component, '.wasm'),
  outDir: folder,
  asyncMode: 'jspi',
  map: {
    'astr:openclaw/memory-stat': '../memory-stat.mjs',
    'astr:openclaw/tools': '../tools.mjs',
    'astr:openclaw/workspace': '../workspace.mjs',
  },
});
for (const [path, bytes] of Object.entries(files)) {
  let text = bytes;
  if (path.endsWith('.js')) {
    // jco 1.35 gives a `future` without a value that comes from the host no alignment, and then
    // refuses it; one that comes from a guest has 0.
    text = new TextDecoder()
      .decode(bytes)
      .replaceAll('align32: null,', 'align32: 0,')
      .replaceAll('size32: null,', 'size32: 0,');
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
