using Xunit;

namespace Ddpm.Properties;

/// <summary>How near two numbers are. Tolerances are multiples of the unit roundoff, so they can be derived where they are used.</summary>
internal static class Closeness
{
    /// <summary>2⁻⁵², the distance from 1 to the next number.</summary>
    public const double Epsilon = 2.220446049250313e-16;

    /// <summary>Whether two numbers differ by no more than a tolerance; equal infinities do not differ, NaN is near nothing.</summary>
    public static bool Near(double expected, double actual, double tolerance) => expected == actual || Math.Abs(expected - actual) <= tolerance;

    /// <summary>Whether two numbers differ by no more than a part of the first.</summary>
    public static bool NearRelative(double expected, double actual, double part) => Near(expected, actual, part * Math.Abs(expected));

    /// <summary>Asserts a known answer, to the relative precision of its digits.</summary>
    public static void Known(double expected, double actual, double part) =>
        Assert.True(NearRelative(expected, actual, part), FormattableString.Invariant($"expected {expected:R}, got {actual:R}"));
}
