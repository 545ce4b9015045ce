using System.Runtime.Intrinsics;
using Ddpm.Pure.Random;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Randomness;

[Properties(Arbitrary = [typeof(RandomGenerators)])]
public sealed class NormalLaws
{
    [Law]
    public bool Four_normals_are_the_formula_of_four_words(Draws draws, ushort block)
    {
        var words = draws.Block(block);
        return IsPair(words.W0, words.W1, draws.Normal(4 * block), draws.Normal(4 * block + 1))
            && IsPair(words.W2, words.W3, draws.Normal(4 * block + 2), draws.Normal(4 * block + 3));
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(0u, 0x20000000u)]
    [InlineData(uint.MaxValue, 0x3FFFFFFFu)]
    [InlineData(uint.MaxValue, uint.MaxValue)]
    [InlineData(0x80000000u, 0x40000000u)]
    [InlineData(0xB504F333u, 0x7FFFFFFFu)]
    [InlineData(0xB504F334u, 0x80000000u)]
    [InlineData(1u, 0xC0000000u)]
    public void The_extreme_words_give_the_formula_s_finite_normals(uint radiusWord, uint angleWord)
    {
        var (cos, sin) = Normal.Pair(radiusWord, angleWord);
        Assert.True(IsPair(radiusWord, angleWord, cos, sin), $"{cos}, {sin}");
        Assert.True(float.IsFinite(cos) && float.IsFinite(sin) && Math.Abs(cos) <= 6.77 && Math.Abs(sin) <= 6.77);
    }

    /// <summary>
    /// Box and Muller with the library's functions. The logarithm's series stops at s¹⁷, s ≤ 0.1716: a part 9·10⁻¹⁶ of the whole; the sine's and the
    /// cosine's at x¹³ and x¹⁴, x ≤ π/4: parts 2·10⁻¹⁴ and 10⁻¹⁵. Near radius 0, ln u is a small difference of ln 2 parts only for u in (√½, 1),
    /// where k = 0 and nothing cancels. So the double is right to 10⁻¹³ of the radius, and one rounding to float follows.
    /// </summary>
    private static bool IsPair(uint radiusWord, uint angleWord, float cos, float sin)
    {
        var (radius, angle) = Polar(radiusWord, angleWord);
        return IsRounded(radius * Math.Cos(angle), cos, radius) && IsRounded(radius * Math.Sin(angle), sin, radius);
    }

    /// <summary>
    /// The parts where the series stop, as above: the largest is the sine's, 2·10⁻¹⁴ of the radius at π/4. A few roundings are below what is left of 3·10⁻¹⁴.
    /// </summary>
    [Law]
    public bool Before_rounding_to_float_normals_are_the_formula_s_to_fourteen_digits(Draws draws, ushort block)
    {
        var words = draws.Block(block);
        var (radius, angle) = Polar(words.W0, words.W1);
        var (cos, sin) = Normal.PairBeforeRounding(words.W0, words.W1);
        return Near(radius * Math.Cos(angle), cos, 3e-14 * radius) && Near(radius * Math.Sin(angle), sin, 3e-14 * radius);
    }

    /// <summary>In double precision, where no rounding to float hides a difference.</summary>
    [Law]
    public bool Before_rounding_the_vector_path_has_the_scalar_path_s_bits(Draws draws, ushort block)
    {
        var (radii, angles) = (draws.Block(block), draws.Block(block + 1u));
        var (cos, sin) = Normal.PairsBeforeRounding(
            Vector256.Create(radii.W0, radii.W1, radii.W2, (ulong)radii.W3), Vector256.Create(angles.W0, angles.W1, angles.W2, (ulong)angles.W3));
        return (cos[0], sin[0]) == Normal.PairBeforeRounding(radii.W0, angles.W0) && (cos[1], sin[1]) == Normal.PairBeforeRounding(radii.W1, angles.W1)
            && (cos[2], sin[2]) == Normal.PairBeforeRounding(radii.W2, angles.W2) && (cos[3], sin[3]) == Normal.PairBeforeRounding(radii.W3, angles.W3);
    }

    private static (double Radius, double Angle) Polar(uint radiusWord, uint angleWord) => (
        Math.Sqrt(-2 * Math.Log((radiusWord + 0.5) / 4294967296.0)),
        ((angleWord >> 30) + ((angleWord & 0x3FFFFFFF) + 0.5) / 1073741824.0 - 0.5) * (Math.PI / 2));

    private static bool IsRounded(double exact, float drawn, double radius) =>
        Math.Abs(exact - drawn) <= Math.ScaleB(Math.Abs(exact), -24) + 1e-13 * radius + float.Epsilon;
}
