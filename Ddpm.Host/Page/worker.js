// Makes images on request and posts each step. A worker does this; a page without workers does it itself.

/** What handles requests: first { description, bytes, plain }, then { job, request }, or { stop: job }. */
function imageServer(post) {
  let model, stopped = new Set();
  const tick = () => new Promise(resolve => setTimeout(resolve));
  return async data => {
    if (data.description) {
      model = new Model(data.description, data.bytes, data.plain);
      post({ ready: true, fast: model.network.fast });
      return;
    }
    if ('stop' in data) {
      stopped.add(data.stop);
      return;
    }
    const { job, request } = data, plan = model.description.plans[request.plan].plan;
    let rested = performance.now();
    for (const step of model.sample({ ...request, plan, initial: request.between ? between(model, request) : undefined })) {
      if (stopped.delete(job)) break;
      post({ job, step });
      if (performance.now() - rested > 50) {
        await tick(); // so that a stop is heard
        rested = performance.now();
      }
    }
    stopped.delete(job);
    post({ job, finished: true });
  };
}

/** Noise on the great circle from one image's noise to another's (Shoemake 1985). */
function between(model, { seed, number, between: [other, fraction] }) {
  const from = model.initialNoise(seed, number), to = model.initialNoise(seed, other);
  const product = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const angle = Math.acos(Math.min(1, Math.max(-1, product(from, to) / Math.sqrt(product(from, from) * product(to, to)))));
  if (angle < 1e-6) return from;
  const [a, b] = [Math.sin((1 - fraction) * angle) / Math.sin(angle), Math.sin(fraction * angle) / Math.sin(angle)];
  return from.map((value, i) => a * value + b * to[i]);
}

if (typeof WorkerGlobalScope !== 'undefined' && globalThis instanceof WorkerGlobalScope) {
  const serve = imageServer(message => globalThis.postMessage(message));
  globalThis.onmessage = event => serve(event.data);
}
