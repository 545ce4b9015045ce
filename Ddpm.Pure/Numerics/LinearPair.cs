namespace Ddpm.Pure.Numerics;

/// <summary>The coefficients of a linear combination First·u + Second·v. The owner says what u and v are.</summary>
/// <param name="First">The coefficient of u.</param>
/// <param name="Second">The coefficient of v.</param>
public readonly record struct LinearPair(double First, double Second)
{
    /// <summary>First·u + Second·v.</summary>
    public double Of(double u, double v) => First * u + Second * v;
}
