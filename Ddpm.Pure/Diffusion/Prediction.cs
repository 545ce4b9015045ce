using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// What the network's output stands for: o = p·x_0 + q·ε, with two numbers p and q at each noise level. With x = a·x_0 + σ·ε, the clean image and the noise
/// are linear in (x, o): x_0 = (q·x − σ·o)/D and ε = (a·o − p·x)/D with D = a·q − σ·p. A new prediction is a name, p and q, and a row of <see cref="All"/>.
/// </summary>
public abstract record Prediction
{
    private Prediction()
    {
    }

    /// <summary>The predictions by name.</summary>
    public static ChoiceTable<Prediction> All { get; } = ChoiceTable.Of<Prediction>(prediction => prediction.Name, new Epsilon(), new Sample(), new Velocity());

    /// <summary>The name that options give it.</summary>
    public abstract string Name { get; }

    /// <summary>The training target at a noise level: (p, q), the factors of (x_0, ε).</summary>
    public abstract LinearPair Target(NoiseLevel level);

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

    /// <summary>o = v = a·ε − σ·x_0 (Salimans and Ho 2022). Because a² + σ² = 1, its D is 1 without any rounding.</summary>
    public sealed record Velocity : Prediction
    {
        /// <inheritdoc/>
        public override string Name => "velocity";

        /// <inheritdoc/>
        public override LinearPair Target(NoiseLevel level) => new(-level.Sigma, level.A);

        private protected override double Determinant(NoiseLevel level) => 1;

        /// <inheritdoc/>
        internal override double OutputErrorPerImageError(NoiseLevel level) => level.Snr + 1;

        /// <inheritdoc/>
        internal override double NoiseErrorPerOutputError(NoiseLevel level) => level.AlphaBar;
    }

    /// <summary>The clean image that an output implies, as factors of (x, o). At ᾱ = 0 an ε-prediction has none, and the factors are infinite.</summary>
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
