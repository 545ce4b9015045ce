"""A port of Ddpm's random streams, noise schedules, predictions, learned variance, training and plan executor, in numpy alone.

    python3 ddpm_port.py REFERENCE OUT

reads a folder that `ddpm reference export` wrote, computes these files anew and writes them to OUT. Then `ddpm reference verify OUT` can compare them, with
`--only random/ --only schedules/` and so on. The port also compares them itself, with the tolerances of the manifest. The exit code is 1 if a number is wrong.

Nothing here is optimised: it is meant to be read beside Ddpm.Pure/README.md. Python 3.9 or newer.
"""

import json
import math
import os
import re
import sys

import numpy as np

U32 = 0xFFFFFFFF


# Random streams. A draw is named by (seed, stream, index, step, position) and depends on nothing else.


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011): four words of each counter. counter: four uint64 arrays of 32-bit values, key: two ints."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0 = np.uint64(0xD2511F53) * c0
        p1 = np.uint64(0xCD9E8D57) * c2
        low, high = np.uint64(U32), np.uint64(32)
        c0, c1, c2, c3 = (p1 >> high) ^ c1 ^ np.uint64(k0), p1 & low, (p0 >> high) ^ c3 ^ np.uint64(k1), p0 & low
        k0, k1 = (k0 + 0x9E3779B9) & U32, (k1 + 0xBB67AE85) & U32
    return c0, c1, c2, c3


def words(seed, stream, index, step, count):
    """The first words of a stream's draws: word 4b + i is word i of block b."""
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    same = np.zeros_like(blocks)
    out = philox((blocks, same + np.uint64(index), same + np.uint64(step), same + np.uint64(stream)), (seed & U32, seed >> 32))
    return np.stack(out, axis=1).reshape(-1)[:count].astype(np.uint32)


def uniforms(seed, stream, index, step, count):
    """(word + 1/2) / 2^32, strictly inside (0, 1)."""
    return (words(seed, stream, index, step, count).astype(np.float64) + 0.5) * (1.0 / 4294967296.0)


def horner(x, coefficients):
    """From the highest power down, each product and each sum rounded by itself."""
    value = coefficients[0]
    for c in coefficients[1:]:
        value = value * x + c
    return value


SQRT_HALF = 0x3FE6A09E667F3BCD  # the bits of the square root of 1/2
LOG = [1.0 / n for n in (17, 15, 13, 11, 9, 7, 5, 3)] + [1.0]
SIN = [1 / 6227020800, -1 / 39916800, 1 / 362880, -1 / 5040, 1 / 120, -1 / 6, 1.0]
COS = [-1 / 87178291200, 1 / 479001600, -1 / 3628800, 1 / 40320, -1 / 720, 1 / 24, -1 / 2, 1.0]


