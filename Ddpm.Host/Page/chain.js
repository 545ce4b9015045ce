// The way of one picture from noise: x after each line of the plan, what the network takes for the clean picture, and the line itself.

class Chain {
  constructor(page) {
    this.page = page;
    this.slider = document.getElementById('line');
    this.line = document.getElementById('plan-line');
    this.button = document.getElementById('play');
    this.noisy = pictureCanvas(page.description);
    this.clean = pictureCanvas(page.description);
    document.getElementById('noisy').prepend(this.noisy);
    document.getElementById('clean').prepend(this.clean);
    this.slider.addEventListener('input', () => this.showLine());
    this.button.addEventListener('click', () => this.playing ? this.pause() : this.play());
  }

  async show(number) {
    const { page } = this, { description, pool } = page, plan = page.plan;
    this.pause();
    pool.stop('chain');
    const steps = [], round = this.round = {};
    const last = await pool.run({ ...page.request(number), purpose: 'chain' }, step => steps.push(step));
    if (!last || this.round !== round) return;
    [this.steps, this.plan, this.scale] = [steps, plan, page.guidance];
    const name = page.className(number);
    document.getElementById('chain-title').textContent = `How picture ${number}${name ? ` (${name})` : ''} came about`;
    this.slider.max = steps.length - 1;
    this.slider.value = Math.floor((steps.length - 1) / 2);
    this.showLine();
  }

  showLine() {
    const { description } = this.page, k = Number(this.slider.value), step = this.steps[k];
    paint(this.noisy, levelsOf(description, this.plan, step));
    paint(this.clean, step.x0 ? toLevels(step.x0, description.stretch) : levelsOf(description, this.plan, step));
    this.slider.setAttribute('aria-valuetext', `after line ${k} of ${this.steps.length - 1}`);
    document.getElementById('clean-caption').textContent = step.x0 ? 'the network’s guess of the clean picture' : 'no guess yet';
    this.line.textContent = k === 0
      ? startText(this.plan.plan)
      : lineText(this.plan.plan, k - 1, this.scale);
  }

  play() {
    if (!this.steps) return;
    this.playing = true;
    this.button.textContent = 'Pause';
    if (Number(this.slider.value) >= this.steps.length - 1) this.slider.value = 0;
    const pace = Math.max(60, 3000 / this.steps.length);
    let before = performance.now();
    const advance = now => {
      if (!this.playing) return;
      if (now - before >= pace) {
        before = now;
        this.slider.value = Number(this.slider.value) + 1;
        this.showLine();
        if (Number(this.slider.value) >= this.steps.length - 1) return this.pause();
      }
      requestAnimationFrame(advance);
    };
    requestAnimationFrame(advance);
  }

  pause() {
    this.playing = false;
    this.button.textContent = 'Play';
  }
}

/** A sum as text, without the terms whose factor is 0. */
function formula(terms) {
  const text = terms.filter(([factor]) => factor !== 0).map(([factor, name], k) => {
    const size = Math.abs(factor), number = size === 1 ? '' : `${Number(size.toPrecision(4))}·`;
    return (factor < 0 ? (k > 0 ? ' − ' : '−') : k > 0 ? ' + ' : '') + number + name;
  }).join('');
  return text || '0';
}

const subscript = k => [...String(k)].map(digit => '₀₁₂₃₄₅₆₇₈₉'[digit]).join('');

function startText({ start: [image, noise] }) {
  return 'start       x = ' + formula([[image, 'image'], [noise, 'noise']]);
}

/** What a line of a plan does, in formulas. h₀ is what this line remembers, h₁ what the line before remembered. w is the guidance scale. */
function lineText(plan, k, w) {
  const line = plan.lines[k], { correct, predict, noise } = line, past = history => history.map((factor, i) => [factor, `h${subscript(i)}`]);
  const guess = formula([[line.estimate[0], 'x'], [line.estimate[1], 'o']]);
  const seen = formula([[line.input, 'x']]), answer = `network(${seen}, t = ${line.timestep})`;
  const output = [[w, `network(${seen}, t = ${line.timestep}, class)`], [1 - w, answer]];
  const drawn = noise.least === noise.most ? [noise.least, 'z'] : [1, 's·z'];
  const rows = [
    [`line ${k + 1}`, `o = ${formula(output)}`],
    ['estimate', `x₀ = ${plan['clip-sample'] ? `clip(${guess})` : guess}`],
    ['remember', `h₀ = ${formula([[line.remember[0], 'x'], [line.remember[1], 'o'], [line.remember[2], 'x₀']])}`],
    ['correct', `base = ${formula([[correct.base, 'base'], [correct.x, 'x'], ...past(correct.history)])}`],
    ['predict', `x = ${formula([[predict.base, 'base'], ...past(predict.history), ...(noise.most > 0 ? [drawn] : [])])}`],
  ];
  return rows.map(([name, text]) => name.padEnd(12) + text).join('\n');
}
