using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// How n timesteps are spread over the T of a schedule, counted from 0. Lin et al. (2024, table 2) count from 1 and round half to even. So does this
/// type, in exact arithmetic, and then subtracts 1. Diffusers round numbers counted from 0, in double precision. Where a half is rounded, one of the
/// two goes up and the other down, so diffusers' spacings are separate cases. <see cref="Timesteps.Spaced"/> makes the timesteps.
/// </summary>
public abstract record Spacing
{
    private Spacing()
    {
    }

    /// <summary>The spacings by name, each with its usual numbers.</summary>
    public static ChoiceTable<Spacing> All { get; } = ChoiceTable.Of<Spacing>(
        ("leading", new Leading()),
        ("linspace", new Linspace()),
        ("trailing", new Trailing()),
        ("uniform-lambda", new UniformLambda()),
        ("karras", new Karras()),
        ("kl-optimal", new KlOptimal()),
        ("beta", new Beta()),
        ("ays", new AlignYourSteps()),
        ("diffusers-linspace", new DiffusersLinspace()),
        ("diffusers-trailing", new DiffusersTrailing()),
        ("diffusers-multistep-linspace", new DiffusersMultistepLinspace()),
        ("diffusers-multistep-leading", new DiffusersMultistepLeading()));

    /// <summary>Every ⌊T/n⌋-th timestep from 0 on, n of them: i·⌊T/n⌋ + Offset. T − 1 is rarely among them.</summary>
    /// <param name="Offset">Diffusers' steps_offset: 0 is Lin et al.'s, 1 is Stable Diffusion's. The last timestep must stay below T.</param>
    public sealed record Leading(int Offset = 0) : Spacing;

    /// <summary>From 0 to T − 1, ends included: round(1 + i(T − 1)/(n − 1)) − 1. For n = 1 it is T − 1, where noise begins.</summary>
    public sealed record Linspace : Spacing;

    /// <summary>Every T/n-th timestep from T − 1 down: round(T − i·T/n) − 1.</summary>
    public sealed record Trailing : Spacing;

    /// <summary>
    /// Nearest to evenly spread λ = ln(a/σ) (Lu et al. 2022), between the ends that <see cref="Karras"/> describes. Other programs call it exponential.
    /// </summary>
    /// <param name="Least">The least σ/a, ≥ 0.</param>
    /// <param name="Most">The greatest σ/a, > Least; ∞ is allowed.</param>
    public sealed record UniformLambda(double Least = 0, double Most = double.PositiveInfinity) : Spacing;

    /// <summary>
    /// Nearest to evenly spread (σ/a)^(1/ρ) (Karras et al. 2022, eq. 5). ρ = 1 spreads σ/a evenly; as ρ grows, the spacing tends to
    /// <see cref="UniformLambda"/>. Distances are measured in ln(σ/a), as in diffusers. The path runs from Most to Least, or from and to the schedule's own
    /// ends where these lie inside. Sampling begins at the noisiest timestep with σ/a ≤ Most and ends at the cleanest with σ/a ≥ Least. The defaults are the
    /// schedule's own ends, T − 1 and 0; Karras et al. use 0.002 and 80.
    /// </summary>
    /// <param name="Rho">ρ > 0; 7 in the paper.</param>
    /// <param name="Least">The least σ/a, ≥ 0.</param>
    /// <param name="Most">The greatest σ/a, > Least; ∞ is allowed.</param>
    public sealed record Karras(double Rho = 7, double Least = 0, double Most = double.PositiveInfinity) : Spacing;

    /// <summary>
    /// Nearest to evenly spread arctan(σ/a), the spacing that Sabour et al. (2024, 2404.14507, section 3) derive as the optimum for Gaussian data, between the
    /// ends that <see cref="Karras"/> describes.
    /// </summary>
    /// <param name="Least">The least σ/a, ≥ 0.</param>
    /// <param name="Most">The greatest σ/a, > Least; ∞ is allowed.</param>
    public sealed record KlOptimal(double Least = 0, double Most = double.PositiveInfinity) : Spacing;

    /// <summary>
    /// Quantiles of Beta(0.6, 0.6) (Lee et al. 2024, 2407.12173): round(Q(1 − i/n)·(T − 1)). Timesteps are dense at both ends.
    /// </summary>
    public sealed record Beta : Spacing
    {
        internal const double Shape = 0.6;
    }

    /// <summary>
    /// Align Your Steps for Stable Diffusion 1.5 (Sabour et al. 2024, 2404.14507): ten published timesteps. Other numbers are nearest to the levels between
    /// them, with ln(σ/a) interpolated between ten even steps. It applies to one schedule only, scaled-linear of 1000 steps from β = 0.00085 to 0.012: the σ/a
    /// of each published timestep must be the published one, to 1 %.
    /// </summary>
    public sealed record AlignYourSteps : Spacing
    {
        private const double Digits = 0.01; // the last published σ/a has two digits

        private static readonly Arr<(int Timestep, double Ratio)> Table = Array(
            (999, 14.615), (850, 6.475), (736, 3.861), (645, 2.697), (545, 1.886), (455, 1.396), (343, 0.963), (233, 0.652), (124, 0.399), (24, 0.152),
            (0, 0.029));

