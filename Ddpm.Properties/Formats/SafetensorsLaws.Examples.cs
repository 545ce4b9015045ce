using System.Buffers.Binary;
using System.Text;
using Ddpm.Pure.Formats;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Formats.Decoding;

namespace Ddpm.Properties.Formats;

/// <content>Known answers, and what is refused with which words.</content>
public sealed partial class SafetensorsLaws
{
    /// <summary>The first two byte for byte as the format's reference library has them in its tests.</summary>
    [Theory]
    [InlineData("attn.0", new long[] { 1, 2, 3 }, 64, "{\"attn.0\":{\"dtype\":\"F32\",\"shape\":[1,2,3],\"data_offsets\":[0,24]}}")]
    [InlineData(
        "attn0", new long[] { 1, 1, 2, 3 }, 72,
        "{\"attn0\":{\"dtype\":\"F32\",\"shape\":[1,1,2,3],\"data_offsets\":[0,24]}}       ")]
    [InlineData("é\"漢", new long[] { 6 }, 64, "{\"é\\\"漢\":{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[0,24]}}   ")]
    public void Files_are_those_of_the_reference_library(string name, long[] shape, byte length, string header)
    {
        byte[] data = [0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 160, 64];
        byte[] reference = [length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(header), .. data];
        var file = Remake([Tensor(name, SafetensorsType.F32, shape, data)]);
        Assert.Equal(reference, Safetensors.Write(file).ToArray());
        Assert.Equal(file, Safetensors.Read(reference).Valid());
    }

    [Fact]
    public void A_file_without_tensors_is_an_empty_object()
    {
        byte[] empty = [8, 0, 0, 0, 0, 0, 0, 0, .. "{}      "u8];
        Assert.Equal(empty, Safetensors.Write(Remake([])).ToArray());
        Assert.Equal(Remake([]), Safetensors.Read(empty).Valid());
    }

    [Fact]
    public void Metadata_come_first_and_by_key()
    {
        var metadata = Prelude.HashMap(("😀", "3"), ("\ue000", "2"), ("b", "1"), ("a", "0\n"));
        var file = Remake([Tensor("w", SafetensorsType.U8, [1], [7])], metadata);
        const string Header = "{\"__metadata__\":{\"a\":\"0\\n\",\"b\":\"1\",";
        var written = Encoding.UTF8.GetString(Safetensors.Write(file).Span[8..]);
        Assert.StartsWith(Header, written, StringComparison.Ordinal);
        Assert.True(written.IndexOf("\"2\"", StringComparison.Ordinal) < written.IndexOf("\"3\"", StringComparison.Ordinal));
        Assert.Equal(file, Safetensors.Read(Safetensors.Write(file)).Valid());
    }

    [Fact]
    public void The_order_and_white_space_of_another_writers_header_do_not_matter()
    {
        var foreign = File(
            """
            { "late" : { "data_offsets" : [ 1 , 5 ] , "shape" : [ ] , "dtype" : "I32" } ,
              "\u0065arly": {"shape":[1],"dtype":"U8","data_offsets":[0,1]},
              "none": {"shape":[0,9],"dtype":"F64","data_offsets":[5,5]},
              "__metadata__": {} }
            """,
            [9, 1, 0, 0, 0]);
        var expected = Remake(
        [
            Tensor("early", SafetensorsType.U8, [1], [9]),
            Tensor("late", SafetensorsType.I32, [], [1, 0, 0, 0]),
            Tensor("none", SafetensorsType.F64, [0, 9], []),
        ]);
        Assert.Equal(expected, Safetensors.Read(foreign).Valid());
    }

