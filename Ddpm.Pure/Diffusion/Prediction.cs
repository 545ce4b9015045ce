using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// What the network's output stands for: o = p·x_0 + q·ε, with two numbers p and q at each noise level. With x = a·x_0 + σ·ε, the clean image and the noise
/// are linear in (x, o): x_0 = (q·x − σ·o)/D and ε = (a·o − p·x)/D with D = a·q − σ·p. A new prediction is a name, p and q, and a row of <see cref="All"/>.
/// The network sees x times <see cref="InputScale"/>.
/// </summary>
public abstract record Prediction
{
    private Prediction()
    {
    }

    /// <summary>The predictions by name.</summary>
    public static ChoiceTable<Prediction> All { get; } = ChoiceTable.Of<Prediction>(
        prediction => prediction.Name, new Epsilon(), new Sample(), new Velocity(), new Flow(), new Edm());

    /// <summary>The name that options give it.</summary>
    public abstract string Name { get; }

    /// <summary>The training target at a noise level: (p, q), the factors of (x_0, ε).</summary>
    public abstract LinearPair Target(NoiseLevel level);

    /// <summary>The factor of x in what the network sees: 1, but for <see cref="Edm"/>.</summary>
    public virtual double InputScale(NoiseLevel level) => 1;

    /// <summary>o = ε (Ho et al. 2020).</summary>
    public sealed record Epsilon : Prediction
    {
        /// <inheritdoc/>
        public override string Name => "epsilon";

        /// <inheritdoc/>
        public override LinearPair Target(NoiseLevel level) => new(0, 1);
    }

    /// <summary>o = x_0.</summary>
    public sealed record Sample : Prediction
    {
        /// <inheritdoc/>
        public override string Name => "sample";

        /// <inheritdoc/>
        public override LinearPair Target(NoiseLevel level) => new(1, 0);
    }

    /// <summary>o = v = a·ε − σ·x_0 (Salimans and Ho 2022). Its D is a² + σ², on a variance-preserving schedule 1 without any rounding.</summary>
    public sealed record Velocity : Prediction
    {
        /// <inheritdoc/>
        public override string Name => "velocity";

        /// <inheritdoc/>
        public override LinearPair Target(NoiseLevel level) => new(-level.Sigma, level.A);

        private protected override double Determinant(NoiseLevel level) => level.Power;

        /// <inheritdoc/>
        internal override double OutputErrorPerImageError(NoiseLevel level) => level.Power * (level.Snr + 1);

        /// <inheritdoc/>
        internal override double NoiseErrorPerOutputError(NoiseLevel level) => level.SquaredA / (level.Power * level.Power);
    }

    /// <summary>
    /// o = u = ε − x_0, the velocity of rectified flow (Liu et al. 2023, 2209.03003; Esser et al. 2024, 2403.03206): dx/dσ where a = 1 − σ.
    /// </summary>
    public sealed record Flow : Prediction
    {
        /// <inheritdoc/>
        public override string Name => "flow";

        /// <inheritdoc/>
        public override LinearPair Target(NoiseLevel level) => new(-1, 1);
    }

    /// <summary>
    /// EDM's F (Karras et al. 2022, 2206.00364, eq. 7 and table 1), for any a and σ: x_0 = c_skip·x + c_out·F(c_in·x) with c_in = 1/s, c_skip = a·σ_data²/s²
    /// and c_out = σ·σ_data/s, where s² = a²·σ_data² + σ² is the variance of x. So p = σ/(s·σ_data), q = −a·σ_data/s, and D = −s/σ_data. With σ_data = 1
    /// on a variance-preserving schedule it is −v.
    /// </summary>
    public sealed record Edm : Prediction
    {
        /// <summary>σ_data in the paper.</summary>
        public const double UsualSigmaData = 0.5;

        private Edm(double sigmaData) => SigmaData = sigmaData;

        /// <summary>F with the paper's σ_data.</summary>
        public Edm()
            : this(UsualSigmaData)
        {
        }

        /// <summary>σ_data > 0, the standard deviation of the images.</summary>
        public double SigmaData { get; }

        /// <inheritdoc/>
        public override string Name => "edm";

