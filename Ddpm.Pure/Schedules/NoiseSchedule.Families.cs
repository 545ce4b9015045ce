using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Schedules;

/// <content>
/// The published families. Variance-preserving ones are defined by their β, so that ᾱ is always the product of 1 − β; the others by a and σ.
/// </content>
public partial record NoiseSchedule
{
    /// <summary>s of the cosine schedule (Nichol and Dhariwal 2021, section 3.2).</summary>
    public const double UsualCosineOffset = 0.008;

    /// <summary>σ_min, σ_max and ρ of EDM (Karras et al. 2022, table 1).</summary>
    public const double UsualSigmaMin = 0.002, UsualSigmaMax = 80, UsualRho = 7;

    /// <summary>The options of all chains.</summary>
    private static readonly Arr<string> ChainOptions = Array("zero-terminal-snr", "learn-variance");

    private static readonly Arr<string> BetaOptions = Array("min-beta", "max-beta") + ChainOptions;

    /// <summary>The families by name.</summary>
    public static ChoiceTable<ScheduleFamily> Families { get; } = ChoiceTable.Of(
        family => family.Name,
        new ScheduleFamily(
            "linear",
            "β_t = b + (c − b)·t/(T − 1), b = min(1e-4·1000/T, 0.999), c = min(0.02·1000/T, 0.999)",
            "Ho et al. 2020 (2006.11239), section 4",
            numbers => Linear(numbers.Steps, numbers.MinBeta, numbers.MaxBeta).Map(General),
            BetaOptions,
            UsualBetas.Linear),
        new ScheduleFamily(
            "scaled-linear",
            "√β_t = √b + (√c − √b)·t/(T − 1), b = min(0.00085·1000/T, 0.999), c = min(0.012·1000/T, 0.999)",
            "Rombach et al. 2022, Stable Diffusion",
            numbers => ScaledLinear(numbers.Steps, numbers.MinBeta, numbers.MaxBeta).Map(General),
            BetaOptions,
            UsualBetas.ScaledLinear),
        new ScheduleFamily(
            "cosine",
            "β_t = min(1 − f((t + 1)/T)/f(t/T), 0.999), f(u) = cos²(((u + 0.008)/1.008)·π/2)",
            "Nichol and Dhariwal 2021 (2102.09672), eq. 17",
            numbers => Cosine(numbers.Steps, numbers.CosineOffset ?? UsualCosineOffset).Map(General),
            Array("cosine-offset") + ChainOptions),
        new ScheduleFamily(
            "sigmoid",
            "β_t = min(1 − f((t + 1)/T)/f(t/T), 0.999), f(u) = (S(3) − S(6u − 3))/(S(3) − S(−3)), S(y) = 1/(1 + e^(−y))",
            "Jabri et al. 2022 (2212.11972), figure 8; Chen 2023 (2301.10972), algorithm 1",
            numbers => SigmoidAlphaBar(numbers.Steps).Map(General),
            ChainOptions),
        new ScheduleFamily(
            "sigmoid-beta",
            "β_t = b + (c − b)·S(−6 + 12·t/(T − 1)), b = min(1e-4·1000/T, 0.999), c = min(0.02·1000/T, 0.999), S(y) = 1/(1 + e^(−y))",
            "Xu et al. 2022, GeoDiff",
            numbers => SigmoidBeta(numbers.Steps, numbers.MinBeta, numbers.MaxBeta).Map(General),
            BetaOptions,
            UsualBetas.Linear),
        new ScheduleFamily(
            "rectified-flow",
            "a = 1 − u, σ = u, u = s·v/(1 + (s − 1)·v), v = (t + 1)/T, s = 1; the network receives 1000·u",
            "Liu et al. 2023 (2209.03003); Esser et al. 2024 (2403.03206), section 5.3.2",
            numbers => RectifiedFlow(numbers.Steps, numbers.FlowShift ?? 1),
            Array("flow-shift"),
            UsualDensity: "logit-normal"),
        new ScheduleFamily(
            "edm",
            "a = 1, σ_t = (m + (M − m)·t/(T − 1))^7, m = 0.002^(1/7), M = 80^(1/7); the network receives ¼·ln σ",
            "Karras et al. 2022 (2206.00364), eq. 5 and table 1",
            numbers => Edm(numbers.Steps, numbers.SigmaMin ?? UsualSigmaMin, numbers.SigmaMax ?? UsualSigmaMax, numbers.SigmaRho ?? UsualRho),
            Array("sigma-min", "sigma-max", "sigma-rho"),
            UsualDensity: "log-normal"));