def normals(seed, stream, index, step, count):
    """Box and Muller in float64 by + - * / sqrt alone, rounded to float32 once: words (0, 1) and (2, 3) of a block give two normals each."""
    w = words(seed, stream, index, step, (count + 3) // 4 * 4).reshape(-1, 2)
    # ln(w + 1/2) = k ln 2 + 2 s A(s^2), where w + 1/2 = m 2^k, m in [sqrt(1/2), sqrt(2)), s = (m - 1)/(m + 1)
    bits = (w[:, 0].astype(np.float64) + 0.5).view(np.int64)
    k = (bits - SQRT_HALF) >> 52
    m = (bits - (k << 52)).view(np.float64)
    s = (m - 1) / (m + 1)
    radius = np.sqrt(-2 * ((k - 32) * 0.6931471805599453 + 2 * s * horner(s * s, LOG)))
    # the angle: a quadrant, and a phase of it in (-pi/4, pi/4)
    x = (((w[:, 1] & np.uint32(0x3FFFFFFF)).astype(np.float64) + 0.5) * (1.0 / 1073741824.0) - 0.5) * 1.5707963267948966
    y = x * x
    sin, cos = x * horner(y, SIN), horner(y, COS)
    quadrant = w[:, 1] >> np.uint32(30)
    swap = (quadrant & 1) == 1
    c, d = np.where(swap, sin, cos), np.where(swap, cos, sin)
    c = np.where(((quadrant + 1) & 2) == 0, c, -c)
    d = np.where((quadrant & 2) == 0, d, -d)
    return np.stack([radius * c, radius * d], axis=1).reshape(-1)[:count].astype(np.float32)


def permutation(seed, stream, index, step, n):
    """Fisher and Yates from the front: place i receives one of the n - i items that are left."""
    order = list(range(n))
    for i, word in enumerate(words(seed, stream, index, step, n)):
        j = i + (int(word) * (n - i) >> 32)
        order[i], order[j] = order[j], order[i]
    return np.array(order, dtype=np.int32)


# Noise levels and predictions. A schedule is ln a^2 and sigma of each level, and the number that the network receives.


def logistic(x):
    return 1 / (1 + np.exp(-x))


def betas(name, steps):
    """beta of each step of a chain."""
    t = np.arange(steps, dtype=np.float64)
    ramp = t / max(steps - 1, 1)

    def usual(low, high):
        return min(low * 1000 / steps, 0.999), min(high * 1000 / steps, 0.999)

    if name == "linear":
        low, high = usual(1e-4, 0.02)
        return low + (high - low) * ramp
    if name == "scaled-linear":
        low, high = usual(0.00085, 0.012)
        return (math.sqrt(low) + (math.sqrt(high) - math.sqrt(low)) * ramp) ** 2
    if name == "sigmoid-beta":
        low, high = usual(1e-4, 0.02)
        return low + (high - low) * logistic(-6 + 12 * ramp)
    if name == "cosine":
        # 1 - cos^2(y)/cos^2(x) = sin(y - x) sin(y + x)/cos^2(x)
        x, y = ((u + 0.008) / 1.008 * math.pi / 2 for u in (t / steps, (t + 1) / steps))
        return np.minimum(np.sin(y - x) * np.sin(y + x) / np.cos(x) ** 2, 0.999)
    if name == "sigmoid":
        # S(y) - S(x) = S(y) S(-x) (1 - e^(x - y)), from x = 6u - 3 to the next, and from x to 3
        x, y = 6 * t / steps - 3, 6 * (t + 1) / steps - 3
        return np.minimum(logistic(y) / logistic(3) * np.expm1(x - y) / np.expm1(x - 3), 0.999)
    raise ValueError(name)


def schedule(name, steps, zero_snr=False, shift=1):
    """(ln a^2, sigma, network time, beta or None) of a family with its usual numbers."""
    t = np.arange(steps, dtype=np.float64)
    if name == "rectified-flow":
        u = shift * (t + 1) / (steps + (shift - 1) * (t + 1))
        return 2 * np.log((steps - 1 - t) / (steps + (shift - 1) * (t + 1))), u, 1000 * u, None
    if name == "edm":
        low, high = 0.002 ** (1 / 7), 80 ** (1 / 7)
        sigma = (low + (high - low) * t / (steps - 1)) ** 7 if steps > 1 else np.array([80.0])
        return np.zeros(steps), sigma, np.log(sigma) / 4, None
    beta = betas(name, steps)
    log_alpha_bar = np.cumsum(np.log1p(-beta))
    if zero_snr:
        a = np.exp(log_alpha_bar / 2)
        shifted = (a - a[-1]) * (a[0] / (a[0] - a[-1])) if steps > 1 else np.zeros(1)
        log_alpha_bar = 2 * np.log(shifted)
        beta = -np.expm1(np.diff(log_alpha_bar, prepend=0.0))
    return log_alpha_bar, np.sqrt(-np.expm1(log_alpha_bar)), t, beta


SIGMA_DATA = 0.5


def target(name, a, sigma):
    """(p, q) of a prediction: its output is p x0 + q epsilon."""
    s = math.sqrt((a * SIGMA_DATA) ** 2 + sigma**2)
    return {
        "epsilon": (0.0, 1.0),
        "sample": (1.0, 0.0),
        "velocity": (-sigma, a),
        "flow": (-1.0, 1.0),
        "edm": (sigma / (s * SIGMA_DATA), -a * SIGMA_DATA / s),
    }[name]


def input_factor(name, a, sigma):
    """What x is multiplied by for the network."""
    return 1 / math.sqrt((a * SIGMA_DATA) ** 2 + sigma**2) if name == "edm" else 1.0


def solved(name, a, sigma):
    """Factors of (x, o) in x0, in epsilon and in the score; None for what the output does not determine."""
    p, q = target(name, a, sigma)
    d = a * q - sigma * p
    image = None if d == 0 else (q / d, -sigma / d)
    noise = (0.0, 1 / q) if p == 0 else None if d == 0 else (-p / d, a / d)
    score = None if noise is None else (-noise[0] / sigma, -noise[1] / sigma)
    return {"clean-image": image, "noise": noise, "score": score}


def normal_cdf(x):
    return math.erfc(-x / math.sqrt(2)) / 2


# Learned variance: s^2 = posterior^(1 - f) beta^f, and the terms of the bound that teach f.


def log_density(z):
    return -z * z / 2 - math.log(2 * math.pi) / 2


def log_normal_cdf(x):
    """ln of normal_cdf. Far below the mean, by a continued fraction."""
    if x > -8:
        return math.log(normal_cdf(x))
    fraction = 0.0
    for k in range(60, 0, -1):
        fraction = k / (-x + fraction)
    return log_density(x) - math.log(-x + fraction)


def log_mass(low, high):
    """ln of the mass between two numbers, on the side where it is not a difference of numbers near 1."""
    if low + high > 0:
        low, high = -high, -low
    below = -math.inf if low == -math.inf else log_normal_cdf(low) - log_normal_cdf(high)
    return log_normal_cdf(high) + math.log1p(-math.exp(below))


def level_mass(level, mean, deviation):
    """ln of the mass of one of the 256 levels under a Gaussian, and its derivative with respect to ln of the deviation."""
    low = -math.inf if level == 0 else ((2 * level - 256) / 255 - mean) / deviation
    high = math.inf if level == 255 else ((2 * level - 254) / 255 - mean) / deviation
    mass = log_mass(low, high)
    parts = [0.0 if math.isinf(z) else z * math.exp(log_density(z) - mass) for z in (low, high)]
    return mass, parts[0] - parts[1]


def variance_ranges(log_alpha_bar, beta):
    """(least, most, log-width) of s^2 at each timestep. At 0, the posterior's variance of timestep 1 stands for its own, which is 0."""
    noise = -np.expm1(log_alpha_bar)
    lost = np.exp(log_alpha_bar[:-1]) * beta[1:] / noise[1:]  # 1 - posterior/beta
    least = beta[1:] * noise[:-1] / noise[1:]
    first = least[0]
    return np.append(first, least), beta, np.append(math.log(beta[0] / first), -np.log1p(-lost))


def variance_term(chain, ranges, prediction, t, level, error, f):
    """(nats, slope in f) of one pixel with epsilon = 1/2, where the output is wrong by an error."""
    log_alpha_bar, sigma, _, beta = chain
    least, most, width = (float(values[t]) for values in ranges)
    a, s = math.exp(log_alpha_bar[t] / 2), float(sigma[t])
    of_x, of_output = solved(prediction, a, s)["clean-image"]
    if t == 0:
        x0 = (2 * level - 255) / 255
        p, q = target(prediction, a, s)
        image = of_x * (a * x0 + s / 2) + of_output * (p * x0 + q / 2 + error)
        mass, slope = level_mass(level, image, math.sqrt(least * math.exp(f * width)))
        return -mass, -slope * width / 2
    factor = math.exp(log_alpha_bar[t - 1] / 2) * beta[t] / -math.expm1(log_alpha_bar[t])  # of x0 in the posterior's mean
    wrong = (factor * of_output * error) ** 2 / (2 * least) * math.exp(-f * width)
    lost = -math.expm1(-f * width)
    return (f * width - lost) / 2 + wrong, width / 2 * (lost - 2 * wrong)


# Training: learning rates, the moving average of weights, the two optimisers, and augmentation.


def learning_rate(step, peak=0.001, rising=0, total=None, fraction=0.1):
    """Warm-up over some steps, then constant, or a cosine that ends at a fraction of the peak."""
    if step < rising:
        return peak * (step + 1) / rising
    if total is None:
        return peak
    return peak * (fraction + (1 - fraction) * (1 + math.cos(math.pi * min(1, (step - rising) / (total - rising)))) / 2)


def average_decay(decay, n):
    return min(decay, (1 + n) / (10 + n))


def adam(theta, m, v, g, n, rate):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return theta - rate / (1 - 0.9**n) * m / (math.sqrt(v) / math.sqrt(1 - 0.999**n) + 1e-8), m, v


def orthogonalized(u):
    """Newton and Schulz's method, five iterations with Jordan's coefficients."""
    if u.shape[0] > u.shape[1]:
        return orthogonalized(u.T).T
    norm = math.sqrt((u * u).sum())
    x = u / norm if norm > 0 else u
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x


def muon(theta, m, g, rate, weight_decay):
    m = 0.95 * m + 0.05 * g
    step = rate * 0.2 * math.sqrt(max(theta.shape))
    return (1 - rate * weight_decay) * theta - step * orthogonalized(0.95 * m + 0.05 * g), m


def augmentation(seed, image, epoch, probability):
    """(a_0 ... a_7) of Karras et al. 2022, table 6."""
    u = uniforms(seed, GEOMETRIC_AUGMENTATION, image, epoch, 9)
    z = normals(seed, GEOMETRIC_AUGMENTATION, image, epoch, 16)[12:].astype(np.float64)
    made = u < probability

    def half(place):
        return 1.0 if words(seed, GEOMETRIC_AUGMENTATION, image, epoch, place + 1)[place] >= 1 << 31 else 0.0

    def angle(place):
        return (2 * u[place] - 1) * math.pi

    return [
        half(0),
        half(2) if made[1] else 0.0,
        z[0] if made[3] else 0.0,
        angle(5) if made[4] else 0.0,
        angle(7) if made[6] else 0.0,
        z[1] if made[6] else 0.0,
        z[2] if made[8] else 0.0,
        z[3] if made[8] else 0.0,
    ]


def augmentation_labels(a):
    mirrored, inverted, size, turn, direction, stretch, right, down = a
    return [mirrored, inverted, size, math.cos(turn) - 1, math.sin(turn), stretch * math.cos(direction), stretch * math.sin(direction), right, down]


def augmentation_map(a, height, width):
    """A, row by row, then b: p goes to A p + b."""
    mirrored, inverted, size, turn, direction, stretch, right, down = a

    def rotation(angle):
        return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])

    signs = (1 - 2 * mirrored, 1 - 2 * inverted)
    stretching = rotation(direction) @ np.diag([2 ** (stretch / 5), 2 ** (-stretch / 5)]) @ rotation(-direction)
    matrix = stretching @ rotation(turn) @ np.diag([sign * 2 ** (size / 5) for sign in signs])
    return [*matrix.reshape(-1), right * width / 8, down * height / 8]


