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

/** The angle between two vectors, in [0, π], accurate at both ends (Kahan); 0 if either is 0. */
function angleBetween(from, to) {
  const [x, y] = [from, to].map(vector => {
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    return Float64Array.from(vector, value => length > 0 ? value / length : 0);
  });
  if (!x.some(value => value) || !y.some(value => value)) return 0;
  const squares = sign => x.reduce((sum, value, i) => sum + (value + sign * y[i]) ** 2, 0);
  return 2 * Math.atan(Math.sqrt(squares(-1) / squares(1)));
}

/** A vector on the great circle from one vector to another (Shoemake 1985); on the straight line if they are in line. */
function greatCircle(from, to, fraction) {
  const angle = angleBetween(from, to), sine = Math.sin(angle);
  const [a, b] = sine < 1e-8 ? [1 - fraction, fraction] : [Math.sin((1 - fraction) * angle) / sine, Math.sin(fraction * angle) / sine];
  return from.map((value, i) => a * value + b * to[i]);
}

/** Noise between two images' noise. */
function between(model, { seed, number, between: [other, fraction] }) {
  return greatCircle(model.initialNoise(seed, number), model.initialNoise(seed, other), fraction);
}

if (typeof WorkerGlobalScope !== 'undefined' && globalThis instanceof WorkerGlobalScope) {
  const serve = imageServer(message => globalThis.postMessage(message));
  globalThis.onmessage = event => serve(event.data);
}
