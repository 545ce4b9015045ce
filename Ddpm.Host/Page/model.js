// A model: a description, weights in base64, and images from them. Image (seed, number) is the image of `ddpm sample`.

function float16(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

function fromBase64(text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** 8-bit levels of values in [−1, 1], rounded half to even; or of an image's own range where the run's preset stretches pictures. */
function toLevels(values, stretch = false) {
  let low = -1, high = 1;
  if (stretch) {
    low = Infinity;
    high = -Infinity;
    for (const value of values) {
      if (Number.isFinite(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  }
  return Uint8ClampedArray.from(values, value => {
    const level = (value - low) * 255 / (high - low);
    if (!(level > 0)) return 0;
    const below = Math.floor(level), half = level - below;
    return Math.min(255, half < 0.5 || (half === 0.5 && below % 2 === 0) ? below : below + 1);
  });
}

class Model {
  /** @param description as in the page @param bytes the weights @param plain whether to compute without WebAssembly */
  constructor(description, bytes, plain = false) {
    this.description = description;
    const tensors = new Map(Object.entries(description.tensors).map(([name, { type, shape, at }]) => {
      const count = shape.reduce((product, extent) => product * extent, 1), start = bytes.byteOffset + at;
      const values = type === 'float16'
        ? Float32Array.from(new Uint16Array(bytes.buffer, start, count), float16)
        : new Float32Array(bytes.buffer, start, count);
      return [name, values];
    }));
    this.rows = new Map(description.timesteps.map((t, row) => [t, row]));
    this.embeddings = tensors.get('timesteps');
    this.dimension = description.tensors.timesteps.shape[1];
    this.network = new Network(description.network, name => tensors.get(name), plain);
    this.size = description.image[0] * description.image[1] * description.image[2];
  }

  /** The timestep's row of the embedding. */
  embedding(timestep) {
    const row = this.rows.get(timestep) * this.dimension;
    return this.embeddings.subarray(row, row + this.dimension);
  }

  /** The network's answer: o, and the fraction of the learned variance if the network learns it. */
  answer(x, timestep, label) {
    const made = this.network.forward(x, this.embedding(timestep), label);
    return this.description['learns-variance']
      ? { o: made.subarray(0, this.size), fraction: made.subarray(this.size).map(v => (v + 1) / 2) }
      : { o: made };
  }

  initialNoise(seed, number) {
    return normals(seedWords(seed), Stream.initialNoise, number, 0, this.size);
  }

  /**
   * The steps of an image: { done, x, x0 } at the start and after each line. number is the image's number. label is its class, the number of classes for
   * none; without a label it is the number modulo the classes, as in `ddpm sample`. scale is the guidance scale w against the model without a class.
   * initial replaces the noise of the seed. The rest is as in runPlan.
   */
  sample({ plan, seed, number, label, scale = 1, initial, known, mask, from, start }) {
    const classes = this.description.classes.length, key = seedWords(seed), asked = label ?? (classes > 0 ? number % classes : 0);
    const guided = classes > 0 && scale !== 1 ? { ...plan, lines: plan.lines.map(line => ({ ...line, output: guidedOutput(scale) })) } : plan;
    return runPlan(
      guided,
      (source, x, timestep) => this.answer(x, timestep, source === 'unconditional' ? classes : asked),
      initial ?? this.initialNoise(seed, number),
      line => normals(key, Stream.samplingNoise, number, line, this.size),
      { known, mask, from, start });
  }
}

function guidedOutput(scale) {
  const terms = [{ source: 'unconditional', factor: 1 - scale }, { source: 'model', factor: scale }];
  return { terms: scale === 0 ? [{ source: 'unconditional', factor: 1 }] : terms, rescale: 0 };
}
