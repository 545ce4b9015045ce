
namespace Ddpm.Pure.Numerics;

/// <summary>A linear combination First·u + Second·v of two values whose meaning the owner gives.</summary>
/// <param name="First">The factor of the first value.</param>
/// <param name="Second">The factor of the second value.</param>
public readonly record struct LinearPair(double First, double Second)
{
    /// <summary>First·u + Second·v.</summary>
    public double Of(double u, double v) => First * u + Second * v;
}
