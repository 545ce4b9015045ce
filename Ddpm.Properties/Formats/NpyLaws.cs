using System.Buffers.Binary;
using Ddpm.Pure.Formats;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Formats.Decoding;

namespace Ddpm.Properties.Formats;

[Properties(Arbitrary = [typeof(FormatGenerators), typeof(Generators)])]
public sealed class NpyLaws
{
    [Law]
    public bool Reading_what_was_written_returns_the_array(NpyArray array) => Npy.Read(Npy.Write(array)).Valid().Equals(array);

    [Law]
    public bool Writing_what_was_read_returns_the_bytes(NpyArray array)
    {
        var file = Npy.Write(array);
        return Npy.Write(Npy.Read(file).Valid()).Span.SequenceEqual(file.Span);
    }

    [Law]
    public bool A_file_is_its_header_and_its_data_which_begin_at_a_multiple_of_64(NpyArray array)
    {
        var header = Npy.Header(array.Type, array.Shape);
        return header.Length % 64 == 0 && header.Append(array.Data.Span).Span.SequenceEqual(Npy.Write(array).Span);
    }

    [Law]
    public bool The_data_are_a_slice_of_the_file(NpyArray array)
    {
        var file = Npy.Write(array);
        return Npy.Read(file).Valid().Data.Equals(file[^array.Data.Length..]);
    }

    [Law]
    public bool Arrays_are_equal_when_their_bytes_are(NpyArray one, NpyArray other) =>
        one.Equals(other) == Npy.Write(one).Span.SequenceEqual(Npy.Write(other).Span);

    [Law]
    public bool Equality_is_by_content(NpyArray array) =>
        NpyArray.Of(array.Type, array.Shape, array.Data.ToArray()).Valid() is var copy && copy.Equals(array) && copy.GetHashCode() == array.GetHashCode();

    [Law]
    public bool Every_truncation_is_an_error(NpyArray array)
    {
        var file = Npy.Write(array);
        return Enumerable.Range(0, file.Length).All(length => Npy.Read(file[..length]).IsFail);
    }

    [Law]
    public bool A_byte_too_many_is_an_error(NpyArray array, byte more) => Npy.Read(Npy.Write(array).Append(more)).IsFail;

    [Law]
    public bool A_flipped_bit_of_the_header_is_an_error_or_leaves_the_data_as_they_are(NpyArray array)
    {
        var file = Npy.Write(array);
        return Enumerable.Range(0, 8 * (file.Length - array.Data.Length)).All(bit =>
            Npy.Read(file.FlipBit(bit)).Match(
                Succ: read => read.Data.Span.SequenceEqual(array.Data.Span) && Npy.Read(Npy.Write(read)).Valid().Equals(read),
                Fail: error => error.Message.Length > 0));
    }

    [Law(cases: 1000)]
    public bool Any_bytes_are_an_array_or_an_error(byte[] bytes, bool withMagic, bool withBraces)
    {
        var text = withBraces ? [(byte)'{', .. bytes, (byte)'}'] : bytes;
        byte[] file = withMagic ? [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, 0, .. text] : text;
        return Npy.Read(file).Match(Succ: _ => true, Fail: _ => true);
    }

    [Law]
    public bool Whatever_the_bytes_claim_decoding_allocates_no_more_than_their_length_and_a_constant(NpyArray array, Place place, byte mask)
    {
        var file = Npy.Write(array);
        return AllocatesLittle(Npy.Read, file) && AllocatesLittle(Npy.Read, file.Flip(place.In(file.Length), mask));
    }

    [Law]
    public bool The_order_of_keys_and_white_space_do_not_matter(NpyArray array, Place order, Place space, bool second, bool trailingComma)
    {
        var quote = (space.Number & 1) == 0 ? "'" : "\"";
        var gap = new[] { "", " ", "\n\t ", "   " }[space.In(4)];
        var tuple = $"({string.Join($"{gap},{gap}", array.Shape)}{(array.Shape.Count == 1 ? "," : "")}{gap})";
        string[] items =
        [
            $"{quote}descr{quote}{gap}:{gap}{quote}{array.Type.Descr}{quote}",
            $"{quote}fortran_order{quote}:{gap}False",
            $"'shape'{gap}:{tuple}",
        ];
        var chosen = order.In(3);
        string[] ordered = [items[chosen], items[(chosen + (second ? 1 : 2)) % 3], items[(chosen + (second ? 2 : 1)) % 3]];
        var text = $"{gap}{{{gap}{string.Join($"{gap},{gap}", ordered)}{(trailingComma ? $"{gap},{gap}" : gap)}}}{gap}";
        return Npy.Read(File(text, array.Data.Span, version: second ? 1 : 2)).Valid().Equals(array);
    }

