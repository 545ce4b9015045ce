// Runs the port that an exported page contains, in Node 18 or later and without the page:
//
//   node ddpm_page.js reference PAGE REFERENCE OUT           random numbers, trajectories and arcs, for `ddpm reference verify OUT`
//   node ddpm_page.js images PAGE PLAN SEED FIRST COUNT OUT  pictures as bytes N×H×W×C, with the options that PLAN names, "" for the default
//   node ddpm_page.js answers PAGE                           the network's answers to three inputs, in JSON; WebAssembly and JavaScript must agree

'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

function open(file) {
  const html = fs.readFileSync(file, 'utf8');
  const part = id => html.match(new RegExp(`<script[^>]*id="${id}"[^>]*>([^]*?)</script>`))[1];
  const port = vm.runInThisContext(`(() => {${part('core')}\nreturn { Model, philox, normals, seedWords, runPlan, toLevels, fromBase64, angleBetween, greatCircle };})()`);
  const description = JSON.parse(part('model')), weights = part('weights');
  return { ...port, description, model: plain => new port.Model(description, port.fromBase64(weights), plain) };
}

// Reference files: .npy in version 1.0 and JSON.

function readNpy(file) {
  const bytes = fs.readFileSync(file), start = 10 + bytes.readUInt16LE(8), header = bytes.toString('latin1', 10, start);
  const shape = /'shape': \(([^)]*)\)/.exec(header)[1].split(',').filter(text => text.trim()).map(Number);
  const values = new Float64Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
  return { shape, values };
}

function write(out, name, bytes) {
  const file = path.join(out, ...name.split('/'));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes);
}

function writeNpy(out, name, type, shape, values) {
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const header = Buffer.alloc(Math.ceil((11 + text.length) / 64) * 64, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(header.length - 10, 8);
  header.write(text + ' '.repeat(header.length - 11 - text.length) + '\n', 10, 'latin1');
  write(out, name, Buffer.concat([header, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]));
}

function reference(port, folder, out) {
  const json = name => JSON.parse(fs.readFileSync(path.join(folder, ...name.split('/')), 'utf8'));
  const places = json('random/addresses.json');
  write(out, 'random/addresses.json', JSON.stringify(places));

  const words = (seed, stream, index, step, count) => {
    const block = new Uint32Array(4), all = new Uint32Array(count);
    for (let at = 0; at < count; at += 4) {
      port.philox(seed, stream, index, step, at / 4, block);
      all.set(block.subarray(0, Math.min(4, count - at)), at);
    }
    return all;
  };
  const permutation = (seed, stream, step, n) => {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    words(seed, stream, 0, step, n).forEach((word, i) => {
      const j = i + Number((BigInt(word) * BigInt(n - i)) >> 32n);
      [order[i], order[j]] = [order[j], order[i]];
    });
    return order;
  };
  const seeds = places.seeds.map(port.seedWords), { count, addresses, permutations } = places, length = places['permutation-length'];
  for (const [name, stream] of Object.entries(places.streams)) {
    const each = (Numbers, draw) => Numbers.from(seeds.flatMap(seed => addresses.flatMap(([index, step]) => [...draw(seed, stream, index, step, count)])));
    const shape = [seeds.length, addresses.length, count];
    const drawn = each(Uint32Array, words);
    writeNpy(out, `random/words/${name}.npy`, '<u4', shape, drawn);
    writeNpy(out, `random/uniforms/${name}.npy`, '<f8', shape, Float64Array.from(drawn, word => (word + 0.5) / 2 ** 32));
    writeNpy(out, `random/normals/${name}.npy`, '<f4', shape, each(Float32Array, port.normals));
    const orders = seeds.flatMap(seed => [...Array(permutations).keys()].flatMap(step => [...permutation(seed, stream, step, length)]));
    writeNpy(out, `random/permutations/${name}.npy`, '<i4', [seeds.length, permutations, length], Int32Array.from(orders));
  }

  const arcs = json('spherical-interpolation.json').map(({ from, to }) => ({
    from, to, angle: port.angleBetween(from, to), between: [0, 0.25, 0.5, 1].map(fraction => port.greatCircle(from, to, fraction)),
  }));
  write(out, 'spherical-interpolation.json', JSON.stringify(arcs));

  const scenarios = json('scenarios.json');
  const tables = (name, end) => readNpy(path.join(folder, 'denoisers', name + end + '.npy')).values;
  for (const file of fs.readdirSync(path.join(folder, 'plans')).sort()) {
    const made = Object.entries(json(`plans/${file}`)).map(([name, plan]) => {
      const scenario = scenarios[name], seed = port.seedWords(scenario.seed);
      const model = tables(name, ''), worse = 'guidance-scale' in scenario ? tables(name, '-worse') : null;
      const drawn = (stream, step) => Float64Array.from(port.normals(seed, stream, scenario.image, step, 4));
      const fraction = Float64Array.from(scenario['variance-fractions']);
      const steps = port.runPlan(
        plan,
        (source, x, t) => {
          const table = source === 'model' ? model : worse;
          return { o: x.map(value => table[2 * t] * value + table[2 * t + 1]), fraction };
        },
        scenario.initial ? Float64Array.from(scenario.initial) : drawn(1, 0),
        line => drawn(2, line),
        { known: scenario.known && Float64Array.from(scenario.known), mask: scenario.mask });
      return [name, [...steps].map(step => [...step.x])];
    });
    write(out, `trajectories/${file}`, JSON.stringify(Object.fromEntries(made)));
  }
}

function images(port, options, seed, first, count, out) {
  const { plans, image: [channels, height, width], stretch } = port.description, model = port.model();
  const plan = (options ? plans.find(plan => plan.options === options) : plans[0]).plan, area = height * width, all = [];
  for (let number = first; number < first + count; number++) {
    let last;
    for (const step of model.sample({ plan, seed, number })) last = step;
    const levels = port.toLevels(last.x, stretch), bytes = Buffer.alloc(levels.length);
    levels.forEach((level, i) => { bytes[(i % area) * channels + Math.floor(i / area)] = level; });
    all.push(bytes);
  }
  fs.writeFileSync(out, Buffer.concat(all));
}

function answers(port) {
  const { timesteps, classes } = port.description, [fast, plain] = [port.model(), port.model(true)];
  const visited = [timesteps[0], timesteps[timesteps.length >> 1], timesteps[timesteps.length - 1]];
  const labels = [0, Math.max(0, classes.length - 1), classes.length];
  const made = visited.map((timestep, k) => {
    const answer = model => model.network.forward(model.initialNoise(5, k), model.embedding(timestep), labels[k]);
    const [o, again] = [answer(fast), answer(plain)];
    o.forEach((value, i) => {
      if (!Object.is(value, again[i]) && value !== again[i]) throw new Error(`WebAssembly gives ${value} at ${i}, JavaScript ${again[i]}`);
    });
    return { timestep, label: labels[k], answer: [...o] };
  });
  process.stdout.write(JSON.stringify({ fast: fast.network.fast, answers: made }));
}

const [command, page, ...rest] = process.argv.slice(2), port = open(page);
switch (command) {
  case 'reference':
    reference(port, rest[0], rest[1]);
    break;
  case 'images':
    images(port, rest[0], rest[1], Number(rest[2]), Number(rest[3]), rest[4]);
    break;
  case 'answers':
    answers(port);
    break;
  default:
    throw new Error(`unknown command ${command}`);
}
