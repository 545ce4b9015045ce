// Random words: Philox4x32-10 (Salmon et al. 2011). A word depends on its address alone: seed, stream, index, step and position.

const Stream = { initialNoise: 1, samplingNoise: 2 };

/** A 64-bit seed, a number or a decimal text, as two words. */
function seedWords(seed) {
  const value = BigInt.asUintN(64, BigInt(seed));
  return [Number(value & 0xffffffffn), Number(value >> 32n)];
}

/** The upper 32 bits of the product of two words. */
function upperProduct(a, b) {
  const a0 = a & 0xffff, a1 = a >>> 16, b0 = b & 0xffff, b1 = b >>> 16;
  const first = a1 * b0 + ((a0 * b0) >>> 16);
  const second = a0 * b1 + (first & 0xffff);
  return (a1 * b1 + (first >>> 16) + (second >>> 16)) >>> 0;
}

/** Writes the four words of a block to words. */
function philox(seed, stream, index, step, block, words) {
  let c0 = block >>> 0, c1 = index >>> 0, c2 = step >>> 0, c3 = stream >>> 0, k0 = seed[0], k1 = seed[1];
  for (let round = 0; round < 10; round++) {
    const low0 = Math.imul(0xd2511f53, c0), high0 = upperProduct(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2), high1 = upperProduct(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}
