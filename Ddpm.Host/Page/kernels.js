// The arithmetic of the network: seven loops over pixels, four pixels at a time in WebAssembly. Without WebAssembly, JavaScript computes the same bits.
// Addresses and lengths count bytes. All numbers are float32, and each operation is rounded.

const LargestBlock = 5;
const Log2E = 1.44269504, Ln2Upper = 0.693359375, Ln2Lower = -2.12194440e-4, MostExponent = 87;
const ExpSeries = [1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]; // Cephes' expf

/**
 * correlate: a convolution for several output channels at once. out[j] = bias[j] + Σ weight[tap][j]·x moved by tap, 0 outside of the mask. A tap is the
 * distance in bytes to a pixel of any input channel. So one loop computes convolutions of every kernel, stride and padding.
 */
function correlateCode(outputs) {
  const { get, set, tee, int, loadInt, addInt, repeat, lessUnsigned, load, loadSplat, store, and, add, multiply } = Op;
  const range = [...Array(outputs).keys()];
  const locals = Object.fromEntries([
    ['at', Type.i32], ['tap', Type.i32], ['weight', Type.i32], ['source', Type.i32], ['target', Type.i32],
    ['left', Type.v128], ['right', Type.v128], ['factor', Type.v128],
    ...range.flatMap(j => [[`left${j}`, Type.v128], [`right${j}`, Type.v128]])]);
  const i32 = Type.i32;
  return {
    name: `correlate${outputs}`,
    parameters: { out: i32, plane: i32, x: i32, taps: i32, tapsEnd: i32, weights: i32, bias: i32, mask: i32, bytes: i32 },
    locals,
    result: null,
    code: n => repeat(
      range.map(j => [get(n.bias), loadSplat(4 * j), tee(n[`left${j}`]), set(n[`right${j}`])]),
      get(n.taps), set(n.tap), get(n.weights), set(n.weight),
      repeat(
        get(n.x), get(n.at), addInt, get(n.tap), loadInt, addInt, tee(n.source), load(0), set(n.left), get(n.source), load(16), set(n.right),
        range.map(j => [
          get(n.weight), loadSplat(4 * j), set(n.factor),
          ['left', 'right'].map(side => [get(n[side + j]), get(n.factor), get(n[side]), multiply, add, set(n[side + j])])]),
        get(n.weight), int(4 * outputs), addInt, set(n.weight),
        get(n.tap), int(4), addInt, tee(n.tap), get(n.tapsEnd), lessUnsigned),
      get(n.mask), get(n.at), addInt, tee(n.source), load(0), set(n.left), get(n.source), load(16), set(n.right),
      get(n.out), get(n.at), addInt, set(n.target),
      range.map(j => [
        get(n.target), get(n[`left${j}`]), get(n.left), and, store(0), get(n.target), get(n[`right${j}`]), get(n.right), and, store(16),
        get(n.target), get(n.plane), addInt, set(n.target)]),
      get(n.at), int(32), addInt, tee(n.at), get(n.bytes), lessUnsigned),
  };
}

/** A loop over vectors: code sees the addresses of its arrays' vectors on the stack. */
function loopCode(name, arrays, numbers, result, more, body) {
  const { get, set, tee, int, addInt, repeat, lessUnsigned } = Op;
  return {
    name,
    parameters: Object.fromEntries([...arrays.map(array => [array, Type.i32]), ...numbers.map(number => [number, Type.f32]), ['bytes', Type.i32]]),
    locals: Object.fromEntries([['at', Type.i32], ...more.map(local => [local, Type.v128])]),
    result,
    code: n => {
      const of = array => [get(n[array]), get(n.at), addInt];
      const { before = [], each, after = [] } = body(n, of);
      return [before, repeat(each, get(n.at), int(16), addInt, tee(n.at), get(n.bytes), lessUnsigned), after];
    },
  };
}

function kernelCode() {
  const { get, set, tee, int, load, store, constant, constantInts, splat, lane, and, nearest, shiftLeft, addInts, add, subtract, multiply, divide, least, most,
    toInts, addDouble, toDouble } = Op;
  const lanes = local => [0, 1, 2, 3].map(k => [get(local), lane(k), toDouble, k > 0 ? addDouble : []]);
  const splatted = (n, name) => [get(n[name]), splat, set(n[name + 's'])];
  return assemble([
    ...[...Array(LargestBlock).keys()].map(j => correlateCode(j + 1)),
    loopCode('silu', ['x'], [], null, ['v', 't', 'n', 'y'], (n, of) => ({
      each: [
        of('x'), load(0), set(n.v),
        constant(0), get(n.v), subtract, constant(-MostExponent), most, constant(MostExponent), least, tee(n.t),
        constant(Log2E), multiply, nearest, set(n.n),
        get(n.t), get(n.n), constant(Ln2Upper), multiply, subtract, get(n.n), constant(Ln2Lower), multiply, subtract, set(n.t),
        constant(ExpSeries[0]), ExpSeries.slice(1).map(factor => [get(n.t), multiply, constant(factor), add]),
        get(n.t), multiply, get(n.t), multiply, get(n.t), add, constant(1), add,
        get(n.n), toInts, constantInts(127), addInts, int(23), shiftLeft, multiply, set(n.y),
        of('x'), get(n.v), constant(1), get(n.y), add, divide, store(0)],
    })),
    loopCode('add', ['out', 'x', 'y'], [], null, [], (n, of) => ({ each: [of('out'), of('x'), load(0), of('y'), load(0), add, store(0)] })),
    loopCode('affine', ['out', 'x', 'mask'], ['factor', 'term'], null, ['factors', 'terms'], (n, of) => ({
      before: [splatted(n, 'factor'), splatted(n, 'term')],
      each: [of('out'), of('x'), load(0), get(n.factors), multiply, get(n.terms), add, of('mask'), load(0), and, store(0)],
    })),
    loopCode('normalize', ['out', 'x', 'weights', 'bias'], ['mean', 'factor'], null, ['means', 'factors'], (n, of) => ({
      before: [splatted(n, 'mean'), splatted(n, 'factor')],
      each: [
        of('out'), of('x'), load(0), get(n.means), subtract, get(n.factors), multiply, of('weights'), load(0), multiply, of('bias'), load(0), add, store(0)],
    })),
    loopCode('sum', ['x'], [], Type.f64, ['total'], (n, of) => ({
      each: [get(n.total), of('x'), load(0), add, set(n.total)],
      after: lanes(n.total),
    })),
    loopCode('squares', ['x', 'mask'], ['mean'], Type.f64, ['total', 'means', 'd'], (n, of) => ({
      before: splatted(n, 'mean'),
      each: [of('x'), load(0), get(n.means), subtract, of('mask'), load(0), and, set(n.d), get(n.total), get(n.d), get(n.d), multiply, add, set(n.total)],
      after: lanes(n.total),
    })),
  ]);
}

