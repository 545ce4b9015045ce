using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Optimisation;

/// <summary>
/// An exponential moving average of weights. It forgets its start quickly, because its decay rises with the number of updates n: min(d, (1 + n)/(10 + n)).
/// </summary>
public sealed record ExponentialMovingAverage
{
    private ExponentialMovingAverage(double decay) => Decay = decay;

    /// <summary>d ∈ [0, 1), the final decay. The average covers about 1/(1 − d) updates.</summary>
    public double Decay { get; }

    /// <summary>Creates an average with a final decay.</summary>
    /// <param name="decay">d ∈ [0, 1).</param>
    /// <returns>The average, or the fault of its decay.</returns>
    public static Validation<Error, ExponentialMovingAverage> Of(double decay) =>
        Check.That("ema-decay", decay, decay is >= 0 and < 1, "must lie in [0, 1)").Map(valid => new ExponentialMovingAverage(valid));

    /// <summary>The decay of an update.</summary>
    /// <param name="n">The number of earlier updates, ≥ 0.</param>
    public double DecayAt(int n) => Math.Min(Decay, (1.0 + n) / (10.0 + n));

    /// <summary>
    /// One update of one number: decay·average + (1 − decay)·value. It is computed as a step towards the value, so an average equal to the value stays exact.
    /// </summary>
    /// <param name="average">The average so far.</param>
    /// <param name="value">The new value.</param>
    /// <param name="n">The number of earlier updates, ≥ 0.</param>
    public double Update(double average, double value, int n) => average + (1 - DecayAt(n)) * (value - average);
}