# The executor of sampling plans.


def combine(*terms):
    """The sum of factor * value from left to right, without the terms whose factor is 0."""
    total = None
    for factor, value in terms:
        if factor != 0:
            total = factor * value if total is None else total + factor * value
    return np.zeros_like(terms[0][1]) if total is None else total


def output(line, answer):
    """o of a line. answer(source) evaluates the model, the model without a class ("unconditional") or the guide."""
    if "output" not in line:
        return answer("model")
    terms, share = line["output"]["terms"], line["output"]["rescale"]
    answers = [answer(term["source"]) for term in terms]
    o = combine(*((term["factor"], given) for term, given in zip(terms, answers)))
    return o if share == 0 else rescaled(o, answers[-1], share)


def deviation(image):
    mean = sum(image.tolist()) / len(image)
    return math.sqrt(sum(((image - mean) * (image - mean)).tolist()) / len(image))


def rescaled(o, model, share):
    spread = deviation(o)
    return (1 if spread == 0 else 1 - share + share * (deviation(model) / spread)) * o


def run(plan, network, initial, noise, known=None, mask=None, fractions=None):
    """Every sampler. network(source, input * x, timestep) gives an answer, noise(i) fresh noise for line i; yields x at the start and after each line."""

    def diffuse(factors):
        return combine((factors[0], known if known is not None else initial), (factors[1], initial))

    x = base = diffuse(plan["start"])
    history = []
    yield x
    for i, line in enumerate(plan["lines"]):
        seen = x if line["input"] == 1 else line["input"] * x
        o = output(line, lambda source: network(source, seen, line["timestep"]))
        x0 = combine((line["estimate"][0], x), (line["estimate"][1], o))
        if plan["clip-sample"]:
            x0 = np.clip(x0, -1, 1)
        history.insert(0, combine(*zip(line["remember"], (x, o, x0))))
        correct, predict, s = line["correct"], line["predict"], line["noise"]
        base = combine((correct["base"], base), (correct["x"], x), *zip(correct["history"], history))
        terms = [(predict["base"], base), *zip(predict["history"], history)]
        if s["most"] > 0:
            learned = s["least"] != s["most"]
            terms.append((1, s["least"] * np.exp(fractions * s["log-width"]) * noise(i)) if learned else (s["least"], noise(i)))
        x = combine(*terms)
        if mask is not None:
            x = np.where(mask, diffuse(line["marginal"]), x)
        yield x


