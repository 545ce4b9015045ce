using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;

namespace Ddpm.Properties;

/// <summary>A schedule that may end in β = 1.</summary>
public sealed record AnySchedule(VariancePreservingSchedule Value);

/// <summary>A linear schedule and what made it.</summary>
public sealed record LinearSchedule(int Steps, double MinBeta, double MaxBeta, VariancePreservingSchedule Value);

/// <summary>A cosine schedule and what made it.</summary>
public sealed record CosineSchedule(int Steps, double Offset, double MaxBeta, VariancePreservingSchedule Value);

/// <summary>A sigmoid schedule in ᾱ and what made it.</summary>
public sealed record SigmoidSchedule(int Steps, double Start, double End, double Tau, double MaxBeta, VariancePreservingSchedule Value);

/// <summary>The schedules that lie between two β.</summary>
public sealed record BetaRange(int Steps, double MinBeta, double MaxBeta)
{
    public VariancePreservingSchedule Linear => NoiseSchedule.Linear(Steps, MinBeta, MaxBeta).Valid();

    public VariancePreservingSchedule ScaledLinear => NoiseSchedule.ScaledLinear(Steps, MinBeta, MaxBeta).Valid();

    public VariancePreservingSchedule SigmoidBeta => NoiseSchedule.SigmoidBeta(Steps, MinBeta, MaxBeta).Valid();
}

/// <summary>Two moments of a schedule, s earlier than t; s = −1 is the clean image.</summary>
public sealed record TwoTimesteps(VariancePreservingSchedule Schedule, int Earlier, int Later)
{
    public VariancePreservingLevel S => Schedule[Earlier];

    public VariancePreservingLevel T => Schedule[Later];

    /// <summary>
    /// The error of ln ᾱ is within an ulp of itself; β = 1 − ᾱ_t/ᾱ_s inherits it as an absolute error. At ᾱ_t = 0 the logarithm is infinite and
    /// β = 1 is exact, so only the earlier level counts. Everything below is stated in units of this.
    /// </summary>
    public double Roundoff => Closeness.Epsilon * (1 + Math.Abs(double.IsInfinity(T.LogAlphaBar) ? S.LogAlphaBar : T.LogAlphaBar));
}

/// <summary>A number as a pixel or its noise has, within ±6, edges and 0 included.</summary>
public readonly record struct Pixel(double Value);

/// <summary>A number in (0, 1) with no preference for either end of its magnitude: 10⁻⁹ … 1 − 10⁻⁹.</summary>
public readonly record struct Fraction(double Value);

/// <summary>Where in something: taken modulo whatever length it has.</summary>
public readonly record struct Place(int Number)
{
    public int In(int length) => Number % length;
}

/// <summary>Valid values by construction.</summary>
public static class Generators
{
    internal static Gen<byte[]> Bytes(int count) => Gen.Choose(0, 255).Select(n => (byte)n).ArrayOf(count);

    /// <summary>Uniform in [low, high], the ends included more often than by chance.</summary>
    internal static Gen<double> Between(double low, double high) => Gen.Frequency(
        (12, Gen.Choose(0, int.MaxValue).Select(n => low + (high - low) * (n / (double)int.MaxValue))),
        (1, Gen.Elements(low, high)));

    /// <summary>10 to powers uniform in [low, high]: no magnitude is preferred.</summary>
    internal static Gen<double> PowersOfTen(double low, double high) => Between(low, high).Select(power => Math.Pow(10, power));

    /// <summary>The schedule of Ho et al. (2020): a thousand steps, β from 10⁻⁴ to 0.02 in a line.</summary>
    internal static VariancePreservingSchedule Original { get; } = NoiseSchedule.Linear(1000, 1e-4, 0.02).Valid();

    /// <summary>β from 10⁻¹¹ to near 1: below that, neighbours' ᾱ may round to the same number.</summary>
    internal static Gen<double> Beta { get; } = Gen.Frequency(
        (6, PowersOfTen(-6, -0.3)),
        (2, Between(0.01, 0.99)),
        (1, Gen.Elements(1e-11, 1e-9, 0.5, 0.9, 0.999, 1 - 1e-9)));

    /// <summary>The largest β for a number of steps that leaves a representable final ᾱ: at least e⁻³⁵⁷.</summary>
    private static double Largest(int steps) => steps switch { <= 12 => 1 - 1e-9, <= 40 => 0.999, _ => 0.3 };

    internal static Gen<int> ShortSteps { get; } = Gen.Frequency((1, Gen.Constant(1)), (1, Gen.Constant(2)), (6, Gen.Choose(3, 40)));

    internal static Gen<BetaRange> BetaRanges { get; } =
        from steps in Gen.Frequency((8, ShortSteps), (1, Gen.Choose(41, 300)), (1, Gen.Constant(1000)))
        from first in Beta
        from rise in Between(0, 1)
        let minBeta = Math.Min(first, Largest(steps))
        let maxBeta = minBeta + rise * (Largest(steps) - minBeta)
        select new BetaRange(steps, minBeta, maxBeta);

