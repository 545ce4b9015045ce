// Pictures to start from: draw or open one, put noise on it and let the model finish it; erase a part and let the model fill it in.

const Variations = 4;

class Studio {
  constructor(page) {
    this.page = page;
    const { description } = page, area = description.image[1] * description.image[2];
    this.values = new Float32Array(page.size).fill(description.image[0] === 1 ? -1 : 1);
    this.kept = new Uint8Array(area).fill(1);
    this.canvas = pictureCanvas(description);
    this.canvas.tabIndex = 0;
    this.canvas.role = 'application'; // screen readers then leave the arrow keys to it
    this.canvas.ariaLabel = 'A picture to draw on: arrow keys move the brush, Space draws';
    document.getElementById('easel').append(this.canvas);
    this.results = [...Array(Variations)].map(() => {
      const canvas = pictureCanvas(description);
      document.getElementById('variations').append(canvas);
      return canvas;
    });
    this.strength = document.getElementById('strength');
    this.brush = document.getElementById('brush');
    this.tone = document.getElementById('tone');
    this.tone.type = description.image[0] === 1 ? 'range' : 'color';
    if (description.image[0] === 1) Object.assign(this.tone, { min: 0, max: 255, value: 230 });
    // A sampler whose lines remember nothing of earlier ones can begin at any line. More noise on the way gives livelier pictures.
    const enterable = page.description.plans.filter(plan => plan.plan.lines.every(enterableLine));
    this.plan = enterable.find(plan => plan.sampler === 'euler-ancestral' && plan.plan.lines.length >= 20) ?? enterable[0];
    document.getElementById('studio').hidden = !this.plan;
    this.listen();
    this.draw();
  }

  listen() {
    const at = id => document.getElementById(id), { canvas } = this;
    let down = false;
    canvas.addEventListener('pointerdown', event => {
      down = true;
      canvas.setPointerCapture(event.pointerId);
      this.point(event);
    });
    canvas.addEventListener('pointermove', event => down && this.point(event));
    for (const end of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(end, () => {
        if (down) this.lift();
        down = false;
      });
    }
    canvas.addEventListener('keydown', event => this.press(event));
    canvas.addEventListener('keyup', event => event.key === ' ' && this.lift());
    canvas.addEventListener('blur', () => {
      this.place = null;
      this.draw();
    });
    at('use-selected').addEventListener('click', () => {
      const picture = this.page.wall.pictures[this.page.selected];
      if (picture?.result) {
        this.take(picture.result, false);
        this.label = this.page.labelOf(this.page.selected);
        this.finish();
      }
    });
    at('clear').addEventListener('click', () => this.take(this.values.map(() => this.page.description.image[0] === 1 ? -1 : 1), false));
    at('keep-all').addEventListener('click', () => {
      this.kept.fill(1);
      this.suitStrength();
      this.draw();
      this.finish();
    });
    at('open').addEventListener('change', event => this.open(event.target.files[0]));
    const easel = at('easel');
    easel.addEventListener('dragover', event => {
      event.preventDefault();
      easel.classList.add('over');
    });
    easel.addEventListener('dragleave', () => easel.classList.remove('over'));
    easel.addEventListener('drop', event => {
      event.preventDefault();
      easel.classList.remove('over');
      this.open(event.dataTransfer.files[0]);
    });
    this.strength.addEventListener('input', () => this.showStrength());
    this.strength.addEventListener('change', () => this.finish());
    at('finish').addEventListener('click', () => this.finish());
    this.showStrength();
  }

  /** Erased parts begin as noise alone; whole pictures keep something of themselves. */
  suitStrength() {
    const erased = this.kept.includes(0), value = Number(this.strength.value);
    if (erased && value < 100) this.setStrength(100);
    if (!erased && value === 100) this.setStrength(60);
  }

  get erases() {
    return document.getElementById('erase').checked;
  }

  showStrength() {
    document.getElementById('strength-value').textContent = `${this.strength.value} %`;
  }

  /** The pointer draws where it is. */
  point(event) {
    const { width, height } = this.canvas, box = this.canvas.getBoundingClientRect();
    this.stroke((event.clientX - box.left) / box.width * width, (event.clientY - box.top) / box.height * height);
  }