# Reading an export, computing its files anew, and comparing.

INITIAL_NOISE, SAMPLING_NOISE, GEOMETRIC_AUGMENTATION = 1, 2, 18


def read(folder, path):
    full = os.path.join(folder, *path.split("/"))
    if path.endswith(".npy"):
        return np.load(full)
    with open(full, encoding="utf-8") as file:
        return json.load(file)


def write(folder, path, value):
    full = os.path.join(folder, *path.split("/"))
    os.makedirs(os.path.dirname(full), exist_ok=True)
    if path.endswith(".npy"):
        np.save(full, value)
    else:
        with open(full, "w", encoding="utf-8") as file:
            json.dump(value, file)


def random_files(reference):
    places = read(reference, "random/addresses.json")
    yield "random/addresses.json", places
    seeds = [int(seed) for seed in places["seeds"]]
    for name, stream in places["streams"].items():
        for kind, draw in (("words", words), ("uniforms", uniforms), ("normals", normals)):
            drawn = [[draw(seed, stream, index, step, places["count"]) for index, step in places["addresses"]] for seed in seeds]
            yield f"random/{kind}/{name}.npy", np.array(drawn)
        orders = [[permutation(seed, stream, 0, step, places["permutation-length"]) for step in range(places["permutations"])] for seed in seeds]
        yield f"random/permutations/{name}.npy", np.array(orders)


