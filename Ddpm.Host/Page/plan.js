// The executor of sampling plans: every sampler is a list of lines, and each line evaluates the network and updates x affinely.

/**
 * The sum of factor·value from left to right, without the terms whose factor is 0. The values are Float32Array or Float64Array. An array rounds what it
 * stores, so each product and each sum is rounded to its type.
 */
function combine(terms) {
  const Numbers = terms[0][1].constructor, count = terms[0][1].length;
  const sum = new Numbers(count), product = new Numbers(count), rounded = new Numbers(1);
  let empty = true;
  for (const [factor, value] of terms) {
    if (factor === 0) continue;
    rounded[0] = factor;
    const f = rounded[0];
    if (empty) {
      for (let i = 0; i < count; i++) sum[i] = f * value[i];
    } else {
      for (let i = 0; i < count; i++) product[i] = f * value[i];
      for (let i = 0; i < count; i++) sum[i] += product[i];
    }
    empty = false;
  }
  return sum;
}

function clipped(values) {
  return values.map(value => Math.min(1, Math.max(-1, value)));
}

function deviation(values) {
  let sum = 0, squares = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  for (const value of values) squares += (value - mean) * (value - mean);
  return Math.sqrt(squares / values.length);
}

/** o of a line from the answers of the networks that it asks, and the fraction of a learned variance. */
function lineOutput(line, answer) {
  if (!line.output) return answer('model');
  const answers = line.output.terms.map(term => answer(term.source));
  const model = answers[answers.length - 1];
  const o = combine(line.output.terms.map((term, k) => [term.factor, answers[k].o]));
  const share = line.output.rescale, spread = share === 0 ? 0 : deviation(o);
  return { ...model, o: spread === 0 ? o : combine([[1 - share + share * (deviation(model.o) / spread), o]]) };
}

/**
 * Runs a plan. network(source, input·x, timestep) gives { o, fraction }, noise(i) fresh noise for line i.
 * known: the image that a plan starts from, and that pixels with mask[i] keep. from and start: the line to begin with, and its factors of (image, noise).
 * Yields the number of lines done, x, and the last line's estimate of the clean image.
 */
function* runPlan(plan, network, initial, noise, { known, mask, from = 0, start = plan.start } = {}) {
  const diffused = pair => combine([[pair[0], known ?? initial], [pair[1], initial]]);
  const remembered = Math.max(...plan.lines.flatMap(({ correct, predict }) => [correct.history.length, predict.history.length]));
  let x = diffused(start), base = x, history = [];
  yield { done: from, x, x0: null };
  for (let i = from; i < plan.lines.length; i++) {
    const line = plan.lines[i], { correct, predict } = line, s = line.noise;
    const seen = line.input === 1 ? x : combine([[line.input, x]]);
    const { o, fraction } = lineOutput(line, source => network(source, seen, line.timestep));
    const estimate = combine([[line.estimate[0], x], [line.estimate[1], o]]);
    const x0 = plan['clip-sample'] ? clipped(estimate) : estimate;
    history.unshift(combine([[line.remember[0], x], [line.remember[1], o], [line.remember[2], x0]]));
    base = combine([[correct.base, base], [correct.x, x], ...correct.history.map((factor, k) => [factor, history[k]])]);
    const terms = [[predict.base, base], ...predict.history.map((factor, k) => [factor, history[k]])];
    if (s.most > 0) {
      const z = noise(i);
      terms.push(s.least === s.most ? [s.least, z] : [1, z.map((value, k) => s.least * Math.exp(fraction[k] * s['log-width']) * value)]);
    }
    x = combine(terms);
    if (mask) {
      const kept = diffused(line.marginal);
      x = x.map((value, k) => mask[k] ? kept[k] : value);
    }
    history = history.slice(0, remembered);
    yield { done: i + 1, x, x0 };
  }
}
