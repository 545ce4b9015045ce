using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Numerics;

/// <summary>
/// Spherical linear interpolation (Shoemake 1985): moves along the arc between two vectors. The length of Gaussian noise hardly varies in high dimensions, and
/// the arc between two draws keeps that length. A straight line would not.
/// </summary>
public static class SphericalInterpolation
{
    // For angles this near to 0, a straight line equals the arc to the last digit. This near to π, rounding would choose the arc.
    private const double LeastSine = 1e-8;

    private const double Largest = 1e299;

    /// <summary>The weights of (from, to): sin((1 − f)θ)/sin θ and sin(fθ)/sin θ; or 1 − f and f if θ is within 10⁻⁸ of 0 or π.</summary>
    /// <param name="angle">θ ∈ [0, π], the angle between the vectors.</param>
    /// <param name="fraction">f ∈ [0, 1], the fraction of the way.</param>
    public static LinearPair Weights(double angle, double fraction)
    {
        var sine = Elementary.Sin(angle);
        return sine < LeastSine
            ? new(1 - fraction, fraction)
            : new(Elementary.Sin((1 - fraction) * angle) / sine, Elementary.Sin(fraction * angle) / sine);
    }

    /// <summary>The angle between two vectors of equal length, in [0, π], accurate at both ends (Kahan); 0 if either vector is 0.</summary>
    public static double Angle(ReadOnlySpan<double> from, ReadOnlySpan<double> to)
    {
        if (Direction(from) is not [_, ..] first || Direction(to) is not [_, ..] second)
        {
            return 0;
        }

        double difference = 0, sum = 0;
        for (var i = 0; i < first.Length; i++)
        {
            difference += (first[i] - second[i]) * (first[i] - second[i]);
            sum += (first[i] + second[i]) * (first[i] + second[i]);
        }

        return 2 * Elementary.Atan(Math.Sqrt(difference / sum));
    }

    /// <summary>The vector a fraction of the way from one vector to another.</summary>
    /// <param name="from">The first vector, with numbers of magnitude at most 10²⁹⁹. An arc's weights reach 10⁸, so the result stays finite.</param>
    /// <param name="to">The second vector, of the same length and range.</param>
    /// <param name="fraction">f ∈ [0, 1].</param>
    /// <returns>The vector, or every fault of the three arguments.</returns>
    public static Validation<Error, Arr<double>> Between(Arr<double> from, Arr<double> to, double fraction) =>
        (Check.That("to", to.Count, to.Count == from.Count, Invariant($"must hold as many numbers as from, {from.Count}")),
                InRange("from", from),
                InRange("to", to),
                Check.That("fraction", fraction, fraction is >= 0 and <= 1, "must lie in [0, 1]"))
            .Apply((_, first, second, part) =>
            {
                var weights = Weights(Angle(first.ToArray(), second.ToArray()), part);
                return first.Map((i, value) => weights.Of(value, second[i])).ToArr();
            });

    /// <summary>The unit vector; empty for a zero vector. An exact power of two first keeps squares from overflow and underflow.</summary>
    private static double[] Direction(ReadOnlySpan<double> vector)
    {
        double largest = 0, square = 0;
        foreach (var value in vector)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        if (largest == 0)
        {
            return [];
        }

        var direction = new double[vector.Length];
        for (var i = 0; i < direction.Length; i++)
        {
            direction[i] = Math.ScaleB(vector[i], -Math.ILogB(largest));
            square += direction[i] * direction[i];
        }

        var length = Math.Sqrt(square);
        for (var i = 0; i < direction.Length; i++)
        {
            direction[i] /= length;
        }

        return direction;
    }

    private static Validation<Error, Arr<double>> InRange(string name, Arr<double> vector) => vector
        .Map((i, value) => Check.That(Invariant($"{name}[{i}]"), value, Math.Abs(value) <= Largest, Invariant($"must lie in [-{Largest}, {Largest}]")))
        .Sequence()
        .Map(valid => valid.ToArr());
}
