// From one picture to another: noise on the great circle between the noise of both, by a sampler that adds none.

const Between = 12;

class Morph {
  constructor(page) {
    this.page = page;
    this.plan = page.description.plans.find(plan => plan.plan.lines.length >= 10 && plan.plan.lines.every(line => line.noise.most === 0));
    document.getElementById('morph').hidden = !this.plan;
    this.canvases = [...Array(Between)].map(() => {
      const canvas = pictureCanvas(page.description);
      document.getElementById('between').append(canvas);
      return canvas;
    });
    this.from = document.getElementById('from');
    this.to = document.getElementById('to');
    this.to.value = page.description.classes.length || 1; // of the same class, where all classes come in turn
    for (const input of [this.from, this.to]) input.addEventListener('change', () => this.show());
    document.getElementById('save-morph').addEventListener('click', () => this.save());
  }

  async show() {
    if (!this.plan) return;
    const { page, plan } = this, { description, pool } = page, round = this.round = {};
    const [number, other] = [this.from, this.to].map(input => Math.min(1e9 - 1, Math.max(0, Math.floor(Number(input.value)) || 0)));
    [this.from.value, this.to.value] = [number, other];
    pool.stop('morph');
    await Promise.all(this.canvases.map(async (canvas, k) => {
      const last = await pool.run(
        { ...page.request(number), label: page.labelOf(k < Between / 2 ? number : other), plan: description.plans.indexOf(plan), purpose: 'morph',
          between: [other, k / (Between - 1)] });
      if (last && this.round === round) paint(canvas, levelsOf(description, plan, last));
    }));
  }

  save() {
    const frames = [...this.canvases, ...this.canvases.slice(1, -1).reverse()].map(canvas => ({ canvas: sheet([canvas], 1, 8, 0), delay: 12 }));
    save(gif(frames), `${this.page.description.name}-morph.gif`);
  }
}
