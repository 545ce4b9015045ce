namespace Ddpm.Pure.Reference;

/// <summary>How far a port may be from a number: |got − expected| ≤ Absolute + Relative·|expected|. Infinities and NaN must be what they are.</summary>
/// <param name="Relative">≥ 0.</param>
/// <param name="Absolute">≥ 0, in the unit of the numbers.</param>
public readonly record struct Tolerance(double Relative, double Absolute)
{
    /// <summary>Not at all: the same bits, but that −0 counts as 0.</summary>
    public static Tolerance Exact => default;

    /// <summary>Whether a port may say this number in the place of that.</summary>
    public bool Allows(double expected, double got) => expected.Equals(got)
        || (double.IsFinite(expected) && double.IsFinite(got) && Math.Abs(got - expected) <= Absolute + Relative * Math.Abs(expected));

    /// <inheritdoc/>
    public override string ToString() => this == Exact ? "exact" : Invariant($"{Relative} of the value + {Absolute}");
}