    /// <summary>
    /// Linear (Ho et al. 2020, section 4): β_t = β_min + (β_max − β_min)·t/(T − 1); T = 1 gives β_min.
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <param name="minBeta">β_min ∈ (0, 1); null for the published 1e-4·1000/T (<see cref="UsualBetas.For"/>).</param>
    /// <param name="maxBeta">β_max ∈ [β_min, 1); null for the published 0.02·1000/T.</param>
    /// <returns>The schedule, or every fault of the three values.</returns>
    public static Validation<Error, VariancePreservingSchedule> Linear(int steps, double? minBeta = null, double? maxBeta = null) =>
        BetweenBetas(steps, minBeta, maxBeta, UsualBetas.Linear, Ramp);

    /// <summary>
    /// Scaled linear (Rombach et al. 2022, Stable Diffusion): √β_t goes linearly from √β_min to √β_max; T = 1 gives β_min.
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <param name="minBeta">β_min ∈ (0, 1); null for the published 0.00085·1000/T (<see cref="UsualBetas.For"/>).</param>
    /// <param name="maxBeta">β_max ∈ [β_min, 1); null for the published 0.012·1000/T.</param>
    /// <returns>The schedule, or every fault of the three values.</returns>
    public static Validation<Error, VariancePreservingSchedule> ScaledLinear(int steps, double? minBeta = null, double? maxBeta = null) =>
        BetweenBetas(steps, minBeta, maxBeta, UsualBetas.ScaledLinear, (first, last, t, intervals) =>
        {
            var root = Ramp(Math.Sqrt(first), Math.Sqrt(last), t, intervals);
            return Math.Min(root * root, last);
        });

    /// <summary>
    /// Sigmoid in β (Xu et al. 2022, GeoDiff): β_t = β_min + (β_max − β_min)·σ(y_t), with σ the logistic function and y_t linear from −6 to 6; T = 1
    /// has y_0 = −6. The ends are near β_min and β_max, not at them. This is not <see cref="SigmoidAlphaBar"/>.
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <param name="minBeta">β_min ∈ (0, 1); null for the linear schedule's, 1e-4·1000/T (<see cref="UsualBetas.For"/>).</param>
    /// <param name="maxBeta">β_max ∈ [β_min, 1); null for the linear schedule's, 0.02·1000/T.</param>
    /// <returns>The schedule, or every fault of the three values.</returns>
    public static Validation<Error, VariancePreservingSchedule> SigmoidBeta(int steps, double? minBeta = null, double? maxBeta = null) =>
        BetweenBetas(steps, minBeta, maxBeta, UsualBetas.Linear, (first, last, t, intervals) =>
            first + (last - first) * Logistic(Ramp(-6, 6, t, intervals)));

    /// <summary>
    /// Cosine (Nichol and Dhariwal 2021, eq. 17): β_t = min(1 − f((t + 1)/T)/f(t/T), β_max), f(u) = cos²((u + s)/(1 + s)·π/2).
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <param name="offset">s ≥ 0, small; 0.008 in the paper.</param>
    /// <param name="maxBeta">β_max ∈ (0, 1), at which β is clipped; 0.999 in the paper.</param>
    /// <returns>The schedule, or every fault of the three values.</returns>
    public static Validation<Error, VariancePreservingSchedule> Cosine(int steps, double offset = UsualCosineOffset, double maxBeta = 0.999) =>
        (Check.AtLeast("steps", steps, 1), Check.That("cosine-offset", offset, offset is >= 0 and <= 1, "must lie in [0, 1]"),
                Check.Inside("max-beta", maxBeta, 0, 1))
            .Apply((count, s, largest) =>
            {
                // 1 − cos²y/cos²x = sin(y − x)·sin(y + x)/cos²x. In units of y − x, a right angle lies T(1 + s) from 0 and T − t from x. So the
                // cosine is a sine too, and the smaller of y + x and π − (y + x) is exact: nothing cancels.
                var unit = Math.PI / 2 / (count * (1 + s));
                double SineOf(double units) => Elementary.Sin(units * unit);
                double Beta(int t)
                {
                    double left = count - t, cosine = SineOf(left);
                    return SineOf(1) * SineOf(Math.Min(2.0 * t + 1 + 2 * s * count, 2 * left - 1)) / (cosine * cosine);
                }

                return VariancePreservingSchedule.FromValidBetas(Indices(count).Map(t => Math.Min(Beta(t), largest)));
            });

