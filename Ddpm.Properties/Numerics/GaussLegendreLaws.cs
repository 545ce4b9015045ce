using Ddpm.Pure.Numerics;
using FsCheck.Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Numerics;

/// <summary>Laws of the quadrature.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class GaussLegendreLaws
{
    /// <summary>On an interval of positive numbers no terms cancel. Sixteen points, a power and a few roundings of each point.</summary>
    [Law]
    public bool Powers_up_to_31_are_exact(Fraction from, Fraction length, Place power)
    {
        var (low, high, k) = (from.Value, from.Value + length.Value, power.In(31));
        var expected = (high - low) * Enumerable.Range(0, k + 1).Sum(i => Math.Pow(high, i) * Math.Pow(low, k - i)) / (k + 1);
        return NearRelative(expected, GaussLegendre.Integral(low, high, x => Math.Pow(x, k)), 16 * (k + 1) * Epsilon);
    }

    [Law]
    public bool An_exponential_function_is_exact_over_a_few_of_its_lengths(Fraction from, Fraction length)
    {
        var (low, high) = (-from.Value, 4 * length.Value - from.Value);
        return NearRelative(Math.Exp(low) * Elementary.ExpM1(high - low), GaussLegendre.Integral(low, high, Math.Exp), 64 * Epsilon);
    }
}
