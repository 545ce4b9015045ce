// Makes images on request and posts each step. A worker does this; a page without workers does it itself.

/**
 * What handles messages: first { description, bytes }, then { job, request }, and { stop: job }. Images grow side by side: each gets one line in turn.
 */
function imageServer(post) {
  const growing = new Map();
  let model, works = false;

  async function work() {
    for (let rested = performance.now(); growing.size > 0;) {
      for (const [job, steps] of [...growing]) {
        if (!growing.has(job)) continue; // stopped meanwhile
        const { value: step, done } = steps.next();
        if (done) growing.delete(job);
        post(done ? { job, finished: true } : { job, step });
        if (performance.now() - rested > 50) {
          await new Promise(resolve => setTimeout(resolve)); // so that other messages are heard
          rested = performance.now();
        }
      }
    }
    works = false;
  }

  return data => {
    if (data.description) {
      try {
        model = new Model(data.description, data.bytes);
        post({ ready: true, fast: model.network.fast });
      } catch (error) {
        post({ failed: String(error) }); // as where there is not enough memory
      }
    } else if ('stop' in data) {
      growing.delete(data.stop);
    } else {
      const { job, request } = data, plan = model.description.plans[request.plan].plan;
      growing.set(job, model.sample({ ...request, plan, initial: request.between ? between(model, request) : undefined }));
      if (!works) {
        works = true;
        setTimeout(work);
      }
    }
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
