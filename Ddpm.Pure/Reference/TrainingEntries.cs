using Ddpm.Pure.Images;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Random;
using Ddpm.Pure.Validations;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Reference;

/// <summary>Learning rates, the moving average of weights, Adam, Muon, and augmentation.</summary>
internal static class TrainingEntries
{
    private static readonly Tolerance Plain = new(1e-13, 1e-15);

    public static IEnumerable<ReferenceEntry> All =>
    [
        ReferenceEntry.Json(
            "training/learning-rates.json",
            "the rate at steps 0 … 119: constant 0.001; warm-up over 10 steps; a cosine of 100 steps, 10 of them rising, that ends at a tenth",
            "rising: peak·(k + 1)/n; falling: peak·(f + (1 − f)·(1 + cos(π·(k − r)/(n − r)))/2)",
            "Loshchilov and Hutter 2017, eq. 5",
            new(1e-12, 1e-15),
            Rates),
        ReferenceEntry.Json(
            "training/moving-average.json",
            "decays of updates n = 0 … 199 for d = 0.9, 0.99, 0.9999, and the average, begun at 0, of the values 1, −½, ¼, −⅛, … under d = 0.9",
            "d_n = min(d, (1 + n)/(10 + n)); average ← average + (1 − d_n)·(value − average)",
            "Ddpm.Pure/Training/ExponentialMovingAverage.cs",
            Plain,
            Averages),
        ReferenceEntry.Json(
            "training/adam.json",
            "θ, m and v: at first 1, 0, 0, then after each of 20 updates with gradients g_n = ((7n mod 11) − 5)/8, n = 1 …, at rate 0.001",
            "m ← 0.9m + 0.1g; v ← 0.999v + 0.001g²; θ ← θ − η/(1 − 0.9ⁿ)·m/(√v/√(1 − 0.999ⁿ) + 1e-8)",
            "Kingma and Ba 2015, algorithm 1",
            new(1e-12, 1e-15),
            Updates),
        ReferenceEntry.Json(
            "training/muon.json",
            "matrices θ and m, row by row: at first 0, then after each of 5 updates at rate 0.002 with weight decay 0.01 and gradients g_i = cos(i² + n), "
            + "n = 1 …, i = 0 … rows·columns − 1; the names are rows×columns",
            "m ← 0.95m + 0.05g; θ ← (1 − ηλ)θ − 0.2η·√max(rows, columns)·O(0.95m + 0.05g); O(u): X = u/‖u‖, transposed if it has more rows than columns, "
            + "then 5 times X ← aX + (bXXᵀ + c(XXᵀ)²)X with a = 3.4445, b = −4.775, c = 2.0315",
            "Jordan et al. 2024, github.com/KellerJordan/Muon; the length of a step: Liu et al. 2025, eq. 4",
            new(1e-11, 1e-14),
            MuonUpdates),
        ReferenceEntry.Json(
            "training/augmentation.json",
            "of images 0 … 19 in epoch 3, seed 1, with probability ½: the numbers a_0 … a_7, the nine labels, and the map (A row by row, then b) for "
            + "28 rows and 20 columns of pixels",
            "p ↦ shift·R(a_4)·S(2^(a_5/5), 2^(−a_5/5))·R(−a_4)·R(a_3)·S(±2^(a_2/5), ±2^(a_2/5))·p; x to the right, y down, R clockwise; Ddpm.Pure/README.md",
            "Karras et al. 2022, table 6",
            new(1e-12, 1e-15),
            Augmentations),
    ];

    private static Datum Augmentations()
    {
        var stream = new RandomStream(1, StreamName.GeometricAugmentation);
        return Datum.Each(Range(0, 20), image =>
        {
            var change = GeometricAugmentation.Of(stream.At(image, 3), 0.5);
            var (mirrored, inverted, map) = (change.Mirrored ? 1.0 : 0, change.UpsideDown ? 1.0 : 0, change.Map(28, 20));
            return Datum.Named(
                ("numbers", Datum.Of([mirrored, inverted, change.Size, change.Turn, change.Direction, change.Stretch, change.Right, change.Down])),
                ("labels", Datum.Of(change.Labels)),
                ("map", Datum.Of([map.XX, map.XY, map.YX, map.YY, map.X, map.Y])));
        });
    }

    private static Datum Rates() => Datum.NamedEach(
        Array(("constant", LearningRate.Constant.Of(0.001)),
            ("warm-up", LearningRate.WarmUp.Of(0.001, 10)),
            ("cosine", LearningRate.Cosine.Of(0.001, 10, 100, 0.1))),
        rate => (rate.Item1, Datum.Of(Range(0, 120).Map(rate.Item2.OrThrow().At))));

    private static Datum Averages()
    {
        static ExponentialMovingAverage Of(double decay) => ExponentialMovingAverage.Of(decay).OrThrow();
        var averages = Range(0, 50)
            .Scan((Average: 0.0, Value: 1.0), (state, n) => (Of(0.9).Update(state.Average, state.Value, n), -state.Value / 2))
            .Map(state => state.Average);
        return Datum.Named(
            ("decays", Datum.NamedEach(Array(0.9, 0.99, 0.9999), decay => (Invariant($"{decay}"), Datum.Of(Range(0, 200).Map(Of(decay).DecayAt))))),
            ("averages", Datum.Of(averages)));
    }

    private static Datum MuonUpdates()
    {
        static Datum Trace(int rows, int columns)
        {
            var zeros = Range(0, rows * columns).Map(_ => 0.0).ToArr();
            var states = Range(1, 5).Scan(
                (Theta: zeros, M: zeros),
                (state, n) => Muon.Update(state.Theta, state.M, zeros.Map((i, _) => Elementary.Cos(i * i + n)).ToArr(), rows, 0.002, 0.01));
            return Datum.Each(states, state => Datum.Named(("weights", Datum.Of(state.Theta)), ("momentum", Datum.Of(state.M))));
        }

        return Datum.NamedEach(
            Array((1, 1), (2, 5), (5, 2), (4, 4)), size => (Invariant($"{size.Item1}x{size.Item2}"), Trace(size.Item1, size.Item2)));
    }

    private static Datum Updates() => Datum.Each(
        Range(1, 20).Scan((Theta: 1.0, M: 0.0, V: 0.0), (state, n) => new Adam().Update(state.Theta, state.M, state.V, (7 * n % 11 - 5) / 8.0, n, 0.001)),
        state => Datum.Of([state.Theta, state.M, state.V]));
}
