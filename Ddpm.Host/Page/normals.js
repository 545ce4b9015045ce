// Standard normal numbers by Box and Muller, from + − × ÷ √ of doubles alone and one rounding to float32. So they have the same bits in every port.

const floatBits = new Float64Array(1), floatWords = new Int32Array(floatBits.buffer); // little-endian, as every browser's machine

/** √(−2 ln((w + ½)/2³²)). */
function normalRadius(word) {
  floatBits[0] = word + 0.5;
  // w + ½ = 2ᵏ·m with m in [√½, √2): k is the difference of the bits to those of √½, without the mantissa.
  const borrow = (floatWords[0] >>> 0) < 0x667f3bcd ? 1 : 0;
  const k = (floatWords[1] - 0x3fe6a09e - borrow) >> 20;
  floatWords[1] -= k << 20;
  const m = floatBits[0], s = (m - 1) / (m + 1), q = s * s;
  const a = (((((((1 / 17 * q + 1 / 15) * q + 1 / 13) * q + 1 / 11) * q + 1 / 9) * q + 1 / 7) * q + 1 / 5) * q + 1 / 3) * q + 1;
  return Math.sqrt(-2 * ((k - 32) * 0.6931471805599453 + 2 * s * a));
}

/** Writes radius·cos θ and radius·sin θ to two places. The upper two bits of the word are θ's quadrant. */
function normalPair(radius, word, values, at) {
  const x = (((word & 0x3fffffff) + 0.5) * (1 / 1073741824) - 0.5) * 1.5707963267948966, y = x * x;
  const sin = x * ((((((1 / 6227020800 * y - 1 / 39916800) * y + 1 / 362880) * y - 1 / 5040) * y + 1 / 120) * y - 1 / 6) * y + 1);
  const cos = ((((((-1 / 87178291200 * y + 1 / 479001600) * y - 1 / 3628800) * y + 1 / 40320) * y - 1 / 720) * y + 1 / 24) * y - 1 / 2) * y + 1;
  const quadrant = word >>> 30, odd = (quadrant & 1) === 1;
  const c = odd ? sin : cos, d = odd ? cos : sin;
  values[at] = radius * (((quadrant + 1) & 2) === 0 ? c : -c);
  values[at + 1] = radius * ((quadrant & 2) === 0 ? d : -d);
}

/** The normals at positions 0 … count − 1 of an address. */
function normals(seed, stream, index, step, count) {
  const values = new Float32Array((count + 3) & ~3), words = new Uint32Array(4);
  for (let at = 0; at < count; at += 4) {
    philox(seed, stream, index, step, at >>> 2, words);
    normalPair(normalRadius(words[0]), words[1], values, at);
    normalPair(normalRadius(words[2]), words[3], values, at + 2);
  }
  return values.subarray(0, count);
}