    /// <summary>Computed in Python as the documentation of Checksum says.</summary>
    [Fact]
    public void The_checksum_is_that_of_the_published_recipe()
    {
        var floats = new byte[24];
        for (var i = 0; i < 6; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(floats.AsSpan(4 * i), i);
        }

        var file = Remake(
        [
            Tensor("😀", SafetensorsType.BF16, [1, 1], [0x80, 0x3f]),
            Tensor("\ue000", SafetensorsType.I64, [0], []),
            Tensor("b.weight", SafetensorsType.F32, [2, 3], floats),
            Tensor("a", SafetensorsType.U8, [], [7]),
        ]);
        Assert.Equal("528bcdffeea9445679881427803194607baa8b8ab9172d3aa0fe40e781e2b25c", Safetensors.Checksum(file));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}""", "gap that begins at 0")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}""",
        "gap that begins at 2")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""",
        "the tensor before it ends at 3")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""",
        "the tensor before it ends at 4")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[0],"data_offsets":[4,3]}}""",
        "ends before it begins")]
    [InlineData("""{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}}""", "only 4 bytes of data")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", "only 4 bytes of data")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", "last 1 bytes")]
    [InlineData("{}", "last 4 bytes")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,4]}}""", "U8 [3] needs 3 bytes of data, got 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}""", "larger than any memory")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""",
        "'a' appears more than once")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""",
        "'a' appears more than once")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "unknown or repeated field")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"shape":[4],"data_offsets":[0,4]}}""", "unknown or repeated field")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"data_offsets":[0,4]}}""", "unknown or repeated field")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"stride":[1]}}""", "unknown or repeated field")]
    [InlineData(
        """{"__metadata__":{},"__metadata__":{},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""",
        "metadata appear twice")]
    [InlineData(
        """{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""",
        "metadata 'k' appears twice")]
    [InlineData("""{"__metadata__":{"k":1},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "metadata 'k' is not text")]
    [InlineData("""{"__metadata__":{"\ud800":"1"},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "a metadata key is not valid Unicode")]
    [InlineData("""{"__metadata__":["k"],"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "metadata are not an object")]
    [InlineData("""{"a":{"dtype":"u8","shape":[4],"data_offsets":[0,4]}}""", "type 'u8' of tensor 'a' is not one of BOOL, U8")]
    [InlineData("""{"a":{"dtype":8,"shape":[4],"data_offsets":[0,4]}}""", "is not text")]
    [InlineData("""{"a":{"shape":[4],"data_offsets":[0,4]}}""", "lacks")]
    [InlineData("""{"a":[4]}""", "at byte 13: tensor 'a' is not an object")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}""", "shape of tensor 'a'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}""", "shape of tensor 'a'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4e0],"data_offsets":[0,4]}}""", "shape of tensor 'a'")]
    [InlineData("""{"a":{"dtype":"U8","shape":["4"],"data_offsets":[0,4]}}""", "shape of tensor 'a'")]
    [InlineData("""{"a":{"dtype":"U8","shape":4,"data_offsets":[0,4]}}""", "shape of tensor 'a'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[4]}}""", "data_offsets of tensor 'a'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}""", "data_offsets of tensor 'a'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,18446744073709551616]}}""", "data_offsets of tensor 'a'")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""",
        "at most 32")]
    [InlineData("""{"a":{"dtype":"U8","shape":[[[[[[4]]]]]],"data_offsets":[0,4]}}""", "not JSON")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},}""", "not JSON")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}x""", "not JSON")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}""", "not JSON")]
    [InlineData("""{/**/"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "not JSON")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "not valid Unicode")]
    [InlineData("""{"__metadata__":{"k":"\udc00"},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "not text")]
    [InlineData(""" {"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "begin with '{'")]
    [InlineData("[]", "begin with '{'")]
    [InlineData("", "begin with '{'")]
    public void What_is_not_exactly_a_safetensors_file_is_an_error_that_says_so(string header, string reason) =>
        Assert.Contains(reason, Safetensors.Read(File(header, new byte[4])).Message(), StringComparison.Ordinal);

    [Theory]
    [InlineData(ulong.MaxValue, "18446744073709551615")]
    [InlineData(100_000_001, "100000000 are allowed")]
    [InlineData(100_000_000, "beyond the file")]
    [InlineData(3, "beyond the file")]
    public void A_header_that_claims_to_be_too_long_is_an_error_and_allocates_nothing(ulong length, string reason)
    {
        var file = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        Assert.Contains(reason, Safetensors.Read(file).Message(), StringComparison.Ordinal);
        Assert.True(AllocatesLittle(Safetensors.Read, file));
    }

    [Fact]
    public void A_file_that_ends_within_its_length_is_an_error_that_says_so() => Assert.Contains(
        "7 bytes are too few for the length of a header", Safetensors.Read(new byte[7]).Message(), StringComparison.Ordinal);

    [Fact]
    public void A_file_of_a_length_alone_has_an_empty_header() =>
        Assert.Contains("begin with '{'", Safetensors.Read(new byte[8]).Message(), StringComparison.Ordinal);

    [Fact]
    public void Types_have_the_published_names_and_widths() => Assert.Equal(
        [
            ("BOOL", 1), ("U8", 1), ("I8", 1), ("F8_E5M2", 1), ("F8_E4M3", 1), ("I16", 2), ("U16", 2), ("F16", 2), ("BF16", 2),
            ("I32", 4), ("U32", 4), ("F32", 4), ("F64", 8), ("I64", 8), ("U64", 8),
        ],
        SafetensorsType.All.Map(type => (type.Name, type.ItemBytes)).AsEnumerable());

    [Fact]
    public void Tensors_that_differ_in_name_type_shape_or_data_alone_differ()
    {
        var tensor = Tensor("w", SafetensorsType.F32, [1, 2], new byte[8]);
        Assert.NotEqual(tensor, Retype(tensor, name: "v"));
        Assert.NotEqual(tensor, Retype(tensor, type: SafetensorsType.I32));
        Assert.NotEqual(tensor, Retype(tensor, shape: new Arr<long>([2, 1])));
        Assert.NotEqual(tensor, Retype(tensor, data: [1, 0, 0, 0, 0, 0, 0, 0]));
        Assert.NotEqual(tensor, Tensor("v", SafetensorsType.I32, [1, 2], new byte[8]));
    }

    [Fact]
    public void Why_a_tensor_or_a_file_cannot_be_made_is_told()
    {
        Assert.Equal(
            ["tensor '__metadata__': the format reserves this name"],
            SafetensorsTensor.Of("__metadata__", SafetensorsType.U8, new Arr<long>([1]), new byte[1]).Faults());
        Assert.Equal(
            ["tensor '\ufffd': the name is not valid Unicode"],
            SafetensorsTensor.Of("\ud800", SafetensorsType.U8, new Arr<long>([1]), new byte[1]).Faults());
        Assert.Equal(["metadata 'k' is not valid Unicode"], SafetensorsFile.Of([], Prelude.HashMap(("k", "\udfff"))).Faults());
    }

    /// <summary>A hundred million characters are too many by the few that stand round them.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_header_that_would_be_longer_than_the_format_allows_cannot_be_made(bool metadata)
    {
        var text = new string('a', Safetensors.MaxHeaderBytes);
        var file = metadata
            ? SafetensorsFile.Of([], Prelude.HashMap(("key", text)))
            : SafetensorsFile.Of([Tensor(text, SafetensorsType.U8, [0], [])], Prelude.HashMap<string, string>());
        var fault = Assert.Single(file.Faults());
        Assert.Matches("^names and metadata need 1000000[0-9]{2} bytes, but at most 100000000 are allowed: shorten them$", fault);
    }

    [Fact]
    public void A_header_that_is_not_UTF_8_is_an_error()
    {
        byte[] file = [4, 0, 0, 0, 0, 0, 0, 0, .. "{\""u8, 0xc3, .. "}"u8];
        Assert.Contains("UTF-8", Safetensors.Read(file).Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_million_brackets_are_an_error_and_allocate_nothing()
    {
        var file = File($"{{\"a\":{new string('[', 1_000_000)}", []);
        Assert.Contains("not an object", Safetensors.Read(file).Message(), StringComparison.Ordinal);
        var deeper = File($"{{\"a\":{{\"shape\":{new string('[', 1_000_000)}", []);
        Assert.Contains("not JSON", Safetensors.Read(deeper).Message(), StringComparison.Ordinal);
        Assert.True(AllocatesLittle(Safetensors.Read, deeper));
    }

    [Fact]
    public void A_name_that_would_move_the_cursor_or_fill_the_screen_is_quoted_harmlessly()
    {
        var message = Safetensors.Read(File($"{{\"\\u001b[2J{new string('x', 1000)}\":0}}", [])).Message();
        Assert.Contains("\\u{1b}[2Jxxx", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Large_data_are_not_copied()
    {
        var file = Safetensors.Write(Remake([Tensor("w", SafetensorsType.U8, [1024, 1024], new byte[1024 * 1024])]));
        Safetensors.Read(file).Valid();
        var (read, allocated) = Allocated(() => Safetensors.Read(file).Valid());
        Assert.InRange(allocated, 0, 20_000);
        Assert.Equal(1024 * 1024, read.Tensors[0].Data.Length);
    }

    [Fact]
    public void Ten_thousand_tensors_allocate_in_proportion_to_their_header()
    {
        var file = Safetensors.Write(Remake(Enumerable.Range(0, 10_000).Select(i => Tensor($"{i}", SafetensorsType.U8, [0], []))));
        Safetensors.Read(file).Valid();
        Assert.InRange(Allocated(() => Safetensors.Read(file).Valid()).Bytes, 0, 16 * file.Length);
    }

    [Fact]
    public void Tensors_and_files_that_cannot_be_written_cannot_be_made()
    {
        Assert.Equal(2, SafetensorsTensor.Of("__metadata__", SafetensorsType.F32, new Arr<long>([2]), new byte[4]).FailToSeq().Count);
        Assert.True(SafetensorsTensor.Of("w", SafetensorsType.F32, new Arr<long>([-1, -1]), new byte[4]).IsFail);

        var twice = Tensor("w", SafetensorsType.U8, [1], [1]);
        var other = Tensor("v", SafetensorsType.U8, [1], [1]);
        Assert.Equal(3, SafetensorsFile.Of([twice, other, twice, other], Prelude.HashMap(("\udfff", ""))).FailToSeq().Count);
    }

    [Fact]
    public void Files_of_2_GiB_cannot_be_made_and_say_so()
    {
        var shared = new byte[10_000_000];
        var tensors = Enumerable.Range(0, 220).Select(i => Tensor($"w{i}", SafetensorsType.U8, [10_000_000], shared));
        var error = Assert.Single(SafetensorsFile.Of(tensors, Prelude.HashMap<string, string>()).FailToSeq());
        Assert.Contains("use several files", error.Message, StringComparison.Ordinal);
    }
}