    /// <summary>Written by numpy 1.24.</summary>
    [Theory]
    [InlineData("|u1", "(2, 3)", new long[] { 2, 3 }, 118, "000102fdfeff")]
    [InlineData("<f8", "()", new long[0], 118, "000000000000f8bf")]
    [InlineData("<i4", "(0, 7)", new long[] { 0, 7 }, 118, "")]
    [InlineData("<f4", "(3,)", new long[] { 3 }, 118, "cdcccc3d000000800000c07f")]
    [InlineData("<u4", "(1,)", new long[] { 1 }, 118, "ffffffff")]
    [InlineData("<i8", "(1, 1, 1)", new long[] { 1, 1, 1 }, 118, "ffffffffffffffff")]
    // Here the header would fit without padding, and gets 64 spaces.
    [InlineData("|u1", "(0, 10, 10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)", new long[] { 0, 10, 10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 182, "")]
    public void Files_are_those_of_numpy(string descr, string shape, long[] extents, int headerLength, string data)
    {
        var text = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".PadRight(headerLength - 1) + "\n";
        byte[] numpy = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (byte)headerLength, 0, .. Ascii(text), .. Convert.FromHexString(data)];
        var array = Array(descr, new Arr<long>(extents), Convert.FromHexString(data));
        Assert.Equal(array, Npy.Read(numpy).Valid());
        Assert.Equal(numpy, Npy.Write(array).ToArray());
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "Fortran order")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "type '|O' is not one of |u1, <i4, <u4, <i8, <f4, <f8")]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "type '>f4' is not one of")]
    [InlineData("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", "records are not read")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, }", "lacks")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }", "True or False")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1), }", "tuple")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (01,), }", "tuple")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "tuple")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (,), }", "tuple")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,), }", "tuple")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807,), }", "larger than any memory")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2147483648, 2147483648, 0, 4), }", "larger than any memory")]
    [InlineData(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1), }",
        "at most 32")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "<f4 [2] needs 8 bytes of data, got 4")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'descr': '<f4'}", "'descr' is unknown or given twice")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'extra': '<f4'}", "'extra' is unknown or given twice")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", "nothing more")]
    [InlineData("{'descr': '<f4' 'fortran_order': False, 'shape': (1,), }", "','")]
    [InlineData("{'descr': '<f4', , 'fortran_order': False, 'shape': (1,), }", "a key")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)", "','")]
    [InlineData("", "'{'")]
    [InlineData("{'descr' '<f4'}", "':'")]
    [InlineData("{'': '<f4'}", "the header's key '' is unknown")]
    [InlineData("{'descr", "a key between quotes")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': 5, }", "tuple")]
    [InlineData("{'shape': (x,)}", "was expected 11 bytes into the header")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", "was expected 58 bytes into the header: the file is damaged")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'a\\b': 1}", "a key")]
    [InlineData("{'descr': '<f4\u007f', 'fortran_order': False, 'shape': (1,)}", "one type between quotes")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1 1), }", "tuple")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,,), }", "tuple")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'fortran_order': False, 'shape': (1,), }", "'fortran_order' is unknown or given twice")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (1,), }", "'shape' is unknown or given twice")]
    [InlineData("{'fortran_order': False, 'shape': (1,), }", "lacks")]
    [InlineData("{'descr': '<f4', 'shape': (1,), }", "lacks")]
    public void What_numpy_would_not_write_or_we_do_not_read_is_an_error_that_says_so(string header, string reason) =>
        Assert.Contains(reason, Npy.Read(File(header, new byte[4])).Message(), StringComparison.Ordinal);

    [Fact]
    public void A_file_of_another_kind_or_version_is_an_error_that_says_so()
    {
        Assert.Contains("magic", Npy.Read(Ascii("PK some other file")).Message(), StringComparison.Ordinal);
        Assert.Contains("magic", Npy.Read(ReadOnlyMemory<byte>.Empty).Message(), StringComparison.Ordinal);
        Assert.Contains("version 3.0", Npy.Read(File("{}", [], version: 3)).Message(), StringComparison.Ordinal);
        Assert.Contains("version 1.1", Npy.Read((byte[])[0x93, .. "NUMPY"u8, 1, 1, 0, 0]).Message(), StringComparison.Ordinal);
        Assert.Contains("magic", Npy.Read((byte[])[0x94, .. "NUMPY"u8, 1, 0, 0, 0]).Message(), StringComparison.Ordinal);
        Assert.Contains(
            "at byte 8: the file ends within the length of its header", Npy.Read((byte[])[0x93, .. "NUMPY"u8, 2, 0, 0, 0, 0]).Message(),
            StringComparison.Ordinal);
        Assert.Contains("at byte 8: a header of 1 bytes", Npy.Read((byte[])[0x93, .. "NUMPY"u8, 1, 0, 1, 0]).Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_length_of_4_GiB_is_an_error_and_allocates_nothing()
    {
        ReadOnlyMemory<byte> file = (byte[])[0x93, .. "NUMPY"u8, 2, 0, 0xff, 0xff, 0xff, 0xff, .. "{}"u8];
        Assert.Contains("4294967295", Npy.Read(file).Message(), StringComparison.Ordinal);
        Assert.True(AllocatesLittle(Npy.Read, file));
    }

    [Fact]
    public void Large_data_are_not_copied()
    {
        var file = Npy.Write(Array("|u1", Prelude.Array(1024L, 1024L), new byte[1024 * 1024]));
        Npy.Read(file).Valid();
        var (array, allocated) = Allocated(() => Npy.Read(file).Valid());
        Assert.InRange(allocated, 0, 10_000);
        Assert.Equal(1024 * 1024, array.Data.Length);
    }

    [Fact]
    public void Headers_describe_arrays_larger_than_memory_but_no_impossible_ones()
    {
        Assert.Equal(128, Npy.Header(NpyType.F4, Prelude.Array(1_000_000_000L, 1_000_000L)).Length);
        Assert.Equal(128, Npy.Header(NpyType.F4, default).Length);
        Assert.Equal(128, Npy.Header(NpyType.U1, Prelude.Array(long.MaxValue)).Length);
        // Twenty spaces to grow fit just below 128; two more would not.
        Assert.Equal(128, Npy.Header(NpyType.U1, new Arr<long>(Enumerable.Repeat(1L, 14))).Length);
        Assert.Throws<ArgumentException>(() => Npy.Header(NpyType.F4, Prelude.Array(-1L)));
        Assert.Throws<ArgumentException>(() => Npy.Header(NpyType.F4, Prelude.Array(long.MaxValue)));
        Assert.Throws<ArgumentException>(() => Npy.Header(NpyType.F4, new Arr<long>(new long[33])));
    }

    [Theory]
    [InlineData(new long[] { 2, -3 }, "shape [2, -3] has a negative extent")]
    [InlineData(new long[] { -2, -3 }, "shape [-2, -3] has a negative extent")]
    [InlineData(new long[] { long.MaxValue, 2 }, "shape [9223372036854775807, 2] is larger than any memory")]
    [InlineData(new long[] { 2, 4 }, "<f4 [2, 4] needs 32 bytes of data, got 24")]
    [InlineData(new long[] { 5 }, "<f4 [5] needs 20 bytes of data, got 24")]
    public void Why_an_array_cannot_be_made_is_told(long[] shape, string reason) =>
        Assert.Equal([reason], NpyArray.Of(NpyType.F4, new Arr<long>(shape), new byte[24]).Faults());

    [Fact]
    public void More_dimensions_than_numpy_reads_are_refused() => Assert.Equal(
        ["it has 33 dimensions, but at most 32 are supported"],
        NpyArray.Of(NpyType.U1, new Arr<long>(Enumerable.Repeat(1L, 33)), new byte[1]).Faults());

    [Fact]
    public void Arrays_that_differ_in_type_shape_or_data_alone_differ()
    {
        var array = Array("<f4", Prelude.Array(1L, 2L), new byte[8]);
        Assert.NotEqual(array, Array("<i4", Prelude.Array(1L, 2L), new byte[8]));
        Assert.NotEqual(array, Array("<f4", Prelude.Array(2L, 1L), new byte[8]));
        Assert.NotEqual(array, Array("<f4", Prelude.Array(1L, 2L), [1, 0, 0, 0, 0, 0, 0, 0]));
        Assert.NotEqual(array, Array("<i8", Prelude.Array(1L), new byte[8]));
    }

    private static NpyArray Array(string descr, Arr<long> shape, byte[] data) =>
        NpyArray.Of(NpyType.All.First(type => type.Descr == descr), shape, data).Valid();

    private static ReadOnlyMemory<byte> File(string header, ReadOnlySpan<byte> data, int version = 1)
    {
        var length = new byte[version == 1 ? 2 : 4];
        if (version == 1)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)header.Length);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, header.Length);
        }

        return (byte[])[0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. Ascii(header), .. data];
    }
}
