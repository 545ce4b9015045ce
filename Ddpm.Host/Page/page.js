// The page: what a visitor chooses, and the parts that show it. The choices are in the address, so a link shows another person the same pictures.

/** A page begins with a plan of at most as many lines, so that nobody waits for a chain of a thousand steps. */
const MostLinesAtFirst = 50;

class Page {
  constructor() {
    const text = id => document.getElementById(id).textContent;
    this.description = JSON.parse(text('model'));
    this.size = this.description.image.reduce((product, extent) => product * extent, 1);
    this.hasAddress = location.protocol !== 'about:'; // inside of a report, the address is the report's
    this.seed = '1';
    this.still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.pool = new Pool(this.description, fromBase64(text('weights').trim()), text('core'), reason => this.tell(`The model cannot run here: ${reason}`));
    this.fillChoices();
    const refused = this.readAddress();
    this.wall = new Wall(this);
    this.chain = new Chain(this);
    this.studio = new Studio(this);
    this.morph = new Morph(this);
    this.listen();
    this.start(refused);
  }

  input(id) {
    return document.getElementById(id);
  }

  fillChoices() {
    const { plans, classes, name } = this.description, option = (select, value, label) => {
      const made = document.createElement('option');
      made.value = value;
      made.textContent = label;
      select.append(made);
    };
    this.input('name').textContent = name;
    const samplers = [...new Set(plans.map(plan => plan.sampler))];
    samplers.forEach(sampler => option(this.input('sampler'), sampler, sampler));
    const first = plans.find(plan => plan.plan.lines.length <= MostLinesAtFirst) ?? plans[0];
    this.input('sampler').value = first.sampler;
    this.fillSteps(first);
    for (const part of document.querySelectorAll('.of-classes')) part.hidden = classes.length === 0;
    option(this.input('class'), 'all', 'all in turn');
    classes.forEach((label, k) => option(this.input('class'), k, label));
    option(this.input('class'), 'none', 'none');
    const [channels, height, width] = this.description.image;
    const counts = Object.values(this.description.tensors).slice(1).map(({ shape }) => shape.reduce((product, extent) => product * extent, 1));
    const weights = counts.reduce((sum, count) => sum + count, 0).toLocaleString('en');
    this.input('facts').textContent = `${width}×${height} ${channels === 1 ? 'grey' : 'colour'} pixels · `
      + `${weights} weights in ${this.description.weights} · SHA-256 ${this.description.sha256.slice(0, 12)}…`;
  }

  /** The steps that the sampler's plans have. */
  fillSteps(chosen) {
    const select = this.input('steps');
    select.replaceChildren();
    this.description.plans.forEach((plan, k) => {
      if (plan.sampler !== chosen.sampler) return;
      const made = document.createElement('option');
      made.value = k;
      made.textContent = stepsOf(plan);
      made.dataset.steps = stepsOf(plan);
      select.append(made);
    });
    [...select.options].sort((a, b) => a.dataset.steps - b.dataset.steps).forEach(made => select.append(made));
    select.value = this.description.plans.indexOf(chosen);
  }

  get choices() {
    const scale = Number(this.input('scale').value);
    return { seed: this.seed, count: Number(this.input('count').value), plan: Number(this.input('steps').value), label: this.input('class').value, scale };
  }

  get plan() {
    return this.description.plans[this.choices.plan];
  }

  /** The guidance scale w; 0 if the network is asked without a class. */
  get guidance() {
    return this.description.classes.length > 0 && this.choices.label !== 'none' ? this.choices.scale : 0;
  }

  get evaluations() {
    return this.plan.plan.lines.length * ([0, 1].includes(this.guidance) ? 1 : 2);
  }

  /** What the workers need to know of a picture. */
  request(number) {
    const { seed, plan, label, scale } = this.choices, classes = this.description.classes.length;
    return { seed, plan, number, label: label === 'all' ? undefined : label === 'none' ? classes : Number(label), scale: label === 'none' ? 1 : scale };
  }

  /** The class of a picture of the wall; the number of classes for none. */
  labelOf(number) {
    const { label } = this.choices, count = this.description.classes.length;
    return label === 'none' || count === 0 ? count : label === 'all' ? number % count : Number(label);
  }

  className(number) {
    return this.description.classes[this.labelOf(number)] ?? '';
  }

