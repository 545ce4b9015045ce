// The network: a list of operations on values, made from the program's one definition. Here each becomes calls of the kernels with addresses, once.
//
// A value is a buffer of planes, one for each channel. A plane holds its rows one after another, with one zero between two rows and a row of zeros before the
// first and after the last. So a neighbour of any pixel is a fixed distance away, and kernels run over whole planes. All other places of a buffer stay zero.

const up = (n, multiple) => Math.ceil(n / multiple) * multiple;

/** The places of an image's pixels in a plane, in numbers. Kernels run over `span` numbers from `head` on. */
function planeLayout(height, width) {
  const stride = width + 1, head = up(stride + 1, 4), span = up(height * stride, 8);
  return { height, width, stride, head, span, plane: head + span + up(stride + 1, 4), key: `${height}×${width}` };
}

/** Channels side by side in a block of correlate. */
function blocksOf(channels) {
  const most = channels % 5 === 0 ? 5 : 4, blocks = [];
  for (let from = 0; from < channels; from += most) blocks.push({ from, outputs: Math.min(most, channels - from) });
  return blocks;
}

/** Memory that is handed out and taken back, and what it holds at the start. Addresses are in bytes. */
class Arena {
  bytes = 16;
  contents = [];
  free = new Map();

  take(numbers) {
    const at = this.bytes;
    this.bytes += 4 * up(numbers, 4);
    return at;
  }

  put(array) {
    const at = this.take(array.length);
    this.contents.push([at, array]);
    return at;
  }

  /** A buffer. It is reused only in the same shape and where the same pixels are written, so that all others stay zero. */
  buffer(channels, layout, written = layout) {
    const key = `${channels} of ${layout.key}, ${written.key} written`, free = this.free.get(key);
    return free?.length ? free.pop() : { key, channels, layout, at: this.take(channels * layout.plane), bytes: 4 * channels * layout.plane };
  }

  release(buffer) {
    if (!this.free.has(buffer.key)) this.free.set(buffer.key, []);
    this.free.get(buffer.key).push(buffer);
  }
}

class Network {
  /**
   * @param description values, operations, output and the class table, as the program exports them
   * @param tensor gives a tensor by its name, a Float32Array
   * @param plain whether to compute in JavaScript
   */
  constructor(description, tensor, plain = false) {
    this.description = description;
    this.tensor = tensor;
    this.arena = new Arena();
    this.layouts = new Map();
    this.calls = [];
    this.lastUse = new Map([[description.output, Infinity]]);
    description.operations.forEach((operation, k) => [operation.x, operation.with].forEach(value => {
      if (value !== undefined && value !== description.output) this.lastUse.set(value, k);
    }));
    this.buffers = new Map();
    this.input = this.make(0);
    description.operations.forEach((operation, k) => this.compile(operation, k));
    this.kernels = makeKernels(this.arena.bytes, plain);
    this.numbers = new Float32Array(this.kernels.memory);
    for (const [at, array] of this.arena.contents) new array.constructor(this.kernels.memory, at, array.length).set(array);
    this.arena.contents = [];
  }

  get fast() {
    return this.kernels.fast;
  }

  /** The answer to x, C×H×W, with a row of the timestep embedding and the number of a class (the number of classes: none). */
  forward(x, embedding, label) {
    const { classes } = this.description;
    this.label = label;
    this.embedding = classes ? this.withClass(embedding, classes) : embedding;
    this.write(this.input, x);
    for (const call of this.calls) call(this.kernels);
    return this.read(this.buffers.get(this.description.output));
  }

  withClass(embedding, table) {
    const rows = this.tensor(table), from = this.label * embedding.length;
    return embedding.map((value, i) => value + rows[from + i]);
  }

  /** Linear layers with SiLU between two. */
  project(layers) {
    let x = this.embedding;
    layers.forEach((name, k) => {
      const weights = this.tensor(name + '.weight'), bias = this.tensor(name + '.bias'), ins = k > 0 ? x.map(silu) : x;
      x = bias.map((start, j) => ins.reduce((sum, value, i) => sum + value * weights[j * ins.length + i], start));
    });
    return x;
  }

  layout(height, width) {
    const layout = planeLayout(height, width);
    if (!this.layouts.has(layout.key)) {
      const mask = new Int32Array(layout.span);
      for (let y = 0; y < height; y++) mask.fill(-1, y * layout.stride, y * layout.stride + width);
      this.layouts.set(layout.key, { ...layout, mask: this.arena.put(mask) });
    }
    return this.layouts.get(layout.key);
  }

