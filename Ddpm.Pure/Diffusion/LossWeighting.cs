using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Diffusion;

/// <summary>The weight of an output's squared error in training, as a function of the noise level.</summary>
public abstract record LossWeighting
{
    private LossWeighting()
    {
    }

    /// <summary>1, for every prediction (Ho et al. 2020, eq. 14).</summary>
    public sealed record Uniform : LossWeighting;

    /// <summary>Min-SNR-γ (Hang et al. 2023, section 3.4): min(SNR, γ) on the error of x_0, for every prediction.</summary>
    public sealed record MinSnr : LossWeighting
    {
        private MinSnr(double gamma) => Gamma = gamma;

        /// <summary>γ > 0.</summary>
        public double Gamma { get; }

        /// <summary>The paper's value, γ = 5.</summary>
        public static MinSnr Published { get; } = new(5);

        /// <summary>The weighting with a given γ.</summary>
        /// <param name="gamma">γ > 0.</param>
        /// <returns>The weighting, or the fault of γ.</returns>
        public static Validation<Error, LossWeighting> Of(double gamma) => Positive("min-snr-gamma", gamma).Map(LossWeighting (valid) => new MinSnr(valid));
    }

    /// <summary>P2, perception prioritised (Choi et al. 2022, eq. 8): 1/(k + SNR)^γ on the error of ε, for every prediction.</summary>
    public sealed record P2 : LossWeighting
    {
        private P2(double k, double gamma) => (K, Gamma) = (k, gamma);

        /// <summary>k > 0, which keeps the weight of the noisiest levels finite.</summary>
        public double K { get; }

        /// <summary>γ > 0. The greater it is, the less clean levels count.</summary>
        public double Gamma { get; }

        /// <summary>The paper's values, k = γ = 1.</summary>
        public static P2 Published { get; } = new(1, 1);

        /// <summary>The weighting with given k and γ.</summary>
        /// <param name="k">k > 0.</param>
        /// <param name="gamma">γ > 0.</param>
        /// <returns>The weighting, or every fault of the two values.</returns>
        public static Validation<Error, LossWeighting> Of(double k, double gamma) =>
            (Positive("k", k), Positive("gamma", gamma)).Apply(LossWeighting (valid, power) => new P2(valid, power));
    }

    /// <summary>Another weighting by its formula alone, which may give an output no weight at a = 0. Earlier versions trained so.</summary>
    /// <param name="Formula">The weighting.</param>
    public sealed record Vanishing(LossWeighting Formula) : LossWeighting;

    /// <summary>
    /// The weight of an output's squared error. At a = 0 no image is left, and the formulas of min-SNR-γ and P2 give x_0 and v no weight. But
    /// sampling begins there. So the weight is 1, as in the code of Hang et al. (2023): mse_loss_weights[snr == 0] = 1.
    /// </summary>
    /// <param name="prediction">What the network predicts.</param>
    /// <param name="level">A level with noise. The weight is finite at a = 0 too.</param>
    public double Weight(Prediction prediction, NoiseLevel level) =>
        this is Vanishing vanishing ? vanishing.Formula.ByFormula(prediction, level)
        : ByFormula(prediction, level) is var weight && weight == 0 && !level.HasImage ? 1
        : weight;

    private double ByFormula(Prediction prediction, NoiseLevel level) => this switch
    {
        Uniform => 1,
        MinSnr { Gamma: var gamma } => OfImageError(Math.Min(level.Snr, gamma), prediction, level),
        P2 { K: var k, Gamma: var gamma } => Elementary.Pow(k + level.Snr, -gamma) * prediction.NoiseErrorPerOutputError(level),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>
    /// The weight of an output's squared error, from the weight of the error in x_0 that it causes. For ε at SNR = 0 it is the limit min(SNR, γ)/SNR = 1.
    /// </summary>
    private static double OfImageError(double weight, Prediction prediction, NoiseLevel level) =>
        prediction.OutputErrorPerImageError(level) is var ratio && ratio == 0 ? 1 : weight / ratio;

    private static Validation<Error, double> Positive(string name, double value) =>
        Check.That(name, value, value > 0 && double.IsFinite(value), "must be positive and finite");
}
