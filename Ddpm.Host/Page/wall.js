// The wall: pictures that grow out of noise. It keeps each picture's steps, and shows them no faster than one can watch.

const GrowthSeconds = 1.6;

class Wall {
  constructor(page) {
    this.page = page;
    this.element = document.getElementById('wall');
    this.pictures = [];
    this.element.addEventListener('keydown', event => this.move(event));
  }

  /** Starts anew with the page's choices. */
  async show() {
    const { page } = this, { description, pool } = page, choices = page.choices, plan = page.plan;
    pool.stop('wall');
    const round = this.round = {}, began = performance.now(), kept = page.selected ?? 0;
    this.element.replaceChildren();
    this.element.style.setProperty('--columns', Math.ceil(Math.sqrt(choices.count)));
    this.element.ariaBusy = 'true';
    page.tell(`Making ${choices.count} pictures …`);
    this.pictures = [...Array(choices.count).keys()].map(number => this.frame(number));
    const made = await Promise.all(this.pictures.map(picture => pool.run({ ...page.request(picture.number), purpose: 'wall' }, step => {
      if (this.round !== round) return;
      picture.frames.push(levelsOf(description, plan, step));
      if (step.done === plan.plan.lines.length) picture.result = step.x;
      this.play(round, plan);
    })));
    if (this.round !== round || made.includes(null)) return;
    const seconds = (performance.now() - began) / 1000, evaluations = page.evaluations * choices.count;
    page.tell(`${choices.count} pictures, ${page.evaluations} evaluations of the network each, in ${seconds.toFixed(1)} s `
      + `(${pool.fast ? 'WebAssembly' : 'JavaScript'}, ${pool.workers.length} workers, ${(1000 * seconds / evaluations).toFixed(1)} ms per evaluation).`);
    page.select(Math.min(kept, choices.count - 1));
    page.studio.begin(this.pictures[page.selected].result);
    page.morph.show();
  }

  /** A picture's place on the wall. */
  frame(number) {
    const { description } = this.page, button = document.createElement('button'), canvas = pictureCanvas(description);
    button.type = 'button';
    button.className = 'picture';
    button.tabIndex = number === 0 ? 0 : -1;
    const name = this.page.className(number);
    button.ariaLabel = name ? `Picture ${number}: ${name}` : `Picture ${number}`;
    button.append(canvas);
    if (name) {
      const caption = document.createElement('span');
      caption.textContent = name;
      button.append(caption);
    }
    button.addEventListener('click', () => this.page.select(number));
    this.element.append(button);
    return { number, button, canvas, frames: [], shown: -1 };
  }

  /** Shows the steps that were made, in their time. */
  play(round, plan) {
    if (round.playing) return;
    round.playing = true;
    const lines = plan.plan.lines.length, pace = this.page.still ? Infinity : lines / GrowthSeconds, started = performance.now();
    const draw = () => {
      if (this.round !== round) return;
      const due = pace === Infinity ? lines : Math.floor((performance.now() - started) / 1000 * pace);
      let least = lines;
      for (const picture of this.pictures) {
        const now = Math.min(due, picture.frames.length - 1);
        if (now > picture.shown && (pace < Infinity || now === lines)) {
          paint(picture.canvas, picture.frames[now]);
          picture.shown = now;
        }
        least = Math.min(least, picture.shown);
      }
      this.page.progress(Math.max(0, least), lines);
      if (least < lines) {
        requestAnimationFrame(draw);
      } else {
        this.element.ariaBusy = 'false';
      }
    };
    requestAnimationFrame(draw);
  }

  mark(number) {
    this.pictures.forEach(({ button }, i) => {
      button.ariaPressed = String(i === number);
      button.tabIndex = i === number ? 0 : -1;
    });
  }

  /** Arrow keys, Home and End move the focus. */
  move(event) {
    const columns = Number(this.element.style.getPropertyValue('--columns')), last = this.pictures.length - 1;
    const at = this.pictures.findIndex(picture => picture.button === document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: last }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    this.pictures[Math.min(last, Math.max(0, to))].button.focus();
  }

  sheet(zoom) {
    return sheet(this.pictures.map(picture => picture.canvas), Number(this.element.style.getPropertyValue('--columns')), zoom);
  }

  /** The wall's steps as a GIF; the last one stays for two seconds. */
  gif() {
    const lines = this.page.plan.plan.lines.length, canvases = this.pictures.map(() => pictureCanvas(this.page.description));
    const frames = [...Array(lines + 1).keys()].filter(k => lines <= 60 || k % Math.ceil(lines / 60) === 0 || k === lines).map(k => {
      this.pictures.forEach((picture, i) => paint(canvases[i], picture.frames[Math.min(k, picture.frames.length - 1)]));
      return { canvas: sheet(canvases, Number(this.element.style.getPropertyValue('--columns')), 2), delay: k === lines ? 200 : 8 };
    });
    return gif(frames);
  }
}