def schedule_files(reference):
    for file in sorted(os.listdir(os.path.join(reference, "schedules"))):
        name, steps, kind = re.fullmatch(r"([a-z-]+)-(\d+)(-zero-snr|-shift-3|)\.json", file).groups()
        log_squared_a, sigma, time, beta = schedule(name, int(steps), kind == "-zero-snr", 3 if kind == "-shift-3" else 1)
        table = {} if beta is None else {"beta": beta, "alpha-bar": np.exp(log_squared_a), "log-alpha-bar": log_squared_a}
        table["a"], table["sigma"] = np.exp(log_squared_a / 2), sigma
        table["snr"], table["lambda"] = np.exp(log_squared_a) / sigma**2, log_squared_a / 2 - np.log(sigma)
        table["log-squared-a"], table["network-time"] = log_squared_a, time
        yield f"schedules/{file}", {key: [plain(value) for value in values] for key, values in table.items()}


def levels(name, steps=1000, zero_snr=False):
    log_squared_a, sigma, _, _ = schedule(name, steps, zero_snr)
    return [(float(a), float(s)) for a, s in zip(np.exp(log_squared_a / 2), sigma)]


def prediction_files(reference):
    def at(prediction, level):
        pairs = {"target": target(prediction, *level), **solved(prediction, *level)}
        return {**{key: list(pair) for key, pair in pairs.items() if pair is not None}, "input": input_factor(prediction, *level)}

    value = {}
    for key in ("edm", "linear", "linear-zero-snr", "rectified-flow"):
        on = levels(key.replace("-zero-snr", ""), zero_snr=key.endswith("-zero-snr"))
        value[key] = {
            prediction: {str(t): at(prediction, on[t]) for t in (0, 1, 499, 998, 999)} for prediction in ("edm", "epsilon", "flow", "sample", "velocity")
        }
    yield "predictions.json", value


