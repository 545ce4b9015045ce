using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Optimisation;

/// <summary>
/// An exponential moving average of weights that forgets its start quickly: its decay rises with the updates made, min(d, (1 + n)/(10 + n)).
/// </summary>
public sealed record ExponentialMovingAverage
{
    private ExponentialMovingAverage(double decay) => Decay = decay;

    /// <summary>d ∈ [0, 1), the decay in the end; some 1/(1 − d) updates count.</summary>
    public double Decay { get; }

    /// <summary>The average of a decay.</summary>
    /// <param name="decay">d ∈ [0, 1).</param>
    /// <returns>The average, or what is wrong with its decay.</returns>
    public static Validation<Error, ExponentialMovingAverage> Of(double decay) =>
        Check.That("ema-decay", decay, decay is >= 0 and < 1, "must lie in [0, 1)").Map(valid => new ExponentialMovingAverage(valid));

    /// <summary>The decay of an update.</summary>
    /// <param name="n">The updates made before it, ≥ 0.</param>
    public double DecayAt(int n) => Math.Min(Decay, (1.0 + n) / (10.0 + n));

    /// <summary>One update of one number: decay·average + (1 − decay)·value, as a step towards the value, at which it stays.</summary>
    /// <param name="average">The average so far.</param>
    /// <param name="value">The new value.</param>
    /// <param name="n">The updates made before this one, ≥ 0.</param>
    public double Update(double average, double value, int n) => average + (1 - DecayAt(n)) * (value - average);
}