  make(value) {
    const [channels, height, width] = this.description.values[value];
    const buffer = this.arena.buffer(channels, this.layout(height, width));
    this.buffers.set(value, buffer);
    return buffer;
  }

  /** x's buffer for y, if x is not read again; else a new one, with a call that copies x. */
  inPlace(operation, k) {
    const x = this.buffers.get(operation.x);
    if (this.lastUse.get(operation.x) === k) {
      this.buffers.set(operation.y, x);
      return x;
    }
    const y = this.make(operation.y);
    this.calls.push(() => this.numbers.copyWithin(y.at / 4, x.at / 4, (x.at + x.bytes) / 4));
    return y;
  }

  compile(operation, k) {
    const x = this.buffers.get(operation.x), other = this.buffers.get(operation.with);
    switch (operation.op) {
      case 'convolution':
        this.convolution(operation, x, this.make(operation.y));
        break;
      case 'transposed':
        this.transposed(operation, x, this.make(operation.y));
        break;
      case 'silu': {
        const y = this.inPlace(operation, k);
        this.calls.push(kernels => kernels.silu(y.at, y.bytes));
        break;
      }
      case 'add': {
        const y = this.inPlace(operation, k);
        this.calls.push(kernels => kernels.add(y.at, y.at, other.at, y.bytes));
        break;
      }
      case 'shift': {
        const y = this.inPlace(operation, k);
        this.calls.push(kernels => this.project(operation.layers).forEach((term, c) => this.affine(kernels, y, c, 1, term)));
        break;
      }
      case 'layer-norm':
        this.layerNorm(operation, this.inPlace(operation, k));
        break;
      case 'group-norm':
        this.groupNorm(operation, this.inPlace(operation, k));
        break;
      case 'join': {
        const y = this.make(operation.y);
        this.calls.push(() => {
          this.numbers.copyWithin(y.at / 4, x.at / 4, (x.at + x.bytes) / 4);
          this.numbers.copyWithin((y.at + x.bytes) / 4, other.at / 4, (other.at + other.bytes) / 4);
        });
        break;
      }
      case 'upsample': {
        const y = this.make(operation.y);
        this.calls.push(() => {
          for (let parity = 0; parity < 4; parity++) this.move(x, 1, 0, 0, y, 2, parity >> 1, parity & 1);
        });
        break;
      }
      case 'attend':
        this.attend(operation, x, this.make(operation.y));
        break;
      case 'embed':
        this.calls.push(() => {
          const made = this.project(operation.layers);
          this.embedding = (operation.classes ? this.withClass(made, operation.classes) : made).map(silu);
        });
        break;
      default:
        throw new Error(`unknown operation ${operation.op}`);
    }
    for (const value of new Set([operation.x, operation.with])) {
      const buffer = this.buffers.get(value);
      if (value !== undefined && this.lastUse.get(value) === k && buffer !== this.buffers.get(operation.y)) this.arena.release(buffer);
    }
  }

  pixel(buffer, channel) {
    return buffer.at + 4 * (channel * buffer.layout.plane + buffer.layout.head);
  }

  affine(kernels, y, channel, factor, term) {
    const at = this.pixel(y, channel);
    kernels.affine(at, at, y.layout.mask, factor, term, 4 * y.layout.span);
  }

  /** Calls correlate on blocks of output channels. A tap names a channel of x and how far x moves in it. weight(out, tap) gives its weight. */
  correlate(x, taps, weight, bias, y) {
    const offsets = this.arena.put(Int32Array.from(taps, tap => 4 * (tap.channel * x.layout.plane + tap.move)));
    const end = offsets + 4 * taps.length, span = 4 * y.layout.span;
    for (const { from, outputs } of blocksOf(y.channels)) {
      const weights = new Float32Array(taps.length * outputs);
      taps.forEach((tap, t) => {
        for (let j = 0; j < outputs; j++) weights[t * outputs + j] = weight(from + j, tap);
      });
      const at = this.arena.put(weights), start = this.arena.put(bias.subarray(from, from + outputs)), name = `correlate${outputs}`;
      this.calls.push(kernels => kernels[name](
        this.pixel(y, from), 4 * y.layout.plane, this.pixel(x, 0), offsets, end, at, start, y.layout.mask, span));
    }
  }