        internal static Validation<Error, Unit> CheckedOn(Arr<NoiseLevel> levels) =>
            levels.Count == 1000 && Table.ForAll(row => Math.Abs(NoiseRatio(levels[row.Timestep]) / row.Ratio - 1) <= Digits)
                ? unit
                : Check.Fail<Unit>("spacing", "ays", "must be another one, because ays holds for Stable Diffusion's schedule only (scaled-linear, 1000 steps)");

        /// <summary>λ at i/n of the way, interpolated between the table's timesteps.</summary>
        internal static double Lambda(Arr<NoiseLevel> levels, int i, int count)
        {
            var (row, rest) = Math.DivRem((Table.Count - 1) * i, count);
            double from = levels[Table[row].Timestep].Lambda, to = levels[Table[row + 1].Timestep].Lambda;
            return from + (to - from) * rest / count;
        }
    }

    /// <summary>Diffusers' "linspace" of DDIM and DDPM: round(i(T − 1)/(n − 1)). For n = 1 it is 0.</summary>
    public sealed record DiffusersLinspace : Spacing;

    /// <summary>
    /// Diffusers' "trailing": like <see cref="Trailing"/>, but numpy's repeated step in double precision rounds some halves the other way. For some n
    /// theirs has one timestep more, −1, which is left out here.
    /// </summary>
    public sealed record DiffusersTrailing : Spacing;

    /// <summary>Diffusers' "linspace" of multistep samplers: the first n of n + 1, round((n − i)(T − 1)/n). This leaves out 0.</summary>
    public sealed record DiffusersMultistepLinspace : Spacing;

    /// <summary>Diffusers' "leading" of multistep samplers: the first n of n + 1, (n − i)·⌊T/(n + 1)⌋ + Offset.</summary>
    /// <param name="Offset">Their steps_offset. The last timestep must stay below T.</param>
    public sealed record DiffusersMultistepLeading(int Offset = 0) : Spacing;

    /// <summary>The noise levels σ/a that a spacing by noise level covers; null for a spacing by number.</summary>
    internal (double Least, double Most)? NoiseRatios => this switch
    {
        UniformLambda(var least, var most) => (least, most),
        Karras(_, var least, var most) => (least, most),
        KlOptimal(var least, var most) => (least, most),
        _ => null,
    };

    /// <summary>Checks that the spacing's own numbers fit the levels and n. If n itself is wrong, it reports only faults that hold for every n.</summary>
    internal Validation<Error, Unit> Checked(Arr<NoiseLevel> levels, int count) => this switch
    {
        Leading(var offset) => CheckedOffset(offset, levels.Count, count, n => (n - 1) * (levels.Count / n)),
        DiffusersMultistepLeading(var offset) => CheckedOffset(offset, levels.Count, count, n => n * (levels.Count / (n + 1))),
        Karras(var rho, var least, var most) =>
            (Check.That("rho", rho, rho > 0 && double.IsFinite(rho), "must be positive and finite"), CheckedRange(least, most, levels)).Apply((_, _) => unit),
        AlignYourSteps => AlignYourSteps.CheckedOn(levels),
        _ when NoiseRatios is var (least, most) => CheckedRange(least, most, levels),
        _ => unit,
    };

    /// <summary>The noisiest and the cleanest timestep that the spacing can visit; the ends of the schedule if its range holds none.</summary>
    internal (int Noisiest, int Cleanest) Ends(Arr<NoiseLevel> levels) =>
        NoiseRatios is var (least, most) && Within(least, most, levels) is var (noisiest, cleanest) && noisiest >= cleanest && cleanest >= 0
            ? (noisiest, cleanest)
            : (levels.Count - 1, 0);

