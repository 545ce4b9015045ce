// Measures an exported page from inside: `bench --page` evaluates this in it.

const bench = {
  /** Ends what the page makes by itself, and takes its plan of so many lines. */
  begin(lines) {
    for (const purpose of ['wall', 'chain', 'studio', 'morph']) page.pool.stop(purpose);
    this.lines = lines;
    this.plan = page.description.plans.findIndex(({ plan }) => plan.lines.length === lines);
    return page.pool.workers.length;
  },

  /** Milliseconds of a piece of work: the mean of repetitions that fill a window. */
  async time(work, milliseconds) {
    const began = performance.now();
    let times = 0;
    do {
      await work();
      times++;
    } while (performance.now() - began < milliseconds);
    return (performance.now() - began) / times;
  },

  /** Whole pictures with their noise and plan, in the page's workers. */
  pictures(count) {
    return Promise.all([...Array(count).keys()].map(number => page.pool.run({ seed: '1', plan: this.plan, number, label: 0, scale: 1, purpose: 'bench' })));
  },

  /** Loads onnxruntime-web with so many threads. Each address is a module of its own. */
  async load(threads) {
    const ort = await import(`${location.origin}/ort.wasm.min.mjs?threads=${threads}`);
    Object.assign(ort.env.wasm, { numThreads: threads, wasmPaths: `${location.origin}/` });
    const session = await ort.InferenceSession.create(`${location.origin}/model.onnx`, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
    this[threads] = { ort, session };
    return ort.env.versions.web;
  },

  /** The network alone, as often as the plan has lines. */
  async evaluate(threads, count) {
    const inputs = this.inputs(this[threads].ort, count);
    for (let line = 0; line < this.lines; line++) await this[threads].session.run(inputs);
  },

  inputs(ort, count) {
    const { description } = page, x = normals(seedWords('1'), 1, 0, 0, count * page.size);
    return {
      x: new ort.Tensor('float32', x, [count, ...description.image]),
      timesteps: new ort.Tensor('int64', new BigInt64Array(count).fill(BigInt(description.timesteps.at(-1))), [count]),
    };
  },

  /** The largest difference between the page's network and onnxruntime-web, as a fraction of the largest value. */
  async difference(threads) {
    const { ort, session } = this[threads], inputs = this.inputs(ort, 1), { output } = await session.run(inputs);
    const model = new Model(page.description, fromBase64(document.getElementById('weights').textContent.trim()));
    const { o } = model.answer(inputs.x.data, page.description.timesteps.at(-1), 0), theirs = output.data;
    return o.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i])), 0) / theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  },
};