def density_files(reference):
    def cumulative(on, mean, deviation):
        return [normal_cdf((math.log(sigma / a) - mean) / deviation) for a, sigma in on[:-1]] + [1.0]

    yield "timestep-densities.json", {
        f"{name}-{steps}": {"log-normal": cumulative(levels(name, steps), -1.2, 1.2), "logit-normal": cumulative(levels(name, steps), 0, 1)}
        for name, steps in (("edm", 1000), ("linear", 10), ("rectified-flow", 1000))
    }


def learned_variance_files(reference):
    for file in sorted(os.listdir(os.path.join(reference, "learned-variance"))):
        name, steps = re.fullmatch(r"([a-z-]+)-(\d+)\.json", file).groups()
        chain = schedule(name, int(steps))
        ranges = variance_ranges(chain[0], chain[3])

        def losses(place, error):
            fractions = (-0.25, 0, 0.25, 0.625, 1, 1.25)
            found = [variance_term(chain, ranges, place["prediction"], place["timestep"], place["level"], error, f) for f in fractions]
            return {"error": error, "nats": [nats for nats, _ in found], "slope": [slope for _, slope in found]}

        value = {key: values.tolist() for key, values in zip(("least", "most", "log-width"), ranges)}
        value["loss-weight"] = 0.001 * int(steps) / math.log(2)
        value["terms"] = [
            {**{key: place[key] for key in ("timestep", "prediction", "level")}, "losses": [losses(place, error) for error in (0, 0.01, -0.2)]}
            for place in read(reference, f"learned-variance/{file}")["terms"]
        ]
        yield f"learned-variance/{file}", value


def training_files(reference):
    shapes = {"constant": {}, "warm-up": {"rising": 10}, "cosine": {"rising": 10, "total": 100}}
    yield "training/learning-rates.json", {name: [learning_rate(step, **shape) for step in range(120)] for name, shape in shapes.items()}

    averages = [0.0]
    for n in range(50):
        averages.append(averages[-1] + (1 - average_decay(0.9, n)) * ((-0.5) ** n - averages[-1]))
    decays = {str(decay): [average_decay(decay, n) for n in range(200)] for decay in (0.9, 0.99, 0.9999)}
    yield "training/moving-average.json", {"decays": decays, "averages": averages}

    states = [(1.0, 0.0, 0.0)]
    for n in range(1, 21):
        states.append(adam(*states[-1], ((7 * n) % 11 - 5) / 8, n, 0.001))
    yield "training/adam.json", [list(state) for state in states]

    traces = {}
    for rows, columns in ((1, 1), (2, 5), (5, 2), (4, 4)):
        places = np.arange(rows * columns, dtype=np.float64).reshape(rows, columns)
        matrices = [(np.zeros_like(places), np.zeros_like(places))]
        for n in range(1, 6):
            matrices.append(muon(*matrices[-1], np.cos(places * places + n), 0.002, 0.01))
        traces[f"{rows}x{columns}"] = [{"weights": theta.reshape(-1).tolist(), "momentum": m.reshape(-1).tolist()} for theta, m in matrices]
    yield "training/muon.json", traces

    changes = [augmentation(1, image, 3, 0.5) for image in range(20)]
    yield "training/augmentation.json", [
        {"numbers": a, "labels": augmentation_labels(a), "map": [float(x) for x in augmentation_map(a, 28, 20)]} for a in changes
    ]


def denoiser_files(reference):
    """The best network for data of mean 1/4 and variance 1/2; the worse one of guided scenarios is for mean 0 and variance 1."""
    for name, scenario in read(reference, "scenarios.json").items():
        if name == "toy-epsilon-leading":
            yield f"denoisers/{name}.npy", np.array([[t / (t + 1), 0] for t in range(scenario["steps"])])
            continue
        yield f"denoisers/{name}.npy", denoiser(scenario, 1 / 4, 1 / 2)
        if "guidance-scale" in scenario:
            yield f"denoisers/{name}-worse.npy", denoiser(scenario, 0, 1)


