// astr:openclaw/memory-stat for the JavaScript host: the number that the test asks for.

/** One reading, or an error's text thrown. */
export function read() {
  const mib = process.env.HOST_AVAILABLE_MIB;
  if (mib === undefined) throw 'this host does not know its memory';
  return { available: BigInt(mib) << 20n, total: 8192n << 20n, boundedBy: 'machine' };
}
