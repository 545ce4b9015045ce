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

    /// <summary>Nearest to evenly spread λ = ln(a/σ) (Lu et al. 2022), between the ends that <see cref="Karras"/> describes.</summary>
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

    /// <summary>Checks that the spacing's own numbers fit the levels and n. If n itself is wrong, it reports only faults that hold for every n.</summary>
    internal Validation<Error, Unit> Checked(Arr<NoiseLevel> levels, int count) => this switch
    {
        Leading(var offset) => CheckedOffset(offset, levels.Count, count, n => (n - 1) * (levels.Count / n)),
        DiffusersMultistepLeading(var offset) => CheckedOffset(offset, levels.Count, count, n => n * (levels.Count / (n + 1))),
        UniformLambda(var least, var most) => CheckedRange(least, most, levels),
        Karras(var rho, var least, var most) =>
            (Check.That("rho", rho, rho > 0 && double.IsFinite(rho), "must be positive and finite"), CheckedRange(least, most, levels)).Apply((_, _) => unit),
        _ => unit,
    };

    /// <summary>The noisiest and the cleanest timestep that the spacing can visit; the ends of the schedule if its range holds none.</summary>
    internal (int Noisiest, int Cleanest) Ends(Arr<NoiseLevel> levels) => this switch
    {
        UniformLambda(var least, var most) => Within(least, most, levels),
        Karras(_, var least, var most) => Within(least, most, levels),
        _ => (levels.Count - 1, 0),
    } is var (noisiest, cleanest) && noisiest >= cleanest && cleanest >= 0 ? (noisiest, cleanest) : (levels.Count - 1, 0);

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
            UniformLambda(var least, var most) => Nearest(levels, count, least, most, (noisiest, cleanest, part) => noisiest + (cleanest - noisiest) * part),
            // −ρ·ln((1 − part)·s₀ + part·s₁), s = e^(−λ/ρ), with s₀ taken out.
            Karras(var rho, var least, var most) => Nearest(levels, count, least, most, (noisiest, cleanest, part) =>
                noisiest - rho * Elementary.Log1P(Elementary.ExpM1((noisiest - cleanest) / rho) * part)),
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
        var ordered = Check.That(
            "sigma-range",
            Invariant($"{least} to {most}"),
            least >= 0 && least < most,
            "must be two noise levels σ/a, the lower one first and not below 0");
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

    /// <summary>
    /// The timesteps whose λ is nearest to each λ on a path from the noisiest to the cleanest level; the noisier one of two at equal distance. At a level
    /// without any image λ = −∞, and a path cannot begin there. The next level replaces it as the path's end, and sampling still begins at the level itself.
    /// </summary>
    private static int[] Nearest(Arr<NoiseLevel> levels, int count, double least, double most, Func<double, double, double, double> path)
    {
        var lambdas = levels.Map(level => level.Lambda).ToArray();
        var (first, last) = Within(least, most, levels);
        var t = first > last && double.IsNegativeInfinity(lambdas[first]) ? first - 1 : first;
        var noisiest = Math.Max(-Elementary.Log(most), lambdas.Length > 1 && double.IsNegativeInfinity(lambdas[^1]) ? lambdas[^2] : lambdas[^1]);
        var cleanest = Math.Min(-Elementary.Log(least), lambdas[0]);
        var places = new int[count];
        for (var i = 1; i < count; i++)
        {
            var lambda = i == count - 1 ? cleanest : path(noisiest, cleanest, (double)i / (count - 1));
            while (t > last && Math.Abs(lambdas[t - 1] - lambda) < Math.Abs(lambdas[t] - lambda))
            {
                t--;
            }

            places[i] = t;
        }

        places[0] = first;
        return places;
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
