using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ddpm.Pure.Random;

/// <summary>
/// Standard normal numbers by Box and Muller (1958), from integers by + − × ÷ √ in double precision alone, with one final rounding to float. They are the same
/// bits on every processor, in every port, and in the scalar and the vector path.
/// <para>
/// The four words w₀…w₃ of a Philox block give the four normals at positions 4b … 4b+3:
/// r(w₀)·cos θ(w₁), r(w₀)·sin θ(w₁), r(w₂)·cos θ(w₃), r(w₂)·sin θ(w₃), where r(w) = √(−2 ln((w + ½)·2⁻³²)) and θ(w) is the angle of
/// quadrant w div 2³⁰ plus (π/2)·φ, φ = ((w mod 2³⁰) + ½)·2⁻³⁰ − ½. No uniform is 0 or 1, so no normal is infinite; the largest is 6.76.
/// </para>
/// <para>
/// ln(2ᵏm), with m in [√½, √2) and s = (m − 1)/(m + 1), is k·ln 2 + 2s·A(s²), A(q) = Σ qⁿ/(2n + 1) for n = 0…8; the sine and cosine are
/// the Taylor series of x = (π/2)·φ to x¹³ and x¹⁴. All sums are in Horner form, from the highest power down, with no fused operations.
/// </para>
/// </summary>
public static class Normal
{
    private const double Ln2 = 0.6931471805599453, HalfPi = 1.5707963267948966;
    private const long SqrtHalfBits = 0x3FE6A09E667F3BCD;
    private const uint PhaseMask = 0x3FFFFFFF;
    private const double TwoToMinus30 = 1.0 / 1073741824.0;

    // Added to the bits of a small integer, these make a double with that integer in its low mantissa bits. So every instruction set can convert.
    private const ulong UnsignedMagicBits = 0x4330000000000000;
    private const long SignedMagicBits = 0x4338000000000000;
    private const double UnsignedMagic = 4503599627370496.0, SignedMagic = 6755399441055744.0;

    private const double A1 = 1.0 / 3, A2 = 1.0 / 5, A3 = 1.0 / 7, A4 = 1.0 / 9, A5 = 1.0 / 11, A6 = 1.0 / 13, A7 = 1.0 / 15, A8 = 1.0 / 17;
    private const double S1 = -1.0 / 6, S2 = 1.0 / 120, S3 = -1.0 / 5040, S4 = 1.0 / 362880, S5 = -1.0 / 39916800, S6 = 1.0 / 6227020800;
    private const double C1 = -1.0 / 2, C2 = 1.0 / 24, C3 = -1.0 / 720, C4 = 1.0 / 40320, C5 = -1.0 / 3628800, C6 = 1.0 / 479001600,
        C7 = -1.0 / 87178291200;

    /// <summary>The normal at one position.</summary>
    public static float At(Draws draws, int position)
    {
        var block = draws.Block((uint)position >> 2);
        var (cos, sin) = (position & 2) == 0 ? Pair(block.W0, block.W1) : Pair(block.W2, block.W3);
        return (position & 1) == 0 ? cos : sin;
    }

    /// <summary>Fills the normals at positions from, from + 1, …; computes whole blocks in vectors of four if the processor supports them.</summary>
    public static void Fill(Draws draws, Span<float> destination, int from)
    {
        var i = 0;
        for (; i < destination.Length && ((from + i) & 3) != 0; i++)
        {
            destination[i] = At(draws, from + i);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 16 <= destination.Length; i += 16)
            {
                FillFourBlocks(draws, (uint)(from + i) >> 2, destination.Slice(i, 16));
            }
        }

        for (; i + 4 <= destination.Length; i += 4)
        {
            var block = draws.Block((uint)(from + i) >> 2);
            (destination[i], destination[i + 1]) = Pair(block.W0, block.W1);
            (destination[i + 2], destination[i + 3]) = Pair(block.W2, block.W3);
        }