  listen() {
    this.input('sampler').addEventListener('change', () => {
      const steps = stepsOf(this.plan), same = this.description.plans.filter(plan => plan.sampler === this.input('sampler').value);
      this.fillSteps(same.find(plan => stepsOf(plan) === steps) ?? same[0]);
      this.start();
    });
    for (const id of ['count', 'class', 'steps', 'scale']) this.input(id).addEventListener('change', () => this.start());
    this.input('seed').addEventListener('change', () => this.start(this.takeSeed(this.input('seed').value)));
    this.input('choices').addEventListener('submit', event => event.preventDefault()); // Enter in the seed is a change, and nothing more
    this.input('scale').addEventListener('input', () => this.showScale());
    this.input('new-seed').addEventListener('click', () => this.start(this.takeSeed(crypto.getRandomValues(new Uint32Array(1))[0])));
    this.input('save-png').addEventListener('click', () => this.wall.sheet(8).toBlob(blob => save(blob, `${this.description.name}.png`)));
    this.input('save-gif').addEventListener('click', () => save(this.wall.gif(), `${this.description.name}.gif`));
    this.input('copy-link').addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(location.href);
        this.tell('The link is copied. It shows these pictures to anybody who has this page.');
      } catch {
        this.tell(`The link: ${location.href}`);
      }
    });
    this.input('copy-link').hidden = !this.hasAddress;
    addEventListener('hashchange', () => {
      if (location.hash === this.address()) return;
      this.start(this.readAddress());
    });
    document.addEventListener('keydown', event => {
      if (event.key !== 'n' || event.ctrlKey || event.metaKey || event.altKey || ['INPUT', 'SELECT'].includes(event.target.tagName)) return;
      this.input('new-seed').click();
    });
  }

  address() {
    const { seed, count, label, scale } = this.choices, parts = { seed, count, sampler: this.plan.sampler, steps: stepsOf(this.plan) };
    if (this.description.classes.length > 0) Object.assign(parts, { class: label, scale });
    return '#' + new URLSearchParams(parts);
  }

  /** Takes over a seed. Returns what is wrong with it, if anything; then the seed stays as it was. */
  takeSeed(text) {
    const whole = String(text).trim(), right = /^\d{1,20}$/.test(whole) && BigInt(whole) < 2n ** 64n;
    if (right) this.seed = BigInt(whole).toString();
    this.input('seed').value = this.seed;
    return right ? '' : `seed must be a whole number from 0 to 18446744073709551615, got ${quoted(whole)}`;
  }

  /** Takes over what the address says, as far as it can be chosen. Returns what cannot, if anything. */
  readAddress() {
    const asked = new URLSearchParams(location.hash.slice(1)), { plans } = this.description, refused = [];
    const choose = id => {
      if (!asked.has(id)) return;
      const values = [...this.input(id).options].map(one => one.value);
      if (values.includes(asked.get(id))) this.input(id).value = asked.get(id);
      else refused.push(mustBe(id, values, asked.get(id)));
    };
    if (asked.has('seed')) refused.push(this.takeSeed(asked.get('seed')));
    choose('count');
    choose('class');
    const sampler = this.input('sampler').value;
    choose('sampler');
    const same = plans.filter(one => one.sampler === this.input('sampler').value), steps = asked.get('steps');
    const plan = same.find(one => String(stepsOf(one)) === steps) ?? (this.input('sampler').value === sampler ? this.plan : same[0]);
    if (steps !== null && String(stepsOf(plan)) !== steps) {
      refused.push(mustBe('steps', same.map(stepsOf).sort((a, b) => a - b), steps));
    }
    this.fillSteps(plan);
    const scale = this.input('scale'), before = scale.value;
    if (asked.has('scale')) scale.value = asked.get('scale');
    if (asked.has('scale') && String(Number(scale.value)) !== String(Number(asked.get('scale')))) {
      scale.value = before;
      refused.push(`scale must be a multiple of ${scale.step} from ${scale.min} to ${scale.max}, got ${quoted(asked.get('scale'))}`);
    }
    this.showScale();
    return refused.filter(fault => fault).join('; ');
  }

  showScale() {
    this.input('scale-value').textContent = Number(this.input('scale').value).toFixed(1);
  }

  /** Makes the pictures of the choices, and says which choices were refused. */
  start(refused = '') {
    this.input('refused').textContent = refused && `Not possible on this page: ${refused}. The choices above hold.`;
    if (this.hasAddress) history.replaceState(null, '', this.address());
    const { seed, count, label, scale } = this.choices, classes = this.description.classes;
    const options = [this.plan.options, `--seed ${seed}`, `--count ${count}`];
    if (classes.length > 0 && label !== 'all' && label !== 'none') options.push(`--class ${label}`);
    if (classes.length > 0 && scale !== 1) options.push(`--guidance-scale ${scale}`);
    this.input('command').textContent = label === 'none' ? '' : `ddpm sample --run ${shellWord(this.description.name)} ${options.join(' ')}`;
    this.wall.show();
  }

  select(number) {
    this.selected = number;
    this.wall.mark(number);
    this.chain.show(number);
  }

  tell(text) {
    this.input('told').textContent = text;
  }

  /** How far the wall is, and what its line of the plan does. */
  progress(line, lines) {
    this.input('progress').max = lines;
    this.input('progress').value = line;
    this.input('progress-text').textContent = `line ${line} of ${lines}`;
    const rows = line === 0 ? [startText(this.plan.plan)] : lineText(this.plan.plan, line - 1, this.guidance).split('\n');
    this.input('executing').textContent = [...new Set([rows[0], rows.at(-1)])].map(row => row.slice(12)).join('\n');
  }
}

/** How many steps a plan was asked for. */
function stepsOf({ options, plan }) {
  return Number(/--sampling-steps (\d+)/.exec(options)?.[1] ?? plan.lines.length);
}

/** A text from an address or a visitor, in quotes and not too long. */
function quoted(text) {
  return `“${text.length > 30 ? `${text.slice(0, 30)}…` : text}”`;
}

function mustBe(name, values, got) {
  const listed = values.length > 16 ? [...values.slice(0, 3), '…', ...values.slice(-2)] : values;
  return `${name} must be one of ${listed.join(', ')}, got ${quoted(got)}`;
}

function shellWord(text) {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

const page = new Page();