  /** Copies pixel (step·i + row, step·j + column) of x to (steps·i + rows, steps·j + columns) of y, in channels from `first` of y on. */
  move(x, step, row, column, y, steps, rows, columns, first = 0) {
    const f = this.numbers, [from, to] = [x.layout, y.layout];
    const height = Math.min(Math.ceil((from.height - row) / step), Math.ceil((to.height - rows) / steps));
    const width = Math.min(Math.ceil((from.width - column) / step), Math.ceil((to.width - columns) / steps));
    for (let c = 0; c < x.channels; c++) {
      for (let i = 0; i < height; i++) {
        let source = this.pixel(x, c) / 4 + (step * i + row) * from.stride + column;
        let target = this.pixel(y, first + c) / 4 + (steps * i + rows) * to.stride + columns;
        for (let j = 0; j < width; j++, source += step, target += steps) f[target] = f[source];
      }
    }
  }

  /** x, or its copy in another layout. */
  placed(x, layout) {
    if (x.layout === layout) return x;
    const copy = this.arena.buffer(x.channels, layout, x.layout);
    this.calls.push(() => this.move(x, 1, 0, 0, copy, 1, 0, 0));
    return copy;
  }

  convolution({ name, kernel, stride, padding }, x, y) {
    const weights = this.tensor(name + '.weight'), bias = this.tensor(name + '.bias'), taps = [];
    const weight = (out, tap) => weights[((out * x.channels + tap.in) * kernel + tap.row) * kernel + tap.column];
    const each = act => {
      for (let c = 0; c < x.channels; c++) {
        for (let place = 0; place < kernel * kernel; place++) act(c, Math.floor(place / kernel), place % kernel);
      }
    };
    if (stride === 1) {
      const layout = this.layout(Math.max(x.layout.height, y.layout.height), Math.max(x.layout.width, y.layout.width));
      const source = this.placed(x, layout), target = y.layout === layout ? y : this.arena.buffer(y.channels, layout);
      each((c, row, column) => taps.push({ in: c, channel: c, move: (row - padding) * layout.stride + column - padding, row, column }));
      this.correlate(source, taps, weight, bias, target);
      this.finish(x, source, y, target);
      return;
    }
    // Stride 2: the pixels with even and odd rows and columns become four images. A kernel moves over them with stride 1.
    const parts = this.arena.buffer(4 * x.channels, y.layout, x.layout);
    this.calls.push(() => {
      for (let parity = 0; parity < 4; parity++) this.move(x, 2, parity >> 1, parity & 1, parts, 1, 0, 0, parity * x.channels);
    });
    each((c, row, column) => {
      const [down, right] = [row - padding, column - padding], parity = 2 * (down & 1) + (right & 1);
      taps.push({ in: c, channel: parity * x.channels + c, move: (down >> 1) * y.layout.stride + (right >> 1), row, column });
    });
    this.correlate(parts, taps, weight, bias, y);
    this.arena.release(parts);
  }

  transposed({ name, kernel, stride, padding }, x, y) {
    const weights = this.tensor(name + '.weight'), bias = this.tensor(name + '.bias');
    const weight = (out, tap) => weights[((tap.in * y.channels + out) * kernel + tap.row) * kernel + tap.column];
    const layout = stride === 1 ? this.layout(Math.max(x.layout.height, y.layout.height), Math.max(x.layout.width, y.layout.width)) : x.layout;
    const source = this.placed(x, layout);
    for (let parity = 0; parity < stride * stride; parity++) {
      const [down, right] = [parity >> 1, parity & 1], taps = [];
      for (let c = 0; c < x.channels; c++) {
        for (let row = (down + padding) % stride; row < kernel; row += stride) {
          for (let column = (right + padding) % stride; column < kernel; column += stride) {
            const move = (down + padding - row) / stride * layout.stride + (right + padding - column) / stride;
            taps.push({ in: c, channel: c, move, row, column });
          }
        }
      }
      const target = stride === 1 && y.layout === layout ? y : this.arena.buffer(y.channels, layout);
      this.correlate(source, taps, weight, bias, target);
      if (target !== y) {
        this.calls.push(() => this.move(target, 1, 0, 0, y, stride, down, right));
        this.arena.release(target);
      }
    }
    if (source !== x) this.arena.release(source);
  }

  finish(x, source, y, target) {
    if (source !== x) this.arena.release(source);
    if (target !== y) {
      this.calls.push(() => this.move(target, 1, 0, 0, y, 1, 0, 0));
      this.arena.release(target);
    }
  }

  /** Mean and 1/√(variance + ε) of some channels of a buffer. */
  moments(kernels, x, from, count, epsilon) {
    const { span, mask, height, width } = x.layout, places = count * height * width;
    let sum = 0, squares = 0;
    for (let c = from; c < from + count; c++) sum += kernels.sum(this.pixel(x, c), 4 * span);
    const mean = sum / places;
    for (let c = from; c < from + count; c++) squares += kernels.squares(this.pixel(x, c), mask, mean, 4 * span);
    return [mean, 1 / Math.sqrt(squares / places + epsilon)];
  }