    /// <summary>
    /// Sigmoid in ᾱ (Jabri et al. 2022, figure 8; Chen 2023, algorithm 1): f(u) = (σ(e/τ) − σ((u(e − s) + s)/τ))/(σ(e/τ) − σ(s/τ)), σ the logistic
    /// function. The published schedule is continuous, and f(1) = 0. Here β_t = min(1 − f((t + 1)/T)/f(t/T), β_max), as in the cosine schedule, so
    /// that ᾱ_t = f((t + 1)/T) except for the last t. This is not <see cref="SigmoidBeta"/>.
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <param name="start">s; −3 in the paper.</param>
    /// <param name="end">e > s; 3 in the paper.</param>
    /// <param name="tau">τ > 0, with s/τ and e/τ in [−20, 20], beyond which the first β would be lost in rounding; 1 in the paper.</param>
    /// <param name="maxBeta">β_max ∈ (0, 1), at which β is clipped; 0.999 as in the cosine schedule.</param>
    /// <returns>The schedule, or every fault of the five values.</returns>
    public static Validation<Error, VariancePreservingSchedule> SigmoidAlphaBar(
        int steps, double start = -3, double end = 3, double tau = 1, double maxBeta = 0.999)
    {
        bool validTau = tau > 0 && double.IsFinite(tau), validStart = double.IsFinite(start), validEnd = double.IsFinite(end);
        bool Near(double value) => Math.Abs(value) <= 20 * (validTau ? tau : double.MaxValue);
        var range = validTau ? Invariant($"must lie within 20 tau, {20 * tau}, of 0") : "must be finite";
        return (Check.AtLeast("steps", steps, 1), Check.That("start", start, validStart && Near(start), range),
                Check.That("end", end, validEnd && Near(end), range),
                Check.That("end", end, !(validStart && validEnd) || end > start, Invariant($"must be greater than start, {start}")),
                Check.That("tau", tau, validTau, "must be positive and finite"), Check.Inside("max-beta", maxBeta, 0, 1))
            .Apply((count, _, _, _, _, largest) =>
            {
                double last = end / tau, width = (end - start) / tau;
                // How far the sigmoid's argument is from its end at t.
                double Left(int t) => width * (count - t) / count;
                // σ(y) − σ(x) = σ(y)σ(−x)(1 − e^(x − y)), so β = (σ(x') − σ(x))/(σ(e/τ) − σ(x)) is computed without subtracting sigmoids.
                double Beta(int t) => Logistic(last - Left(t + 1)) / Logistic(last) * Elementary.ExpM1(-width / count) / Elementary.ExpM1(-Left(t));
                return VariancePreservingSchedule.FromValidBetas(Indices(count).Map(t => Math.Min(Beta(t), largest)));
            });
    }

    /// <summary>
    /// Rectified flow (Liu et al. 2023, 2209.03003), also called flow matching: a = 1 − u and σ = u, at u = s·v/(1 + (s − 1)·v) for v = (t + 1)/T. A shift
    /// s > 1 spends more steps on noisy levels; for images with m times the pixels, s = √m (Esser et al. 2024, section 5.3.2). At the last level
    /// nothing of the image is left. The network receives 1000·u.
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <param name="shift">s ∈ [0.001, 1000]; 1 spreads u evenly.</param>
    /// <returns>The schedule, or every fault of the two values.</returns>
    public static Validation<Error, NoiseSchedule> RectifiedFlow(int steps, double shift = 1) =>
        (Check.AtLeast("steps", steps, 1), Check.That("flow-shift", shift, shift is >= 1e-3 and <= 1e3, "must lie in [0.001, 1000]"))
            .Apply((count, s) =>
            {
                // T + (s − 1)·(t + 1) as a sum of two terms that are not negative, and ln(1 − u) from u where u is small: nothing cancels.
                double Stretch(int t) => s * (t + 1.0) + (count - (t + 1.0));
                double LogA(int t, double u) => u < 0.5 ? Elementary.Log1P(-u) : Elementary.Log((count - (t + 1.0)) / Stretch(t));
                var times = Indices(count).Map(t => t == count - 1 ? 1 : s * (t + 1.0) / Stretch(t));
                return new NoiseSchedule(times.Map((t, u) => new NoiseLevel(2 * LogA(t, u), u * u)).ToArr(), times.Map(u => 1000 * u));
            });

