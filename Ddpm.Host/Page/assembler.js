// A small assembler of WebAssembly: exactly the instructions that the kernels need. Code is a nested list of bytes.

function unsigned(n) {
  const bytes = [];
  do {
    bytes.push((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
    n >>>= 7;
  } while (n > 0);
  return bytes;
}

function signed(n) {
  const bytes = [];
  for (;;) {
    const byte = n & 0x7f;
    n >>= 7;
    if ((n === 0 && (byte & 0x40) === 0) || (n === -1 && (byte & 0x40) !== 0)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

const float32Bytes = value => [...new Uint8Array(Float32Array.of(value).buffer)];
const simd = (code, ...more) => [0xfd, unsigned(code), ...more];

const Type = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

const Op = {
  get: local => [0x20, unsigned(local)],
  set: local => [0x21, unsigned(local)],
  tee: local => [0x22, unsigned(local)],
  int: value => [0x41, signed(value)],
  loadInt: [0x28, 2, 0],
  addInt: 0x6a,
  /** Repeats code as long as the number that it leaves is not 0. */
  repeat: (...code) => [0x03, 0x40, ...code, 0x0d, 0, 0x0b],
  lessUnsigned: 0x49,
  addDouble: 0xa0,
  toDouble: 0xbb,
  load: offset => simd(0x00, 0, unsigned(offset)),
  loadSplat: offset => simd(0x09, 2, unsigned(offset)),
  store: offset => simd(0x0b, 0, unsigned(offset)),
  constant: value => simd(0x0c, ...[0, 1, 2, 3].map(() => float32Bytes(value))),
  constantInts: value => simd(0x0c, ...[0, 1, 2, 3].map(() => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24])),
  splat: simd(0x13),
  lane: number => simd(0x1f, number),
  and: simd(0x4e),
  nearest: simd(0x6a),
  shiftLeft: simd(0xab),
  addInts: simd(0xae),
  add: simd(0xe4),
  subtract: simd(0xe5),
  multiply: simd(0xe6),
  divide: simd(0xe7),
  least: simd(0xe8),
  most: simd(0xe9),
  toInts: simd(0xf8),
};

/**
 * A module of functions that share an imported memory. A function has a name, parameters and locals (name → type), a result type or null, and code from the
 * numbers of its locals.
 */
function assemble(functions) {
  const vector = items => [unsigned(items.length), ...items];
  const section = (id, content) => {
    const bytes = content.flat(Infinity);
    return [id, unsigned(bytes.length), bytes];
  };
  const text = name => vector([...name].map(letter => letter.charCodeAt(0)));
  const types = functions.map(f => [0x60, vector(Object.values(f.parameters)), vector(f.result ? [f.result] : [])]);
  const bodies = functions.map(f => {
    const names = [...Object.keys(f.parameters), ...Object.keys(f.locals)];
    const numbers = Object.fromEntries(names.map((name, k) => [name, k]));
    const body = [vector(Object.values(f.locals).map(type => [1, type])), f.code(numbers), 0x0b].flat(Infinity);
    return [unsigned(body.length), body];
  });
  return new Uint8Array([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    section(1, vector(types)),
    section(2, vector([[text('page'), text('memory'), 0x02, 0x00, 1]])),
    section(3, vector(functions.map((_, k) => unsigned(k)))),
    section(7, vector(functions.map((f, k) => [text(f.name), 0x00, unsigned(k)]))),
    section(10, vector(bodies)),
  ].flat(Infinity));
}