  layerNorm({ name }, y) {
    const padded = array => {
      const { layout, channels } = y, planes = new Float32Array(channels * layout.plane);
      for (let c = 0; c < channels; c++) {
        for (let row = 0; row < layout.height; row++) {
          const from = (c * layout.height + row) * layout.width;
          planes.set(array.subarray(from, from + layout.width), c * layout.plane + layout.head + row * layout.stride);
        }
      }
      return this.arena.put(planes);
    };
    const weights = padded(this.tensor(name + '.weight')), bias = padded(this.tensor(name + '.bias'));
    this.calls.push(kernels => {
      const [mean, factor] = this.moments(kernels, y, 0, y.channels, 1e-5);
      kernels.normalize(y.at, y.at, weights, bias, mean, factor, y.bytes);
    });
  }

  /** Each channel becomes factor·x + term. The timestep's scale s and shift b make (1 + s)·factor and (1 + s)·term + b of them. */
  groupNorm({ name, groups, epsilon, layers }, y) {
    const weights = this.tensor(name + '.weight'), bias = this.tensor(name + '.bias'), size = y.channels / groups;
    this.calls.push(kernels => {
      const modulation = layers ? this.project(layers) : null;
      for (let group = 0; group < groups; group++) {
        const [mean, inverse] = this.moments(kernels, y, group * size, size, epsilon);
        for (let c = group * size; c < (group + 1) * size; c++) {
          const scale = modulation ? 1 + modulation[c] : 1, shift = modulation ? modulation[y.channels + c] : 0;
          this.affine(kernels, y, c, scale * weights[c] * inverse, scale * (bias[c] - mean * inverse * weights[c]) + shift);
        }
      }
    });
  }

  attend({ heads }, x, y) {
    const depth = y.channels / heads, { height, width } = x.layout, pixels = height * width;
    const dense = [...Array(3 * depth)].map(() => new Float32Array(pixels)), scores = new Float64Array(pixels);
    const seen = [...Array(depth)].map(() => new Float32Array(pixels));
    this.calls.push(() => {
      for (let head = 0; head < heads; head++) {
        for (let part = 0; part < 3; part++) {
          for (let d = 0; d < depth; d++) this.readPlane(x, part * y.channels + head * depth + d, dense[part * depth + d]);
        }
        for (let query = 0; query < pixels; query++) {
          scores.fill(0);
          for (let d = 0; d < depth; d++) {
            const q = dense[d][query], keys = dense[depth + d];
            for (let key = 0; key < pixels; key++) scores[key] += q * keys[key];
          }
          let most = -Infinity, sum = 0;
          for (let key = 0; key < pixels; key++) most = Math.max(most, scores[key]);
          for (let key = 0; key < pixels; key++) sum += scores[key] = Math.exp((scores[key] - most) / Math.sqrt(depth));
          for (let d = 0; d < depth; d++) {
            const values = dense[2 * depth + d];
            let mean = 0;
            for (let key = 0; key < pixels; key++) mean += scores[key] * values[key];
            seen[d][query] = mean / sum;
          }
        }
        for (let d = 0; d < depth; d++) this.writePlane(y, head * depth + d, seen[d]);
      }
    });
  }

  readPlane(x, channel, values) {
    const { height, width, stride } = x.layout, from = this.pixel(x, channel) / 4;
    for (let row = 0; row < height; row++) values.set(this.numbers.subarray(from + row * stride, from + row * stride + width), row * width);
  }

  writePlane(y, channel, values) {
    const { height, width, stride } = y.layout, to = this.pixel(y, channel) / 4;
    for (let row = 0; row < height; row++) this.numbers.set(values.subarray(row * width, (row + 1) * width), to + row * stride);
  }

  write(buffer, values) {
    const pixels = buffer.layout.height * buffer.layout.width;
    for (let c = 0; c < buffer.channels; c++) this.writePlane(buffer, c, values.subarray(c * pixels, (c + 1) * pixels));
  }

  read(buffer) {
    const pixels = buffer.layout.height * buffer.layout.width, values = new Float32Array(buffer.channels * pixels);
    for (let c = 0; c < buffer.channels; c++) this.readPlane(buffer, c, values.subarray(c * pixels, (c + 1) * pixels));
    return values;
  }
}

function silu(x) {
  return x / (1 + Math.exp(-x));
}