        for (; i < destination.Length; i++)
        {
            destination[i] = At(draws, from + i);
        }
    }

    internal static (float Cos, float Sin) Pair(uint radiusWord, uint angleWord)
    {
        var (cos, sin) = PairBeforeRounding(radiusWord, angleWord);
        return ((float)cos, (float)sin);
    }

    /// <summary>The scalar definition. The vector path below performs exactly these operations in this order.</summary>
    internal static (double Cos, double Sin) PairBeforeRounding(uint radiusWord, uint angleWord)
    {
        var bits = BitConverter.DoubleToInt64Bits(radiusWord + 0.5);
        var k = (bits - SqrtHalfBits) >> 52;
        var m = BitConverter.Int64BitsToDouble(bits - (k << 52));
        var s = (m - 1) / (m + 1);
        var q = s * s;
        var a = (((((((A8 * q + A7) * q + A6) * q + A5) * q + A4) * q + A3) * q + A2) * q + A1) * q + 1;
        var radius = Math.Sqrt(-2 * ((k - 32) * Ln2 + 2 * s * a));

        var x = (((angleWord & PhaseMask) + 0.5) * TwoToMinus30 - 0.5) * HalfPi;
        var y = x * x;
        var sin = x * ((((((S6 * y + S5) * y + S4) * y + S3) * y + S2) * y + S1) * y + 1);
        var cos = ((((((C7 * y + C6) * y + C5) * y + C4) * y + C3) * y + C2) * y + C1) * y + 1;
        var quadrant = angleWord >> 30;
        var (c, d) = (quadrant & 1) == 0 ? (cos, sin) : (sin, cos);
        c = ((quadrant + 1) & 2) == 0 ? c : -c;
        d = (quadrant & 2) == 0 ? d : -d;
        return (radius * c, radius * d);
    }

    private static void FillFourBlocks(Draws draws, uint firstBlock, Span<float> destination)
    {
        var low = Vector256.Create(0xFFFFFFFFUL);
        var c0 = (Vector256.Create((ulong)firstBlock) + Vector256.Create(0UL, 1, 2, 3)) & low;
        var c1 = Vector256.Create((ulong)draws.Index);
        var c2 = Vector256.Create((ulong)draws.Step);
        var c3 = Vector256.Create((ulong)draws.Name);
        uint k0 = (uint)draws.Seed, k1 = (uint)(draws.Seed >> 32);
        for (var round = 0; round < Philox.Rounds; round++)
        {
            var product0 = Product(c0, Philox.Multiplier0);
            var product1 = Product(c2, Philox.Multiplier1);
            c0 = (product1 >>> 32) ^ c1 ^ Vector256.Create((ulong)k0);
            c2 = (product0 >>> 32) ^ c3 ^ Vector256.Create((ulong)k1);
            c1 = product1 & low;
            c3 = product0 & low;
            k0 += Philox.KeyIncrement0;
            k1 += Philox.KeyIncrement1;
        }

        var (cos0, sin0) = PairsBeforeRounding(c0, c1);
        var (cos1, sin1) = PairsBeforeRounding(c2, c3);
        var (z0, z1, z2, z3) = (ToSingle(cos0), ToSingle(sin0), ToSingle(cos1), ToSingle(sin1));
        for (var lane = 0; lane < 4; lane++)
        {
            var block = destination.Slice(4 * lane, 4);
            (block[0], block[1], block[2], block[3]) = (z0[lane], z1[lane], z2[lane], z3[lane]);
        }
    }

    /// <summary>The 64-bit products of the low halves.</summary>
    private static Vector256<ulong> Product(Vector256<ulong> words, uint multiplier) => Avx2.IsSupported
        ? Avx2.Multiply(words.AsUInt32(), Vector256.Create((ulong)multiplier).AsUInt32())
        : words * Vector256.Create((ulong)multiplier);

    internal static (Vector256<double> Cos, Vector256<double> Sin) PairsBeforeRounding(Vector256<ulong> radiusWords, Vector256<ulong> angleWords)
    {
        var one = Vector256.Create(1.0);
        var half = Vector256.Create(0.5);
        var bits = (FromUnsigned(radiusWords) + half).AsInt64();
        // Before AVX-512 there is no arithmetic shift of 64-bit lanes. Adding 64 makes the exponent non-negative, so a logical shift works.
        var k = ((bits - Vector256.Create(SqrtHalfBits) + Vector256.Create(64L << 52)) >>> 52) - Vector256.Create(64L);
        var m = (bits - (k << 52)).AsDouble();
        var s = (m - one) / (m + one);
        var q = s * s;
        var a = Vector256.Create(A8) * q + Vector256.Create(A7);
        a = a * q + Vector256.Create(A6);
        a = a * q + Vector256.Create(A5);
        a = a * q + Vector256.Create(A4);
        a = a * q + Vector256.Create(A3);
        a = a * q + Vector256.Create(A2);
        a = a * q + Vector256.Create(A1);
        a = a * q + one;
        var exponent = (k - Vector256.Create(32L) + Vector256.Create(SignedMagicBits)).AsDouble() - Vector256.Create(SignedMagic);
        var radius = Vector256.Sqrt(Vector256.Create(-2.0) * (exponent * Vector256.Create(Ln2) + Vector256.Create(2.0) * s * a));

        var x = ((FromUnsigned(angleWords & Vector256.Create((ulong)PhaseMask)) + half) * Vector256.Create(TwoToMinus30) - half) * Vector256.Create(HalfPi);
        var y = x * x;
        var sin = Vector256.Create(S6) * y + Vector256.Create(S5);
        sin = sin * y + Vector256.Create(S4);
        sin = sin * y + Vector256.Create(S3);
        sin = sin * y + Vector256.Create(S2);
        sin = sin * y + Vector256.Create(S1);
        sin = x * (sin * y + one);
        var cos = Vector256.Create(C7) * y + Vector256.Create(C6);
        cos = cos * y + Vector256.Create(C5);
        cos = cos * y + Vector256.Create(C4);
        cos = cos * y + Vector256.Create(C3);
        cos = cos * y + Vector256.Create(C2);
        cos = cos * y + Vector256.Create(C1);
        cos = cos * y + one;
        var quadrants = angleWords >>> 30;
        var even = Vector256.Equals(quadrants & Vector256.Create(1UL), Vector256<ulong>.Zero).AsDouble();
        var c = Vector256.ConditionalSelect(even, cos, sin).AsUInt64() ^ (((quadrants + Vector256.Create(1UL)) & Vector256.Create(2UL)) << 62);
        var d = Vector256.ConditionalSelect(even, sin, cos).AsUInt64() ^ ((quadrants & Vector256.Create(2UL)) << 62);
        return (radius * c.AsDouble(), radius * d.AsDouble());
    }

    private static Vector256<double> FromUnsigned(Vector256<ulong> words) =>
        (words | Vector256.Create(UnsignedMagicBits)).AsDouble() - Vector256.Create(UnsignedMagic);

    private static Vector128<float> ToSingle(Vector256<double> values) => Avx.IsSupported
        ? Avx.ConvertToVector128Single(values)
        : Vector128.Narrow(values.GetLower(), values.GetUpper());
}