    /// <summary>
    /// EDM (Karras et al. 2022, eq. 5): a = 1, and σ^(1/ρ) rises linearly from σ_min^(1/ρ) to σ_max^(1/ρ); T = 1 gives σ_max. The network
    /// receives c_noise = ¼·ln σ.
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <param name="sigmaMin">σ_min > 0; 0.002 in the paper.</param>
    /// <param name="sigmaMax">σ_max > σ_min; 80 in the paper.</param>
    /// <param name="rho">ρ ∈ [0.1, 1000]; 7 in the paper.</param>
    /// <returns>The schedule, or every fault of the four values.</returns>
    public static Validation<Error, NoiseSchedule> Edm(
        int steps, double sigmaMin = UsualSigmaMin, double sigmaMax = UsualSigmaMax, double rho = UsualRho)
    {
        static bool Valid(double sigma) => sigma is >= 1e-6 and <= 1e6;
        const string Range = "must lie in [1e-6, 1e6]";
        return (Check.AtLeast("steps", steps, 1),
                Check.That("sigma-min", sigmaMin, Valid(sigmaMin), Range),
                Check.That("sigma-max", sigmaMax, Valid(sigmaMax), Range),
                // Only for two values that are each valid: a fault in one must not count as a fault of the other.
                Check.That("sigma-max", sigmaMax, !Valid(sigmaMin) || !Valid(sigmaMax) || sigmaMax > sigmaMin,
                    Invariant($"must be greater than sigma-min, {sigmaMin}")),
                Check.That("sigma-rho", rho, rho is >= 0.1 and <= 1000, "must lie in [0.1, 1000]"))
            .Apply((count, least, most, _, power) =>
            {
                double first = Elementary.Pow(least, 1 / power), last = Elementary.Pow(most, 1 / power);
                double Sigma(int t) => t == count - 1 ? most : t == 0 ? least : Elementary.Pow(Ramp(first, last, t, count - 1), power);
                var sigmas = Indices(count).Map(Sigma);
                return new NoiseSchedule(
                    sigmas.Map(sigma => new NoiseLevel(0, sigma * sigma)), sigmas.Map(sigma => Elementary.Log(sigma) / 4));
            });
    }

    private static NoiseSchedule General(VariancePreservingSchedule schedule) => schedule;

    /// <summary>A schedule whose β_t is a function of β_min, β_max, t and T − 1.</summary>
    private static Validation<Error, VariancePreservingSchedule> BetweenBetas(
        int steps, double? givenMin, double? givenMax, UsualBetas published, Func<double, double, int, int, double> beta)
    {
        var usual = published.For(Math.Max(1, steps)); // fewer steps are refused below
        var (minBeta, maxBeta) = (givenMin ?? usual.Min, givenMax ?? usual.Max);
        return (Check.AtLeast("steps", steps, 1), Check.Inside("min-beta", minBeta, 0, 1), Check.Inside("max-beta", maxBeta, 0, 1),
                // Only for two values that are each valid: a fault in one must not count as a fault of the other.
                Check.That("max-beta", maxBeta, !(minBeta is > 0 and < 1 && maxBeta is > 0 and < 1) || maxBeta >= minBeta,
                    Invariant($"must be at least min-beta, {minBeta}")))
            .Apply((count, first, last, _) => VariancePreservingSchedule.FromValidBetas(Indices(count).Map(t => beta(first, last, t, count - 1))));
    }

    /// <summary>The t-th of the points that divide [first, last] into equal intervals; first for 0 intervals.</summary>
    private static double Ramp(double first, double last, int t, int intervals) =>
        intervals == 0 ? first : Math.Min(first + (last - first) * t / intervals, last);

    /// <summary>1/(1 + e⁻ˣ).</summary>
    private static double Logistic(double x) => 1 / (1 + Elementary.Exp(-x));
}
