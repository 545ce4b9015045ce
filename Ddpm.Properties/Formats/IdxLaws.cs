using Ddpm.Pure.Formats;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Formats;

[Properties(Arbitrary = [typeof(IdxArrays)])]
public sealed class IdxLaws
{
    [Law]
    public bool Reading_what_was_written_gives_the_array_back(IdxArray array) => Idx.Read(Idx.Write(array)) == array;

    [Law]
    public bool Every_truncation_is_an_error(IdxArray array)
    {
        var bytes = Idx.Write(array);
        return Range(0, bytes.Length).ForAll(length => Idx.Read(bytes[..length]).IsFail);
    }

    [Law]
    public bool Every_byte_too_many_is_an_error(IdxArray array, byte extra) =>
        Idx.Read(Idx.Write(array).ToArray().Append(extra).ToArray()).IsFail;

    [Law]
    public bool Every_flipped_bit_of_the_header_is_an_error_or_says_no_images_as_before(IdxArray array)
    {
        var header = 4 + (4 * array.Shape.Count);
        return Range(0, 8 * header).ForAll(bit => Idx.Read(Idx.Write(array).FlipBit(bit)).Match(
            Succ: other => array.Shape[0] == 0 && other.Shape[0] == 0 && other.Shape.Count == array.Shape.Count,
            Fail: fault => fault.Message.Contains("at offset ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("", 0, "ends")]
    [InlineData("00000803000000", 7, "header of 16")]
    [InlineData("00000801", 4, "header of 8")]
    [InlineData("000008017fffffff00", 8, "2147483647 elements need 2147483647 bytes, but 1 follow")]
    [InlineData("1f8b0803000000010000000100000001ff", 0, "0x1f 0x8b")]
    [InlineData("00000d01000000010000000000", 2, "0x0d")]
    [InlineData("0000080000", 3, "0 axes")]
    [InlineData("0000080500000001000000010000000100000001000000010a", 3, "5 axes")]
    [InlineData("000008020000000100000000", 8, "axis 1 cannot have 0")]
    [InlineData("0000080180000000", 4, "axis 0 cannot have 2147483648")]
    [InlineData("0000080100000002ff", 8, "2 elements need 2 bytes, but 1 follow")]
    public void An_error_names_the_offset_and_the_reason(string hex, int offset, string reason)
    {
        var message = Idx.Read(Convert.FromHexString(hex)).Message();
        Assert.Contains($"at offset {offset}: ", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00000801" + "7fffffff" + "00")]
    [InlineData("00000804" + "7fffffff" + "7fffffff" + "7fffffff" + "7fffffff" + "00")]
    [InlineData("00000804" + "00010000" + "00010000" + "00010000" + "00010000")] // 2⁶⁴ elements: 0 in 64 bits
    [InlineData("00000802" + "00010000" + "00010000")] // 2³² elements: 0 in 32 bits
    public void Sizes_that_the_file_does_not_hold_are_refused_before_anything_is_allocated_for_them(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.True(Idx.Read(bytes).IsFail);
        Assert.True(Decoding.AllocatesLittle(Idx.Read, bytes));
    }

    [Fact]
    public void The_layout_is_the_published_one()
    {
        var array = IdxArray.Of(Array(2, 1, 3), new byte[] { 1, 2, 3, 4, 5, 6 }).Valid();
        Assert.Equal("00000803" + "00000002" + "00000001" + "00000003" + "010203040506", Convert.ToHexStringLower(Idx.Write(array).Span));
    }

    [Fact]
    public void An_array_is_refused_with_all_its_faults_at_once() => Assert.Equal(
        ["axis 0 of an IDX array must have at least 0 elements, got -1", "axis 2 of an IDX array must have at least 1 elements, got 0"],
        IdxArray.Of(Array(-1, 2, 0), default).Faults());

    [Theory]
    [InlineData(new int[0], 1, "an IDX array has 1 to 4 axes, got 0")]
    [InlineData(new[] { 1, 1, 1, 1, 1 }, 1, "an IDX array has 1 to 4 axes, got 5")]
    [InlineData(new[] { 2, 3 }, 5, "an IDX array of 2×3 has 6 elements, got 5")]
    [InlineData(new[] { 65536, 65536 }, 0, "an IDX array of 65536×65536 has 4294967296 elements, got 0")]
    public void An_array_of_another_rank_or_length_is_refused(int[] shape, int length, string reason) =>
        Assert.Equal([reason], IdxArray.Of(shape.ToArr(), new byte[length]).Faults());

    [Law]
    public bool Arrays_are_equal_when_their_files_are(IdxArray one, IdxArray other) =>
        IdxArray.Of(one.Shape, one.Data.ToArray()).Valid() is var copy && copy == one && copy.GetHashCode() == one.GetHashCode()
        && (one == other) == Idx.Write(one).Span.SequenceEqual(Idx.Write(other).Span)
        && (one.Data.IsEmpty || one != IdxArray.Of(one.Shape, one.Data.FlipBit(0)).Valid());

    [Fact]
    public void Arrays_of_the_same_elements_in_another_shape_differ() => Assert.NotEqual(
        IdxArray.Of(Array(2, 3), new byte[6]).Valid(), IdxArray.Of(Array(3, 2), new byte[6]).Valid());
}
