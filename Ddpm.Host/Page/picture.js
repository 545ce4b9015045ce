// Pictures of numbers: levels on a canvas, and several canvases as one PNG or GIF.

/** A canvas of a model's image size. */
function pictureCanvas(description) {
  const canvas = document.createElement('canvas');
  [, canvas.height, canvas.width] = description.image;
  return canvas;
}

/** Paints levels, C×H×W. */
function paint(canvas, levels) {
  const { width, height } = canvas, area = width * height, grey = levels.length < 3 * area;
  const pixels = new ImageData(width, height);
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = levels[grey ? i : c * area + i];
    pixels.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d').putImageData(pixels, 0, 0);
}

/** The levels of x after some lines of a plan: divided by √(a² + σ²), which is 1 on Markov chains, so that noise does not grow white. */
function levelsOf(description, plan, { done, x }, from = 0, start = plan.plan.start) {
  const [a, sigma] = done > from ? plan.plan.lines[done - 1].marginal : start, deviation = Math.fround(Math.hypot(a, sigma));
  return toLevels(deviation === 1 || deviation === 0 ? x : x.map(value => value / deviation), description.stretch);
}

/** One canvas with all pictures in a grid, each pixel enlarged. */
function sheet(canvases, columns, zoom, gap = 2) {
  const { width, height } = canvases[0], whole = document.createElement('canvas');
  whole.width = columns * (width * zoom + gap) + gap;
  whole.height = Math.ceil(canvases.length / columns) * (height * zoom + gap) + gap;
  const context = whole.getContext('2d');
  context.imageSmoothingEnabled = false;
  canvases.forEach((canvas, i) => context.drawImage(
    canvas, gap + (i % columns) * (width * zoom + gap), gap + Math.floor(i / columns) * (height * zoom + gap), width * zoom, height * zoom));
  return whole;
}

/** Offers a file to save. */
function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