def denoiser(scenario, mean, variance):
    rows = []
    for a, sigma in levels(scenario["schedule"], scenario["steps"], scenario["zero-terminal-snr"]):
        p, q = target(scenario["prediction"], a, sigma)
        slope = (p * a * variance + q * sigma) / (a * a * variance + sigma * sigma)
        rows.append([slope / input_factor(scenario["prediction"], a, sigma), p * mean - slope * a * mean])
    return np.array(rows)


def trajectory(scenario, plan, model, worse):
    seed, image = int(scenario["seed"]), scenario["image"]

    def drawn(stream, step):
        return normals(seed, stream, image, step, 4).astype(np.float64)

    def answer(source, x, t):
        table = model if source == "model" else worse
        return table[t, 0] * x + table[t, 1]

    initial = np.array(scenario["initial"], dtype=np.float64) if "initial" in scenario else drawn(INITIAL_NOISE, 0)
    steps = run(
        plan,
        network=answer,
        initial=initial,
        noise=lambda line: drawn(SAMPLING_NOISE, line),
        known=np.array(scenario["known"], dtype=np.float64) if "known" in scenario else None,
        mask=np.array(scenario["mask"]) if "mask" in scenario else None,
        fractions=np.array(scenario["variance-fractions"], dtype=np.float64),
    )
    return [x.tolist() for x in steps]


def trajectory_files(reference):
    scenarios = read(reference, "scenarios.json")
    models = {name: read(reference, f"denoisers/{name}.npy") for name in scenarios}
    worse = {name: read(reference, f"denoisers/{name}-worse.npy") for name in scenarios if "guidance-scale" in scenarios[name]}
    for file in sorted(os.listdir(os.path.join(reference, "plans"))):
        plans = read(reference, f"plans/{file}")
        yield f"trajectories/{file}", {name: trajectory(scenarios[name], plan, models[name], worse.get(name)) for name, plan in plans.items()}


def plain(value):
    """A number as the reference writes it: JSON has no infinities."""
    return float(value) if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def near(mine, theirs, relative, absolute):
    if isinstance(theirs, dict):
        return mine.keys() == theirs.keys() and all(near(mine[key], theirs[key], relative, absolute) for key in theirs)
    if isinstance(theirs, list):
        return len(mine) == len(theirs) and all(near(m, t, relative, absolute) for m, t in zip(mine, theirs))
    if isinstance(theirs, (int, float)) and isinstance(mine, (int, float)):
        return abs(mine - theirs) <= absolute + relative * abs(theirs)
    return mine == theirs


def equal(mine, theirs, tolerance):
    """Bit by bit, unless the manifest gives a tolerance."""
    if tolerance != "exact":
        listed = [value.tolist() if isinstance(value, np.ndarray) else value for value in (mine, theirs)]
        return near(*listed, tolerance["relative"], tolerance["absolute"])
    if isinstance(theirs, np.ndarray):
        return mine.dtype == theirs.dtype and mine.shape == theirs.shape and mine.tobytes() == theirs.tobytes()
    return mine == theirs


def main(arguments):
    if len(arguments) != 2:
        print("usage: ddpm_port.py REFERENCE OUT", file=sys.stderr)
        return 2
    reference, out = arguments
    tolerances = {file["path"]: file["tolerance"] for file in read(reference, "manifest.json")["files"]}
    wrong = files = 0
    np.seterr(divide="ignore")  # the logarithm of a = 0
    for produce in (
        random_files, schedule_files, prediction_files, density_files, learned_variance_files, training_files, denoiser_files, trajectory_files
    ):
        for path, mine in produce(reference):
            write(out, path, mine)
            same = equal(mine, read(reference, path), tolerances[path])
            files, wrong = files + 1, wrong + (not same)
            if not same:
                print(f"{path} differs")
    print(f"{files} files, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
