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
/// The static functions give its terms in nats, for one pixel; or for the mean over pixels, because the terms are linear in the squares. The model's
/// variance s² is β or β̃. With a learned variance the terms would depend on the network's second output, so the functions throw.
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

    /// <summary>The bound of a model whose errors were measured at each step.</summary>
    /// <param name="schedule">The schedule, T steps.</param>
    /// <param name="variance">The reverse variance s_t² of the model, β or β̃.</param>
    /// <param name="meanSquare">The mean of x_0² over pixels, ≥ 0.</param>
    /// <param name="squaredErrors">The mean of (x_0 − x̂_0)² over pixels at t = 1 … T − 1, each ≥ 0. Length T − 1.</param>
    /// <param name="decoderNats">The mean over pixels of −ln of the mass in <see cref="DecoderAt"/>, ≥ 0.</param>
    /// <returns>The bound, or every fault.</returns>
    public static Validation<Error, VariationalBound> Of(
        VariancePreservingSchedule schedule, ReverseVariance variance, double meanSquare, Arr<double> squaredErrors, double decoderNats) =>
        (Check.That("variance", variance, variance is ReverseVariance.Beta or ReverseVariance.Posterior, "must be beta or posterior, the same for every image"),
                AtLeastZero("mean-square", meanSquare),
                Check.That("squared-errors", squaredErrors.Count, squaredErrors.Count == schedule.Steps - 1,
                    Invariant($"must have length {schedule.Steps - 1}, one for each step but the first")),
                squaredErrors.Map((i, error) => AtLeastZero(Invariant($"squared-error[{i + 1}]"), error)).Sequence(),
                AtLeastZero("decoder-nats", decoderNats))
            .Apply((_, square, _, errors, decoder) => new VariationalBound(
                BitsPerDimension.FromNats(PriorNats(schedule[schedule.Steps - 1], square)),
                errors.Map((i, error) => BitsPerDimension.FromNats(StepNats(schedule[i + 1], schedule[i], variance, error))).ToArr(),
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
    /// <param name="variance">The model's variance s².</param>
    /// <param name="squaredError">(x_0 − x̂_0)² of a pixel, or its mean over pixels.</param>
    public static double StepNats(VariancePreservingLevel level, VariancePreservingLevel earlier, ReverseVariance variance, double squaredError) =>
        VarianceNats(level, earlier, variance) + Weight(new Prediction.Sample(), level, earlier, variance) * squaredError;

    /// <summary>
    /// The weight of the squared error of a network's output in L_{t−1}. For x_0 it is c₁²/(2s²), which for s² = β̃ is ½(SNR_p − SNR_t) (Kingma et al. 2021,
    /// eq. 13). For ε it is β²/(2s²·α·(1 − ᾱ_t)) (Ho et al. 2020, eq. 12), infinite at ᾱ_t = 0. For v it is 1 − ᾱ_t times the weight for x_0.
    /// </summary>
    /// <param name="prediction">What the network predicts.</param>
    /// <param name="level">The level t.</param>
    /// <param name="earlier">The level p before t; with s² = β̃, not the clean image.</param>
    /// <param name="variance">The model's variance s².</param>
    public static double Weight(Prediction prediction, VariancePreservingLevel level, VariancePreservingLevel earlier, ReverseVariance variance)
    {
        var (posterior, perOutput) = (Posterior.Between(level, earlier), prediction.CleanImage(level).Second);
        return posterior.X0Coefficient * posterior.X0Coefficient / (2 * Spread(level, earlier, variance)) * (perOutput * perOutput);
    }

    /// <summary>The part of L_{t−1} that does not depend on the prediction: ½(β̃/s² − 1 − ln(β̃/s²)), 0 for s² = β̃.</summary>
    public static double VarianceNats(VariancePreservingLevel level, VariancePreservingLevel earlier, ReverseVariance variance) => variance switch
    {
        // 1 − β̃/β = (ᾱ_p − ᾱ_t)/(1 − ᾱ_t) = ᾱ_p·β/(1 − ᾱ_t), and β̃/β = (1 − ᾱ_p)/(1 − ᾱ_t).
        ReverseVariance.Beta => Excess(
            earlier.AlphaBar * level.BetaSince(earlier) / level.NoiseVariance, earlier.NoiseVariance / level.NoiseVariance) / 2,
        ReverseVariance.Posterior => 0,
        _ => throw NotFixed(variance),
    };

    /// <summary>
    /// The model's p(x_0 | x_1) for one pixel, given the mean that it predicts, which at the first step is x̂_0. For s² = β its variance is the
    /// variance of the model's first step, β_0 (Ho et al. 2020, eq. 13). For s² = β̃ it is β̃_1, because β̃_0 is 0; or β_0 if the schedule has only
    /// one step. The programs of Ho et al. and of Nichol and Dhariwal 2021 take β̃_1 for s² = β too.
    /// </summary>
    public static DiscretisedGaussian DecoderAt(VariancePreservingSchedule schedule, ReverseVariance variance, double mean) =>
        new(mean, Math.Sqrt(variance switch
        {
            ReverseVariance.Posterior when schedule.Steps > 1 => Spread(schedule[1], schedule[0], variance),
            ReverseVariance.Beta or ReverseVariance.Posterior => schedule.Betas[0],
            _ => throw NotFixed(variance),
        }));

    private static double Spread(VariancePreservingLevel level, VariancePreservingLevel earlier, ReverseVariance variance) => variance switch
    {
        ReverseVariance.Beta => level.BetaSince(earlier),
        ReverseVariance.Posterior => Posterior.Between(level, earlier).Variance,
        _ => throw NotFixed(variance),
    };

    private static ArgumentOutOfRangeException NotFixed(ReverseVariance variance) =>
        new(nameof(variance), variance, "The bound is of models whose variance is β or β̃.");

    /// <summary>−ln(1 − u) − u = u²/2 + u³/3 + … ≥ 0, by the series where the difference would cancel.</summary>
    /// <param name="u">In [0, 1].</param>
    /// <param name="complement">1 − u, which the caller knows to more digits.</param>
    private static double Excess(double u, double complement)
    {
        if (u >= 0.125)
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