        /// <summary>F for images of a given standard deviation.</summary>
        /// <param name="sigmaData">σ_data in [0.001, 1000].</param>
        /// <returns>The prediction, or the fault of σ_data.</returns>
        public static Validation<Error, Prediction> Of(double sigmaData) =>
            Check.That("sigma-data", sigmaData, sigmaData is >= 1e-3 and <= 1e3, "must lie in [0.001, 1000]").Map(Prediction (valid) => new Edm(valid));

        /// <inheritdoc/>
        public override LinearPair Target(NoiseLevel level) =>
            Deviation(level) is var s ? new(level.Sigma / (s * SigmaData), -level.A * SigmaData / s) : default;

        /// <summary>c_in = 1/s: what the network sees has variance 1.</summary>
        public override double InputScale(NoiseLevel level) => 1 / Deviation(level);

        private protected override double Determinant(NoiseLevel level) => -Deviation(level) / SigmaData;

        /// <inheritdoc/>
        internal override double OutputErrorPerImageError(NoiseLevel level) => level.Snr + 1 / (SigmaData * SigmaData);

        /// <summary>s, the standard deviation of x.</summary>
        private double Deviation(NoiseLevel level) => Math.Sqrt(level.SquaredA * SigmaData * SigmaData + level.NoiseVariance);
    }

    /// <summary>The clean image that an output implies, as factors of (x, o). At a = 0 an ε-prediction has none, and the factors are infinite.</summary>
    public LinearPair CleanImage(NoiseLevel level)
    {
        var (p, q) = Target(level);
        if (q == 0)
        {
            return new(0, 1 / p);
        }

        var determinant = Determinant(level);
        return new(q / determinant, -level.Sigma / determinant);
    }

    /// <summary>The output that implies a clean image, as factors of (x, x_0): o = p·x_0 + q·(x − a·x_0)/σ. It needs a level with noise.</summary>
    public LinearPair Output(NoiseLevel level)
    {
        var (p, q) = Target(level);
        return new(q / level.Sigma, p - q * level.A / level.Sigma);
    }

    /// <summary>The noise ε that an output implies, as factors of (x, o). Without noise an x_0-prediction has none, and the factors are infinite.</summary>
    public LinearPair Noise(NoiseLevel level)
    {
        var (p, q) = Target(level);
        if (p == 0)
        {
            return new(0, 1 / q);
        }

        var determinant = Determinant(level);
        return new(-p / determinant, level.A / determinant);
    }

    /// <summary>The names of the predictions with a property, as in "sample or velocity": what a message advises.</summary>
    internal static string NamesWhere(Func<Prediction, bool> has)
    {
        string[] names = [.. All.Where(row => has(row.Value)).Select(row => row.Name)];
        return names.Length < 2 ? string.Concat(names) : $"{string.Join(", ", names[..^1])} or {names[^1]}";
    }

    /// <summary>Whether the output determines the clean image.</summary>
    internal bool HasCleanImageAt(NoiseLevel level) => double.IsFinite(CleanImage(level).Second);

    /// <summary>Whether the output determines the noise.</summary>
    internal bool HasNoiseAt(NoiseLevel level) => double.IsFinite(Noise(level).Second);

    /// <summary>D = a·q − σ·p, the determinant of (x, o) in (x_0, ε). At D = 0 the output says no more than x does.</summary>
    private protected virtual double Determinant(NoiseLevel level)
    {
        var (p, q) = Target(level);
        return -(level.Sigma * p - level.A * q);
    }

    /// <summary>(D/σ)² = SNR·q² − 2·(a/σ)·p·q + p²: the squared error of o for a unit squared error of x_0, at a level with noise.</summary>
    internal virtual double OutputErrorPerImageError(NoiseLevel level)
    {
        var (p, q) = Target(level);
        return q * q * level.Snr - 2 * p * q * Math.Sqrt(level.Snr) + p * p;
    }

    /// <summary>(a/D)²: the squared error of ε for a unit squared error of o. For an ε-prediction it is 1, even if no image is left.</summary>
    internal virtual double NoiseErrorPerOutputError(NoiseLevel level) =>
        Target(level) is (0, var q) ? 1 / (q * q) : level.Snr / OutputErrorPerImageError(level);
}
