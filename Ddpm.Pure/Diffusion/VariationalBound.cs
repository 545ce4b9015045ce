using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// The variational bound on −log p(x_0) (Ho et al. 2020, eq. 5) in bits per dimension: L_T + Σ L_{t−1} + L_0.
/// </summary>
/// <remarks>
/// The static functions give its terms in nats, for one pixel. The model's variance is s² = β̃^(1 − f)·β^f: f = 0 for β̃, f = 1 for β, and any other f for a
/// learned variance (<see cref="VarianceRange"/>). If f is the same for all pixels, the terms are linear in the squares, so they are also the mean over pixels
/// of the terms, given the means of the squares.
/// </remarks>
public sealed record VariationalBound
{
    private VariationalBound(double prior, Arr<double> steps, double decoder) => (Prior, Steps, Decoder) = (prior, steps, decoder);

    /// <summary>L_T: the information about the image that is left in the last level.</summary>
    public double Prior { get; }

    /// <summary>L_{t−1} for t = 1 … T − 1. Length T − 1.</summary>
    public Arr<double> Steps { get; }

    /// <summary>L_0: the term of the discretised Gaussian.</summary>
    public double Decoder { get; }

    /// <summary>The bound: the sum of its terms.</summary>
    public double Total => Prior + Steps.Sum() + Decoder;

    /// <summary>The fraction f of a model with s² = β̃.</summary>
    public const double OfPosterior = 0;

    /// <summary>The fraction f of a model with s² = β.</summary>
    public const double OfBeta = 1;

    /// <summary>The bound of a model whose terms were measured at each step.</summary>
    /// <param name="schedule">The schedule, T steps.</param>
    /// <param name="meanSquare">The mean of x_0² over pixels, ≥ 0.</param>
    /// <param name="stepNats">The mean over pixels of <see cref="StepNats"/> at t = 1 … T − 1, each ≥ 0. Length T − 1.</param>
    /// <param name="decoderNats">The mean over pixels of −ln of the mass in <see cref="DecoderAt"/>, ≥ 0.</param>
    /// <returns>The bound, or every fault.</returns>
    public static Validation<Error, VariationalBound> Of(VariancePreservingSchedule schedule, double meanSquare, Arr<double> stepNats, double decoderNats) =>
        (AtLeastZero("mean-square", meanSquare),
                Check.That("step-nats", stepNats.Count, stepNats.Count == schedule.Steps - 1,
                    Invariant($"must have length {schedule.Steps - 1}, one for each step but the first")),
                stepNats.Map((i, nats) => AtLeastZero(Invariant($"step-nats[{i + 1}]"), nats)).Sequence(),
                AtLeastZero("decoder-nats", decoderNats))
            .Apply((square, _, steps, decoder) => new VariationalBound(
                BitsPerDimension.FromNats(PriorNats(schedule[schedule.Steps - 1], square)),
                steps.Map(BitsPerDimension.FromNats).ToArr(),
                BitsPerDimension.FromNats(decoder)));

    /// <summary>L_T: the divergence of q(x_T | x_0) = N(a·x_0, 1 − ᾱ) from N(0, 1), ½(ᾱ·x_0² − ᾱ − ln(1 − ᾱ)). It is 0 at ᾱ = 0.</summary>
    /// <param name="last">The last noise level.</param>
    /// <param name="meanSquare">x_0² of a pixel, or the mean of x_0² over pixels.</param>
    public static double PriorNats(VariancePreservingLevel last, double meanSquare) =>
        (last.AlphaBar * meanSquare + Excess(last.AlphaBar, last.NoiseVariance)) / 2;

