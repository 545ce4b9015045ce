"""A port of Ddpm's random streams and of its plan executor, in numpy alone.

    python3 ddpm_port.py REFERENCE OUT

reads a folder that `ddpm reference export` wrote, computes its random numbers, permutations and trajectories anew, and writes them to OUT, so that
`ddpm reference verify OUT --only random/ --only trajectories/` can compare them. It also compares them itself; the exit code is 1 where a bit differs
(of the learned variance: where a relative 1e-12 does, because numpy's exponential has its own last digit).

Nothing here is optimised: it is meant to be read beside Ddpm.Pure/README.md. Python 3.9 or newer.
"""

import json
import os
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


# The executor of sampling plans.


def combine(*terms):
    """The sum of factor * value from left to right, without the terms whose factor is 0."""
    total = None
    for factor, value in terms:
        if factor != 0:
            total = factor * value if total is None else total + factor * value
    return np.zeros_like(terms[0][1]) if total is None else total


def run(plan, network, initial, noise, known=None, mask=None, fractions=None):
    """Every sampler. network(input·x, timestep) gives o, noise(i) fresh noise for line i; yields x at the start and after each line."""

    def diffuse(factors):
        return combine((factors[0], known if known is not None else initial), (factors[1], initial))

    x = base = diffuse(plan["start"])
    history = []
    yield x
    for i, line in enumerate(plan["lines"]):
        o = network(x if line["input"] == 1 else line["input"] * x, line["timestep"])
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

INITIAL_NOISE, SAMPLING_NOISE = 1, 2


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


def trajectory(scenario, plan, denoiser):
    seed, image = int(scenario["seed"]), scenario["image"]

    def drawn(stream, step):
        return normals(seed, stream, image, step, 4).astype(np.float64)

    initial = np.array(scenario["initial"], dtype=np.float64) if "initial" in scenario else drawn(INITIAL_NOISE, 0)
    steps = run(
        plan,
        network=lambda x, t: denoiser[t, 0] * x + denoiser[t, 1],
        initial=initial,
        noise=lambda line: drawn(SAMPLING_NOISE, line),
        known=np.array(scenario["known"], dtype=np.float64) if "known" in scenario else None,
        mask=np.array(scenario["mask"]) if "mask" in scenario else None,
        fractions=np.array(scenario["variance-fractions"], dtype=np.float64),
    )
    return [x.tolist() for x in steps]


def trajectory_files(reference):
    scenarios = read(reference, "scenarios.json")
    denoisers = {name: read(reference, f"denoisers/{name}.npy") for name in scenarios}
    for file in sorted(os.listdir(os.path.join(reference, "plans"))):
        plans = read(reference, f"plans/{file}")
        yield f"trajectories/{file}", {name: trajectory(scenarios[name], plan, denoisers[name]) for name, plan in plans.items()}


def equal(path, mine, theirs):
    if path.endswith(".npy"):
        return mine.dtype == theirs.dtype and mine.shape == theirs.shape and mine.tobytes() == theirs.tobytes()
    if path == "trajectories/ddpm-learned-range.json":
        return mine.keys() == theirs.keys() and all(np.allclose(mine[name], theirs[name], rtol=1e-12, atol=1e-12) for name in mine)
    return mine == theirs


def main(arguments):
    if len(arguments) != 2:
        print("usage: ddpm_port.py REFERENCE OUT", file=sys.stderr)
        return 2
    reference, out = arguments
    wrong = files = 0
    for produce in (random_files, trajectory_files):
        for path, mine in produce(reference):
            write(out, path, mine)
            same = equal(path, mine, read(reference, path))
            files, wrong = files + 1, wrong + (not same)
            if not same:
                print(f"{path} differs")
    print(f"{files} files, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
