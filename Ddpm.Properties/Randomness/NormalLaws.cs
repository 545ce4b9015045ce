using Ddpm.Pure.Random;
using FsCheck.Xunit;
using Xunit;

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
    /// Box and Muller with the library's functions. The logarithm's series stops at s¹⁷, s ≤ 0.1716: a part 2·10⁻¹⁶ of the whole; the sine's and the
    /// cosine's at x¹³ and x¹⁴, x ≤ π/4: parts 2·10⁻¹⁴ and 10⁻¹⁵. Near radius 0, ln u is a small difference of ln 2 parts only for u in (√½, 1),
    /// where k = 0 and nothing cancels. So the double is right to 10⁻¹³ of the radius, and one rounding to float follows.
    /// </summary>
    private static bool IsPair(uint radiusWord, uint angleWord, float cos, float sin)
    {
        var radius = Math.Sqrt(-2 * Math.Log((radiusWord + 0.5) / 4294967296.0));
        var angle = ((angleWord >> 30) + ((angleWord & 0x3FFFFFFF) + 0.5) / 1073741824.0 - 0.5) * (Math.PI / 2);
        return IsRounded(radius * Math.Cos(angle), cos, radius) && IsRounded(radius * Math.Sin(angle), sin, radius);
    }

    private static bool IsRounded(double exact, float drawn, double radius) =>
        Math.Abs(exact - drawn) <= Math.ScaleB(Math.Abs(exact), -24) + 1e-13 * radius + float.Epsilon;
}