    /// <summary>
    /// L_{t−1}: the divergence of the posterior q(x_p | x_t, x_0) = N(μ̃, β̃) from the model N(μ, s²),
    /// ½(β̃/s² − 1 − ln(β̃/s²)) + (μ̃ − μ)²/(2s²), where μ̃ − μ = c₁·(x_0 − x̂_0).
    /// </summary>
    /// <param name="level">The level t.</param>
    /// <param name="earlier">The level p before t. It is not the clean image, whose term is L_0.</param>
    /// <param name="fraction">f of the model's variance.</param>
    /// <param name="squaredError">(x_0 − x̂_0)² of a pixel, or its mean over pixels.</param>
    public static double StepNats(VariancePreservingLevel level, VariancePreservingLevel earlier, double fraction, double squaredError) =>
        VarianceNats(level, earlier, fraction) + Weight(new Prediction.Sample(), level, earlier, fraction) * squaredError;

    /// <summary>
    /// The weight of the squared error of a network's output in L_{t−1}. For x_0 it is c₁²/(2s²), which for s² = β̃ is ½(SNR_p − SNR_t) (Kingma et al. 2021,
    /// eq. 13). For ε it is β²/(2s²·α·(1 − ᾱ_t)) (Ho et al. 2020, eq. 12), infinite at ᾱ_t = 0. For v it is 1 − ᾱ_t times the weight for x_0.
    /// </summary>
    /// <param name="prediction">What the network predicts.</param>
    /// <param name="level">The level t.</param>
    /// <param name="earlier">The level p before t; it may be the clean image for s² = β alone.</param>
    /// <param name="fraction">f of the model's variance.</param>
    public static double Weight(Prediction prediction, VariancePreservingLevel level, VariancePreservingLevel earlier, double fraction)
    {
        var (posterior, perOutput) = (Posterior.Between(level, earlier), prediction.CleanImage(level).Second);
        return posterior.X0Coefficient * posterior.X0Coefficient / (2 * VarianceRange.Between(level, earlier).At(fraction)) * (perOutput * perOutput);
    }

    /// <summary>The part of L_{t−1} that does not depend on the prediction: ½(β̃/s² − 1 − ln(β̃/s²)), 0 for s² = β̃.</summary>
    public static double VarianceNats(VariancePreservingLevel level, VariancePreservingLevel earlier, double fraction)
    {
        if (fraction == OfPosterior)
        {
            return 0;
        }

        if (fraction == OfBeta)
        {
            // β̃/β = (1 − ᾱ_p)/(1 − ᾱ_t), without an exponential.
            return Excess(VarianceRange.Lost(level, earlier), earlier.NoiseVariance / level.NoiseVariance) / 2;
        }

        var exponent = -fraction * VarianceRange.Between(level, earlier).LogWidth;
        return Excess(-Elementary.ExpM1(exponent), Elementary.Exp(exponent)) / 2;
    }

    /// <summary>
    /// The model's p(x_0 | x_1) for one pixel, given the mean that it predicts, which at the first step is x̂_0. For s² = β its variance is the
    /// variance of the model's first step, β_0 (Ho et al. 2020, eq. 13). For s² = β̃ it is β̃_1, because β̃_0 is 0; or β_0 if the schedule has only
    /// one step (<see cref="VarianceRange.OfFirstStep"/>). The programs of Ho et al. and of Nichol and Dhariwal 2021 take β̃_1 for s² = β too.
    /// </summary>
    public static DiscretisedGaussian DecoderAt(VariancePreservingSchedule schedule, double fraction, double mean) =>
        new(mean, Math.Sqrt(VarianceRange.OfFirstStep(schedule).At(fraction)));

    /// <summary>−ln(1 − u) − u = u²/2 + u³/3 + … ≥ 0, by the series where the difference would cancel.</summary>
    /// <param name="u">At most 1.</param>
    /// <param name="complement">1 − u, which the caller knows to more digits.</param>
    internal static double Excess(double u, double complement)
    {
        if (Math.Abs(u) >= 0.125)
        {
            return -Elementary.Log(complement) - u;
        }

        var sum = 0.0;
        for (var n = 20; n >= 2; n--)
        {
            sum = 1.0 / n + u * sum;
        }

        return u * u * sum;
    }

    private static Validation<Error, double> AtLeastZero(string name, double value) =>
        Check.That(name, value, value >= 0 && double.IsFinite(value), "must be finite and at least 0");
}
