using Ddpm.Pure.Images;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// How a network learns the reverse variance (Nichol and Dhariwal 2021, section 3.1). Its second output v, one number for each pixel, gives the fraction
/// f = (v + 1)/2 of a <see cref="VarianceRange"/>. The loss is L_simple + 0.001·L_vlb. L_vlb changes v alone: the error of the first output counts in it as a
/// constant.
/// </summary>
public sealed record LearnedVariance
{
    private const double Lambda = 0.001;

    private LearnedVariance(Arr<VarianceTerm> terms) => Terms = terms;

    /// <summary>The term of the bound at each timestep. Length T.</summary>
    public Arr<VarianceTerm> Terms { get; }

    /// <summary>
    /// The factor of a term's nats in the loss. One term of T stands for the whole bound, so it is 0.001·T. The paper's code counts the term in bits, so it
    /// is also divided by ln 2. There it is written T/1000.
    /// </summary>
    public double LossWeight => Lambda * BitsPerDimension.FromNats(Terms.Count);

    /// <summary>f = (v + 1)/2 as factors of (v, 1).</summary>
    public static LinearPair Fraction { get; } = new(0.5, 0.5);

    /// <summary>The terms of a schedule.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="prediction">What the first output predicts. It determines the clean image at every level.</param>
    public static LearnedVariance Of(VariancePreservingSchedule schedule, Prediction prediction) => new(Range(0, schedule.Steps).Map(VarianceTerm (t) => t == 0
        ? new VarianceTerm.Decoder(VarianceRange.OfFirstStep(schedule), OfInput(prediction, schedule[0]))
        : new VarianceTerm.Step(
            VarianceRange.Between(schedule[t], schedule[t - 1]),
            VariationalBound.Weight(prediction, schedule[t], schedule[t - 1], VariationalBound.OfPosterior))).ToArr());

    /// <summary>The clean image as factors of what the network sees, and of o.</summary>
    private static LinearPair OfInput(Prediction prediction, VariancePreservingLevel level) =>
        prediction.CleanImage(level) is var ofX ? new(ofX.First / prediction.InputScale(level), ofX.Second) : default;
}

/// <summary>A term of the variational bound for one pixel, as a function of the network's first output and of the fraction f.</summary>
/// <param name="Range">The variances to choose from.</param>
public abstract record VarianceTerm(VarianceRange Range)
{
    /// <summary>The term and its derivative.</summary>
    /// <param name="x">What the network sees: x_t, times the prediction's input scale.</param>
    /// <param name="target">What the first output should be.</param>
    /// <param name="output">The first output, o.</param>
    /// <param name="fraction">f.</param>
    public abstract VarianceLoss Of(double x, double target, double output, double fraction);

    /// <summary>
    /// L_{t−1}: with e = exp(−f·ln(β/β̃)), the divergence is ½(e − 1 − ln e) + w·(target − o)²·e. It is least at e = 1/(1 + 2w·(target − o)²).
    /// </summary>
    /// <param name="Range">From β̃ to β.</param>
    /// <param name="ErrorWeight">w: <see cref="VariationalBound.Weight"/> with s² = β̃.</param>
    public sealed record Step(VarianceRange Range, double ErrorWeight) : VarianceTerm(Range)
    {
        /// <inheritdoc/>
        public override VarianceLoss Of(double x, double target, double output, double fraction)
        {
            var exponent = -fraction * Range.LogWidth;
            var (ratio, lost) = (Elementary.Exp(exponent), -Elementary.ExpM1(exponent));
            var error = ErrorWeight * (target - output) * (target - output) * ratio;
            return new(VariationalBound.Excess(lost, ratio) / 2 + error, Range.LogWidth / 2 * (lost - 2 * error));
        }
    }

    /// <summary>L_0: −ln of the mass that the discretised Gaussian around x̂_0 gives the pixel's level.</summary>
    /// <param name="Range">The range of the first step.</param>
    /// <param name="CleanImage">Factors of (what the network sees, o) in x̂_0. With the target in place of o they give x_0.</param>
    public sealed record Decoder(VarianceRange Range, LinearPair CleanImage) : VarianceTerm(Range)
    {
        /// <inheritdoc/>
        public override VarianceLoss Of(double x, double target, double output, double fraction)
        {
            double Image(double o) => CleanImage.First * x + CleanImage.Second * o;
            var level = PixelScale.ToLevel((float)Image(target));
            var model = new DiscretisedGaussian(Image(output), Math.Sqrt(Range.At(fraction)));
            return new(-model.LogMass(level), -model.LogMassSlope(level) * Range.LogWidth / 2);
        }
    }
}

/// <summary>A term of the bound for one pixel.</summary>
/// <param name="Nats">Its value, ≥ 0.</param>
/// <param name="Slope">Its derivative with respect to f.</param>
public readonly record struct VarianceLoss(double Nats, double Slope);