  /** Arrow keys move the brush, and Space draws. */
  press(event) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], ' ': [0, 0] }[event.key];
    if (!by) return;
    event.preventDefault();
    const { width, height } = this.canvas, [x, y] = this.place ?? [width >> 1, height >> 1];
    this.place = [Math.min(width - 1, Math.max(0, x + by[0])), Math.min(height - 1, Math.max(0, y + by[1]))];
    if (event.key === ' ') this.stroke(x + 0.5, y + 0.5);
    else this.draw();
  }

  /** A stroke has ended. */
  lift() {
    if (this.erases) this.suitStrength();
    this.finish();
  }

  /** Draws or erases a soft disc. */
  stroke(x, y) {
    this.begun = true;
    const { width, height } = this.canvas, radius = Number(this.brush.value) * width / 28, area = width * height;
    const tones = this.tone.type === 'range' ? [Number(this.tone.value)] : [1, 3, 5].map(from => parseInt(this.tone.value.slice(from, from + 2), 16));
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(column + 0.5 - x, row + 0.5 - y))), i = row * width + column;
        if (cover === 0) continue;
        if (this.erases) {
          this.kept[i] = 0;
        } else {
          for (let c = 0; c < this.values.length / area; c++) {
            const tone = tones[Math.min(c, tones.length - 1)] / 127.5 - 1;
            this.values[c * area + i] += cover * (tone - this.values[c * area + i]);
          }
        }
      }
    }
    this.draw();
  }

  take(values, finish = true) {
    this.label = undefined;
    this.values = Float32Array.from(values, value => Math.min(1, Math.max(-1, value)));
    this.kept.fill(1);
    this.begun = true;
    this.suitStrength();
    this.draw();
    if (finish) this.finish();
  }

  /** What a visitor finds: a picture of the wall whose lower half the model fills in. */
  begin(values) {
    if (this.begun || !this.plan) return;
    this.begun = true;
    this.take(values, false);
    this.label = this.page.labelOf(this.page.selected);
    this.kept.fill(0, this.kept.length / 2);
    this.setStrength(100);
    this.draw();
    this.finish();
  }

  setStrength(percent) {
    this.strength.value = percent;
    this.showStrength();
  }

  /** The picture, with a pattern where it is erased, and the place of the brush that keys move. */
  draw() {
    const levels = toLevels(this.values), { width, height } = this.canvas, area = width * height;
    paint(this.canvas, levels);
    const context = this.canvas.getContext('2d');
    for (let i = 0; i < area; i++) {
      if (this.kept[i]) continue;
      context.fillStyle = (i % width + Math.floor(i / width)) % 2 ? '#2f6df0' : '#9dbcff';
      context.fillRect(i % width, Math.floor(i / width), 1, 1);
    }
    if (!this.place) return;
    context.fillStyle = '#ff7a00';
    context.fillRect(...this.place, 1, 1);
  }

  // A picture of one's own is of no class, unless one is chosen; a picture of the wall keeps its class.

  /** Opens a picture: its middle, scaled. */
  async open(file) {
    if (!file) return;
    try {
      const bitmap = await createImageBitmap(file), [channels, height, width] = this.page.description.image, small = document.createElement('canvas');
      const scale = Math.max(width / bitmap.width, height / bitmap.height);
      [small.width, small.height] = [width, height];
      const context = small.getContext('2d');
      context.imageSmoothingQuality = 'high';
      context.fillStyle = '#fff';
      context.fillRect(0, 0, width, height);
      context.drawImage(bitmap, (width - scale * bitmap.width) / 2, (height - scale * bitmap.height) / 2, scale * bitmap.width, scale * bitmap.height);
      const { data } = context.getImageData(0, 0, width, height), area = width * height;
      this.take(Float32Array.from({ length: channels * area }, (_, i) => {
        const p = 4 * (i % area), c = Math.floor(i / area);
        return (channels === 1 ? 0.299 * data[p] + 0.587 * data[p + 1] + 0.114 * data[p + 2] : data[p + Math.min(c, 3)]) / 127.5 - 1;
      }));
    } catch {
      this.page.tell(`${file.name} is no picture that this browser can read.`);
    }
  }

  /** Lets the model finish the picture, or fill in what was erased. */
  async finish() {
    const { page, plan } = this, { description, pool } = page, lines = plan.plan.lines.length, erased = this.kept.includes(0);
    const from = lines - Math.max(1, Math.round(Number(this.strength.value) / 100 * lines)), start = plan.levels[from];
    const area = this.kept.length, mask = erased ? Uint8Array.from(this.values, (_, i) => this.kept[i % area]) : undefined;
    pool.stop('studio');
    document.getElementById('studio-told').textContent = 'Finishing the picture …';
    const round = this.round = {}, label = page.request(0).label ?? this.label ?? description.classes.length;
    const made = await Promise.all(this.results.map((canvas, number) => pool.run(
      { ...page.request(number), label, plan: description.plans.indexOf(plan), purpose: 'studio', known: this.values, mask, from, start },
      step => {
        if (this.round === round && (!page.still || step.done === lines)) paint(canvas, levelsOf(description, plan, step, from, start));
      })));
    if (this.round !== round || made.includes(null)) return;
    document.getElementById('studio-told').textContent = erased
      ? `Filled in by the last ${lines - from} of ${lines} lines of ${plan.sampler}; all other pixels are yours.`
      : `Finished by the last ${lines - from} of ${lines} lines of ${plan.sampler}.`;
  }
}

/** Whether a line reads nothing that earlier lines have remembered. */
function enterableLine({ correct, predict }) {
  return correct.base === 0 && correct.x === 1 && correct.history.every(factor => factor === 0) && predict.history.slice(1).every(factor => factor === 0);
}
