using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Reference;

/// <summary>Noise schedules, the densities of timesteps and the embedding of timesteps.</summary>
internal static class ScheduleEntries
{
    // The running product of 1000 α has lost up to 10⁻¹³ of itself, and 1 − ᾱ by subtraction 10⁴ roundings near the clean image.
    private static readonly Tolerance Tables = new(1e-11, 1e-11);

    // √ᾱ_t − √ᾱ_T cancels two digits just before the last step, and ᾱ is its square.
    private static readonly Tolerance ShiftedTables = new(1e-9, 1e-11);

    // The angle t·w, up to 999, carries a few roundings of w.
    private static readonly Tolerance Angles = new(0, 1e-11);

    // Φ loses a rounding of λ times λ, and its tails are small.
    private static readonly Tolerance Probabilities = new(1e-11, 1e-13);

    private const string Meaning =
        "a list of T numbers each: a and sigma in x = a·x0 + σ·ε, log-squared-a = ln a², snr = a²/σ², lambda = ln(a/σ), network-time, the number that the "
        + "network receives; chains also have beta β_t, alpha-bar ᾱ_t = a² and log-alpha-bar ln ᾱ_t";

    public static IEnumerable<ReferenceEntry> All =>
    [
        .. from family in NoiseSchedule.Families.Select(row => row.Value).OrderBy(family => family.Name, StringComparer.Ordinal)
           from steps in Array(1, 10, 1000)
           from zero in family.Options.Contains("zero-terminal-snr") ? Array(false, true) : Array(false)
           select ReferenceEntry.Json(
               $"schedules/{family.Name}-{steps}{(zero ? "-zero-snr" : "")}.json",
               Meaning,
               (family.Options.Contains("zero-terminal-snr") ? "ᾱ_t = ∏_{s≤t} (1 − β_s); " : "") + family.Formula
               + (zero ? "; then √ᾱ shifted and scaled so that the last is 0 and the first is kept" : ""),
               family.Source + (zero ? "; Lin et al. 2024 (2305.08891), algorithm 1" : ""),
               zero ? ShiftedTables : Tables,
               () => Table(Named(family.Name, steps, zero))),
        .. Array(10, 1000).Map(steps => ReferenceEntry.Json(
            $"schedules/rectified-flow-{steps}-shift-3.json",
            Meaning,
            "as rectified-flow, with s = 3",
            "Esser et al. 2024 (2403.03206), section 5.3.2",
            Tables,
            () => Table(NoiseSchedule.RectifiedFlow(steps, shift: 3).OrThrow()))),
        ReferenceEntry.Json(
            "timestep-densities.json",
            "for three schedules of T steps and each density, the probability of a timestep of at most t, t = 0 … T − 1",
            "Φ((ln(σ_t/a_t) − m)/d), and 1 at T − 1; logit-normal: m = 0, d = 1; log-normal: m = −1.2, d = 1.2",
            "Esser et al. 2024 (2403.03206), eq. 19; Karras et al. 2022 (2206.00364), table 1",
            Probabilities,
            Densities),
        .. from kind in Array<(string Name, SinusoidalEmbedding Of, string Formula, string Source)>(
               (
                   "tutorial",
                   new SinusoidalEmbedding.Tutorial(),
                   "e[t, 2k] = sin(t·w_2k), e[t, 2k + 1] = cos(t·w_2k); w_j = 10000^(−2j/d), j over all d columns",
                   "the tutorial's network"),
               (
                   "transformer",
                   new SinusoidalEmbedding.Transformer(),
                   "e[t, 2k] = sin(t·w_k), e[t, 2k + 1] = cos(t·w_k); w_k = 10000^(−2k/d)",
                   "Vaswani et al. 2017, section 3.5"))
           from size in Array((Timesteps: 1000, Dimension: 100), (Timesteps: 12, Dimension: 8))
           select new ReferenceEntry(
               $"embeddings/{kind.Name}-{size.Timesteps}x{size.Dimension}.npy",
               "float64 [T, d]: row t embeds timestep t",
               kind.Formula,
               kind.Source,
               Angles,
               () => Content.Of(Array<long>(size.Timesteps, size.Dimension), kind.Of.Table(size.Timesteps, size.Dimension).Span)),
    ];

    /// <summary>The schedule with a given name and its published numbers.</summary>
    public static NoiseSchedule Named(string name, int steps, bool zeroTerminalSnr) =>
        TrainingConfig.ScheduleOf(new() { Schedule = name, Steps = steps, ZeroTerminalSnr = zeroTerminalSnr }).OrThrow();

    /// <summary>The chain with a given name and its published numbers.</summary>
    public static VariancePreservingSchedule Chain(string name, int steps) => (VariancePreservingSchedule)Named(name, steps, zeroTerminalSnr: false);

    private static Datum Densities() => Datum.NamedEach(
        Array<(string Name, int Steps)>(("edm", 1000), ("linear", 10), ("rectified-flow", 1000)),
        of => (Invariant($"{of.Name}-{of.Steps}"), Datum.Named(
        [
            .. from row in TimestepDensity.All.OrderBy(row => row.Name, StringComparer.Ordinal)
               from cumulative in row.Value.Cumulative(Named(of.Name, of.Steps, zeroTerminalSnr: false))
               select (row.Name, Datum.Of(cumulative)),
        ])));

    private static Datum Table(NoiseSchedule schedule) => Datum.Named(
    [
        .. schedule is VariancePreservingSchedule chain
            ? Array(
                ("beta", Datum.Of(chain.Betas)),
                ("alpha-bar", Datum.Of(chain.AlphaBars)),
                ("log-alpha-bar", Datum.Of(chain.Levels.Map(level => level.LogSquaredA))))
            : Array<(string, Datum)>(),
        ("a", Datum.Of(schedule.Levels.Map(level => level.A))),
        ("sigma", Datum.Of(schedule.Levels.Map(level => level.Sigma))),
        ("snr", Datum.Of(schedule.Levels.Map(level => level.Snr))),
        ("lambda", Datum.Of(schedule.Levels.Map(level => level.Lambda))),
        ("log-squared-a", Datum.Of(schedule.Levels.Map(level => level.LogSquaredA))),
        ("network-time", Datum.Of(schedule.NetworkTimes)),
    ]);
}