    /// <summary>Non-increasing timesteps between <see cref="Ends"/>, for checked numbers. Rounding may make neighbours equal.</summary>
    internal int[] Places(Arr<NoiseLevel> levels, int count)
    {
        int steps = levels.Count, last = steps - 1, gaps = count - 1;
        int[] Each(Func<int, int> place) => [.. Enumerable.Range(0, count).Select(place)];
        return this switch
        {
            Leading(var offset) => Each(i => (gaps - i) * (steps / count) + offset),
            Linspace => Each(i => i == 0 ? last : RoundedQuotient((long)(gaps - i) * last + gaps, gaps) - 1),
            Trailing => Each(i => RoundedQuotient((long)steps * (count - i), count) - 1),
            UniformLambda(var least, var most) => Along(levels, count, least, most, (noisiest, cleanest, part) => noisiest + (cleanest - noisiest) * part),
            // −ρ·ln((1 − part)·s₀ + part·s₁), s = e^(−λ/ρ), with s₀ taken out.
            Karras(var rho, var least, var most) => Along(levels, count, least, most, (noisiest, cleanest, part) =>
                noisiest - rho * Elementary.Log1P(Elementary.ExpM1((noisiest - cleanest) / rho) * part)),
            KlOptimal(var least, var most) => Along(levels, count, least, most, EvenAngle),
            Beta => Each(i => Rounded(SymmetricBetaDistribution.Quantile(Beta.Shape, (double)(count - i) / count) * last)),
            AlignYourSteps => Nearest(levels, last, 0, Each(i => i).Select(i => AlignYourSteps.Lambda(levels, i, count))),
            DiffusersLinspace => Each(i => gaps == 0 ? 0 : Rounded((gaps - i) * ((double)last / gaps))),
            DiffusersTrailing => Each(i => Math.Max(0, Rounded(steps + i * (steps - (double)steps / count - steps)) - 1)),
            DiffusersMultistepLinspace => Each(i => Rounded((count - i) * ((double)last / count))),
            DiffusersMultistepLeading(var offset) => Each(i => (count - i) * (steps / (count + 1)) + offset),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static Validation<Error, Unit> CheckedOffset(int offset, int steps, int count, Func<int, int> lastWithout)
    {
        var limit = steps - (count >= 1 && count <= steps ? lastWithout(count) : 0);
        return Check.That("spacing-offset", offset, offset >= 0 && offset < limit, Invariant($"must lie in [0, {limit})")).Map(_ => unit);
    }

    private static Validation<Error, Unit> CheckedRange(double least, double most, Arr<NoiseLevel> levels)
    {
        var ordered = Check.NoiseRange("sigma-range", least, most);
        return ordered.Bind(range => Within(least, most, levels) is var (noisiest, cleanest) && noisiest >= cleanest
            ? unit
            : Check.Fail<Unit>(
                "sigma-range",
                range,
                Invariant($"must contain the σ/a of a timestep, which run from {NoiseRatio(levels[0]):G4} to {NoiseRatio(levels[^1]):G4}")));
    }

    private static double NoiseRatio(NoiseLevel level) => Elementary.Exp(-level.Lambda);

    /// <summary>
    /// The noisiest timestep with σ/a ≤ most and the cleanest with σ/a ≥ least. If no timestep lies between, or the range is invalid, the first is
    /// below the second.
    /// </summary>
    private static (int Noisiest, int Cleanest) Within(double least, double most, Arr<NoiseLevel> levels) => !(least >= 0 && least < most)
        ? (-1, 0)
        : (levels.Filter(level => level.Lambda >= -Elementary.Log(most)) is var quiet ? quiet.Count - 1 : 0,
            levels.Filter(level => level.Lambda > -Elementary.Log(least)).Count);

    /// <summary>λ = −ln tan θ, θ = arctan e^(−λ) evenly between its ends.</summary>
    private static double EvenAngle(double noisiest, double cleanest, double part)
    {
        double from = Elementary.Atan(Elementary.Exp(-noisiest)), to = Elementary.Atan(Elementary.Exp(-cleanest));
        var angle = from + (to - from) * part;
        return Elementary.Log(Elementary.Cos(angle) / Elementary.Sin(angle));
    }

    /// <summary>
    /// The timesteps nearest to a path from the noisiest to the cleanest level. At a level without any image λ = −∞, and a path cannot begin there. The next
    /// level replaces it as the path's end, and sampling still begins at the level itself.
    /// </summary>
    private static int[] Along(Arr<NoiseLevel> levels, int count, double least, double most, Func<double, double, double, double> path)
    {
        var (first, last) = Within(least, most, levels);
        var barren = double.IsNegativeInfinity(levels[^1].Lambda);
        var noisiest = Math.Max(-Elementary.Log(most), levels.Count > 1 && barren ? levels[^2].Lambda : levels[^1].Lambda);
        var cleanest = Math.Min(-Elementary.Log(least), levels[0].Lambda);
        var lambdas = Enumerable.Range(1, count - 1).Select(i => i == count - 1 ? cleanest : path(noisiest, cleanest, (double)i / (count - 1)));
        return [first, .. Nearest(levels, first > last && double.IsNegativeInfinity(levels[first].Lambda) ? first - 1 : first, last, lambdas)];
    }

    /// <summary>The timestep between two ends whose λ is nearest to each of some that increase; the noisier one of two at equal distance.</summary>
    private static int[] Nearest(Arr<NoiseLevel> levels, int noisiest, int cleanest, IEnumerable<double> increasing)
    {
        var lambdas = levels.Map(level => level.Lambda).ToArray();
        var t = noisiest;
        return [.. increasing.Select(lambda =>
        {
            while (t > cleanest && Math.Abs(lambdas[t - 1] - lambda) < Math.Abs(lambdas[t] - lambda))
            {
                t--;
            }

            return t;
        })];
    }

    /// <summary>Half to even, as numpy.</summary>
    private static int Rounded(double value) => (int)Math.Round(value, MidpointRounding.ToEven);

    /// <summary>a/b rounded half to even, without the quotient's own rounding.</summary>
    private static int RoundedQuotient(long a, long b)
    {
        var (quotient, twice) = (a / b, 2 * (a % b));
        return (int)(twice > b || (twice == b && quotient % 2 == 1) ? quotient + 1 : quotient);
    }
}
