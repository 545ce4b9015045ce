namespace Ddpm.Pure.Reference;

/// <summary>The tolerance for a number of a port: |got − expected| ≤ Absolute + Relative·|expected|. Infinities and NaN must be equal.</summary>
/// <param name="Relative">≥ 0.</param>
/// <param name="Absolute">≥ 0, in the unit of the numbers.</param>
public readonly record struct Tolerance(double Relative, double Absolute)
{
    /// <summary>No tolerance: the same bits, except that −0 counts as 0.</summary>
    public static Tolerance Exact => default;

    /// <summary>Whether a port may have this number instead of the expected one.</summary>
    public bool Allows(double expected, double got) => expected.Equals(got)
        || (double.IsFinite(expected) && double.IsFinite(got) && Math.Abs(got - expected) <= Absolute + Relative * Math.Abs(expected));

    /// <inheritdoc/>
    public override string ToString() => this == Exact ? "exact" : Invariant($"{Relative} of the value + {Absolute}");
}
