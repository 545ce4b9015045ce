using Ddpm.Pure.Formats;
using Xunit;

namespace Ddpm.Properties.Formats;

public sealed class Crc32Laws
{
    /// <summary>The check value in the catalogue of parametrised CRC algorithms.</summary>
    [Fact]
    public void Of_nine_digits_it_is_the_published_one() => Assert.Equal(0xcbf43926, Crc32.Of("123456789"u8));

    /// <summary>The remainder of a sum is the sum of the remainders: for a, b and c of one length, crc(a ⊕ b ⊕ c) = crc(a) ⊕ crc(b) ⊕ crc(c).</summary>
    [Law]
    public bool It_is_affine(byte[] a, byte[] b) =>
        Padded(a, b) is var (one, two)
        && Crc32.Of([.. one.Zip(two, (x, y) => (byte)(x ^ y))]) == (Crc32.Of(one) ^ Crc32.Of(two) ^ Crc32.Of(new byte[one.Length]));

    /// <summary>It tells any two messages apart that differ within 32 bits.</summary>
    [Law]
    public bool No_changed_byte_escapes(byte[] bytes, byte change, int place)
    {
        var before = (byte[])[1, .. bytes];
        var after = (byte[])before.Clone();
        after[(int)((uint)place % after.Length)] ^= change;
        return Crc32.Of(before) == Crc32.Of(after) == (change == 0);
    }

    private static (byte[] One, byte[] Two) Padded(byte[] a, byte[] b) => Math.Min(a.Length, b.Length) is var length ? (a[..length], b[..length]) : default;
}