    internal static Gen<LinearSchedule> LinearSchedules { get; } =
        BetaRanges.Select(range => new LinearSchedule(range.Steps, range.MinBeta, range.MaxBeta, range.Linear));

    internal static Gen<SigmoidSchedule> SigmoidSchedules { get; } =
        from steps in Gen.Frequency((8, ShortSteps), (1, Gen.Choose(41, 300)), (1, Gen.Constant(1000)))
        from tau in Gen.Frequency((3, Gen.Constant(1.0)), (3, Between(0.1, 10)))
        from start in Gen.Frequency((3, Gen.Constant(-3 * tau)), (3, Between(-20 * tau, 19 * tau)))
        from width in Gen.Frequency((3, Gen.Constant(Math.Min(6 * tau, 20 * tau - start))), (3, Between(0.001, 1).Select(part => part * (20 * tau - start))))
        from maxBeta in Gen.Frequency((3, Gen.Constant(0.999)), (3, Between(0.001, 0.9999)))
        let end = Math.Min(start + width, 20 * tau)
        select new SigmoidSchedule(steps, start, end, tau, maxBeta, NoiseSchedule.SigmoidAlphaBar(steps, start, end, tau, maxBeta).Valid());

    internal static Gen<CosineSchedule> CosineSchedules { get; } =
        from steps in Gen.Frequency((8, ShortSteps), (1, Gen.Choose(41, 300)), (1, Gen.Constant(1000)))
        from offset in Gen.Frequency((3, Gen.Constant(0.008)), (3, Between(0, 1)))
        from maxBeta in Gen.Frequency((3, Gen.Constant(0.999)), (3, Between(0.001, 0.9999)))
        select new CosineSchedule(steps, offset, maxBeta, NoiseSchedule.Cosine(steps, offset, maxBeta).Valid());

    internal static Gen<VariancePreservingSchedule> GivenSchedules { get; } =
        from steps in ShortSteps
        from betas in Beta.ArrayOf(steps)
        from last in Gen.Frequency((3, Gen.Constant(betas[^1])), (1, Gen.Constant(1.0)))
        select VariancePreservingSchedule.FromBetas(new Arr<double>(betas.Select(beta => Math.Min(beta, Largest(steps))).SkipLast(1).Append(last))).Valid();

    internal static Gen<VariancePreservingSchedule> Schedules { get; } = Gen.Frequency(
        (2, LinearSchedules.Select(made => made.Value)), (2, CosineSchedules.Select(made => made.Value)), (3, GivenSchedules),
        (1, BetaRanges.Select(range => range.ScaledLinear)), (1, BetaRanges.Select(range => range.SigmoidBeta)),
        (1, SigmoidSchedules.Select(made => made.Value)));

    public static Arbitrary<LinearSchedule> Linear() => LinearSchedules.ToArbitrary();

    public static Arbitrary<CosineSchedule> Cosine() => CosineSchedules.ToArbitrary();

    public static Arbitrary<SigmoidSchedule> Sigmoid() => SigmoidSchedules.ToArbitrary();

    public static Arbitrary<BetaRange> Ranges() => BetaRanges.ToArbitrary();

    public static Arbitrary<AnySchedule> Any() => Schedules.Select(schedule => new AnySchedule(schedule)).ToArbitrary();

    public static Arbitrary<TwoTimesteps> Two() =>
        (from schedule in Schedules
         from later in Gen.Frequency((1, Gen.Constant(0)), (1, Gen.Constant(schedule.Steps - 1)), (4, Gen.Choose(0, schedule.Steps - 1)))
         from earlier in Gen.Frequency((2, Gen.Constant(later - 1)), (1, Gen.Constant(-1)), (3, Gen.Choose(-1, later - 1)))
         select new TwoTimesteps(schedule, earlier, later)).ToArbitrary();

    public static Arbitrary<Pixel> Pixels() => Gen.Frequency((8, Between(-6, 6)), (1, Gen.Elements(0.0, 1, -1))).Select(x => new Pixel(x)).ToArbitrary();

    /// <summary>FsCheck's own numbers are small; these are any from 0 to the largest.</summary>
    public static Arbitrary<Place> Places() => Gen.Choose(0, int.MaxValue).Select(n => new Place(n)).ToArbitrary();

    public static Arbitrary<Fraction> Fractions() => Gen.Frequency(
        (2, PowersOfTen(-9, -0.01)),
        (1, PowersOfTen(-9, -0.01).Select(x => 1 - x))).Select(x => new Fraction(x)).ToArbitrary();

    public static Arbitrary<Prediction> Predictions() =>
        Gen.Elements(Prediction.All.Select(row => row.Value)).ToArbitrary();
}
