using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Optimisation;

/// <summary>The learning rate as a function of the step, counted from 0.</summary>
public abstract record LearningRate
{
    private LearningRate(double peak) => Peak = peak;

    /// <summary>The highest rate, in (0, 1).</summary>
    public double Peak { get; }

    /// <summary>The peak at every step.</summary>
    public sealed record Constant : LearningRate
    {
        private Constant(double peak)
            : base(peak)
        {
        }

        /// <summary>A constant rate.</summary>
        /// <param name="peak">The rate, in (0, 1).</param>
        /// <returns>The rate, or its fault.</returns>
        public static Validation<Error, LearningRate> Of(double peak) => CheckedPeak(peak).Map(LearningRate (rate) => new Constant(rate));
    }

    /// <summary>Linear warm-up from peak/Steps at step 0 to the peak at step Steps − 1; constant from there on.</summary>
    public sealed record WarmUp : LearningRate
    {
        private WarmUp(double peak, int steps)
            : base(peak) => Steps = steps;

        /// <summary>The number of warm-up steps, ≥ 1.</summary>
        public int Steps { get; }

        /// <summary>A rate with warm-up.</summary>
        /// <param name="peak">The rate after warm-up, in (0, 1).</param>
        /// <param name="steps">The number of warm-up steps, ≥ 1.</param>
        /// <returns>The rate, or every fault of the two values.</returns>
        public static Validation<Error, LearningRate> Of(double peak, int steps) =>
            (CheckedPeak(peak), Check.AtLeast("warm-up-steps", steps, 1)).Apply(LearningRate (rate, count) => new WarmUp(rate, count));
    }

    /// <summary>
    /// Warm-up, then cosine decay (Loshchilov and Hutter 2017, eq. 5) to peak·FinalFraction at step TotalSteps; constant from there on.
    /// </summary>
    public sealed record Cosine : LearningRate
    {
        private Cosine(double peak, int warmUpSteps, int totalSteps, double finalFraction)
            : base(peak) => (WarmUpSteps, TotalSteps, FinalFraction) = (warmUpSteps, totalSteps, finalFraction);

        /// <summary>The number of warm-up steps, ≥ 0.</summary>
        public int WarmUpSteps { get; }

        /// <summary>The number of warm-up and decay steps together, more than the warm-up steps.</summary>
        public int TotalSteps { get; }

        /// <summary>The final rate as a fraction of the peak, in [0, 1].</summary>
        public double FinalFraction { get; }

        /// <summary>A rate with warm-up and cosine decay.</summary>
        /// <param name="peak">The highest rate, in (0, 1).</param>
        /// <param name="warmUpSteps">The number of warm-up steps, ≥ 0.</param>
        /// <param name="totalSteps">The number of warm-up and decay steps together, more than the warm-up steps.</param>
        /// <param name="finalFraction">The final rate as a fraction of the peak, in [0, 1].</param>
        /// <returns>The rate, or every fault of the four values.</returns>
        public static Validation<Error, LearningRate> Of(double peak, int warmUpSteps, int totalSteps, double finalFraction) =>
            (CheckedPeak(peak), Check.AtLeast("warm-up-steps", warmUpSteps, 0),
                    Check.That("total-steps", totalSteps, totalSteps > Math.Max(0, warmUpSteps),
                        Invariant($"must be greater than {Math.Max(0, warmUpSteps)}, the steps that warm up")),
                    Check.That("final-fraction", finalFraction, finalFraction is >= 0 and <= 1, "must lie in [0, 1]"))
                .Apply(LearningRate (rate, rising, total, fraction) => new Cosine(rate, rising, total, fraction));
    }

    /// <summary>The rate of a step.</summary>
    /// <param name="step">k ≥ 0.</param>
    public double At(int step) => this switch
    {
        Constant => Peak,
        WarmUp { Steps: var steps } => Risen(step, steps),
        Cosine { WarmUpSteps: var rising } when step < rising => Risen(step, rising),
        Cosine { WarmUpSteps: var rising, TotalSteps: var total, FinalFraction: var fraction } =>
            Peak * (fraction + (1 - fraction) * (1 + Elementary.Cos(Math.PI * Math.Min(1, (step - rising) / (double)(total - rising)))) / 2),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private double Risen(int step, int steps) => Peak * Math.Min(1, (step + 1.0) / steps);

    private static Validation<Error, double> CheckedPeak(double peak) => Check.Inside("learning-rate", peak, 0, 1);
}