/** The kernels in JavaScript, on the same memory. */
function plainKernels(memory) {
  const f = new Float32Array(memory), ints = new Int32Array(memory), r = Math.fround;
  const fl = { log2e: r(Log2E), upper: r(Ln2Upper), lower: r(Ln2Lower), series: ExpSeries.map(r) };
  const even = x => {
    const below = Math.floor(x), half = x - below;
    return half < 0.5 || (half === 0.5 && below % 2 === 0) ? below : below + 1;
  };
  const correlate = outputs => (out, plane, x, taps, tapsEnd, weights, bias, mask, bytes) => {
    const sums = new Float32Array(bytes >> 2); // it rounds each sum
    for (let j = 0; j < outputs; j++) {
      sums.fill(f[(bias >> 2) + j]);
      for (let tap = taps >> 2, w = (weights >> 2) + j; tap < tapsEnd >> 2; tap++, w += outputs) {
        const factor = f[w], from = (x + ints[tap]) >> 2;
        for (let i = 0; i < sums.length; i++) sums[i] += r(factor * f[from + i]);
      }
      const to = (out + j * plane) >> 2;
      for (let i = 0; i < sums.length; i++) f[to + i] = ints[(mask >> 2) + i] ? sums[i] : 0;
    }
  };
  const inLanes = (bytes, term) => {
    const total = new Float32Array(4);
    for (let at = 0; at < bytes; at += 4) total[(at >> 2) & 3] += term(at);
    return total[0] + total[1] + total[2] + total[3];
  };
  return {
    ...Object.fromEntries([...Array(LargestBlock).keys()].map(j => [`correlate${j + 1}`, correlate(j + 1)])),
    silu(x, bytes) {
      for (let i = x >> 2; i < (x + bytes) >> 2; i++) {
        const v = f[i], t = Math.min(MostExponent, Math.max(-MostExponent, -v)), n = even(r(t * fl.log2e));
        const d = r(r(t - r(n * fl.upper)) - r(n * fl.lower));
        let y = fl.series[0];
        for (const factor of fl.series.slice(1)) y = r(r(y * d) + factor);
        y = r(r(r(r(r(y * d) * d) + d) + 1) * r(2 ** n));
        f[i] = r(v / r(1 + y));
      }
    },
    add(out, x, y, bytes) {
      for (let at = 0; at < bytes; at += 4) f[(out + at) >> 2] = f[(x + at) >> 2] + f[(y + at) >> 2];
    },
    affine(out, x, mask, factor, term, bytes) {
      const [a, b] = [r(factor), r(term)];
      for (let at = 0; at < bytes; at += 4) f[(out + at) >> 2] = ints[(mask + at) >> 2] ? r(f[(x + at) >> 2] * a) + b : 0;
    },
    normalize(out, x, weights, bias, mean, factor, bytes) {
      const [m, k] = [r(mean), r(factor)];
      for (let at = 0; at < bytes; at += 4) {
        f[(out + at) >> 2] = r(r(r(f[(x + at) >> 2] - m) * k) * f[(weights + at) >> 2]) + f[(bias + at) >> 2];
      }
    },
    sum: (x, bytes) => inLanes(bytes, at => f[(x + at) >> 2]),
    squares(x, mask, mean, bytes) {
      const m = r(mean);
      return inLanes(bytes, at => {
        const d = ints[(mask + at) >> 2] ? r(f[(x + at) >> 2] - m) : 0;
        return r(d * d);
      });
    },
  };
}

/** A memory of a number of bytes and the kernels on it; in JavaScript where asked, or where there is no WebAssembly with vectors. */
function makeKernels(bytes, plain = false) {
  const code = plain || typeof WebAssembly === 'undefined' ? null : kernelCode();
  if (code && WebAssembly.validate(code)) {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
    return { memory: memory.buffer, fast: true, ...new WebAssembly.Instance(new WebAssembly.Module(code), { page: { memory } }).exports };
  }
  const memory = new ArrayBuffer(bytes);
  return { memory, fast: false, ...plainKernels(memory) };
}
