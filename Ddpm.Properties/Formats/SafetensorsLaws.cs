using System.Buffers.Binary;
using System.Text;
using Ddpm.Pure.Formats;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Formats.Decoding;
using static Ddpm.Properties.Formats.FormatGenerators;

namespace Ddpm.Properties.Formats;

[Properties(Arbitrary = [typeof(FormatGenerators)])]
public sealed class SafetensorsLaws
{
    [Law]
    public bool Reading_what_was_written_returns_the_file(SafetensorsFile file) =>
        Safetensors.Read(Safetensors.Write(file)).Value().Equals(file);

    [Law]
    public bool Writing_what_was_read_returns_the_bytes(SafetensorsFile file)
    {
        var bytes = Safetensors.Write(file);
        return Safetensors.Write(Safetensors.Read(bytes).Value()).Span.SequenceEqual(bytes.Span);
    }

    [Law]
    public bool A_file_is_its_header_and_the_data_of_its_tensors(SafetensorsFile file) =>
        file.Tensors.Fold(Safetensors.Header(file), (bytes, tensor) => bytes.Append(tensor.Data.Span)).Span
            .SequenceEqual(Safetensors.Write(file).Span);

    [Law]
    public bool Every_tensor_is_aligned_to_its_elements_and_the_data_to_8(SafetensorsFile file)
    {
        var begin = Safetensors.Header(file).Length;
        var aligned = begin % 8 == 0;
        foreach (var tensor in file.Tensors)
        {
            aligned &= begin % tensor.Type.ItemBytes == 0;
            begin += tensor.Data.Length;
        }

        return aligned;
    }

    [Law]
    public bool Tensors_of_equal_width_stay_in_the_order_given(SafetensorsFile file)
    {
        var given = file.Tensors.Reverse();
        return Remake(given, file.Metadata).Tensors.GroupBy(tensor => tensor.Type.ItemBytes)
            .All(made => made.SequenceEqual(given.Filter(tensor => tensor.Type.ItemBytes == made.Key)));
    }

    [Law]
    public bool The_data_are_slices_of_the_file(SafetensorsFile file)
    {
        var bytes = Safetensors.Write(file);
        var begin = Safetensors.Header(file).Length;
        return Safetensors.Read(bytes).Value().Tensors
            .ForAll(tensor => tensor.Data.Equals(bytes.Slice(begin, tensor.Data.Length)) && (begin += tensor.Data.Length) >= 0);
    }

    [Law]
    public bool Every_tensor_is_found_by_its_name_and_no_other(SafetensorsFile file) =>
        file.Tensors.ForAll(tensor => file.Find(tensor.Name) == Prelude.Some(tensor)) && file.Find("no such name").IsNone;

    [Law]
    public bool Files_are_equal_when_their_bytes_are(SafetensorsFile one, SafetensorsFile other) =>
        one.Equals(other) == Safetensors.Write(one).Span.SequenceEqual(Safetensors.Write(other).Span);

    [Law]
    public bool Equality_is_by_content(SafetensorsFile file) =>
        Remake(file.Tensors.Map(tensor => Retype(tensor, data: tensor.Data.ToArray())), file.Metadata) is var copy
        && copy.Equals(file) && copy.GetHashCode() == file.GetHashCode();

    [Law]
    public bool Every_truncation_is_an_error(SafetensorsFile file)
    {
        var bytes = Safetensors.Write(file);
        return Enumerable.Range(0, bytes.Length).All(length => Safetensors.Read(bytes[..length]).IsFail);
    }

    [Law]
    public bool A_byte_too_many_is_an_error(SafetensorsFile file, byte more) =>
        Safetensors.Read(Safetensors.Write(file).Append(more)).IsFail;

    [Law]
    public bool Flipped_bits_of_the_header_are_an_error_or_leave_the_data_as_they_are(SafetensorsFile file, Place place)
    {
        var bytes = Safetensors.Write(file);
        var header = Safetensors.Header(file).Length;
        return Enumerable.Range(0, 100).All(i =>
            Safetensors.Read(bytes.Flip((int)((place.Number + (i * 7919L)) % header), (byte)(1 << (i % 8)))).Match(
                Succ: read => Data(read).SequenceEqual(Data(file)) && Safetensors.Read(Safetensors.Write(read)).Value().Equals(read),
                Fail: error => error.Message.Length > 0));
    }

    [Law]
    public bool Any_bytes_are_a_file_or_an_error(byte[] bytes, bool withLength)
    {
        byte[] file = withLength ? [(byte)bytes.Length, 0, 0, 0, 0, 0, 0, 0, .. bytes] : bytes;
        return Safetensors.Read(file).Match(Succ: _ => true, Fail: _ => true);
    }

    /// <summary>Pieces of JSON in any order come closer to a header than bytes do.</summary>
    [Law(cases: 2000)]
    public Property Any_tokens_are_a_file_or_an_error() =>
        Prop.ForAll(
            Gen.Elements(
                "{", "}", "[", "]", ":", ",", "\"a\"", "\"b\"", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"U8\"",
                "0", "1", "-1", "null", "1e9", "\"\\ud800\"")
                .ArrayOf().Select(tokens => File($"{{{string.Concat(tokens)}}}", new byte[1])).ToArbitrary(),
            file => Safetensors.Read(file).Match(Succ: _ => true, Fail: _ => true));

    [Law]
    public bool Whatever_the_bytes_claim_decoding_allocates_no_more_than_their_length_and_a_constant(
        SafetensorsFile file, Place place, byte mask)
    {
        var bytes = Safetensors.Write(file);
        return AllocatesLittle(Safetensors.Read, bytes) && AllocatesLittle(Safetensors.Read, bytes.Flip(place.In(bytes.Length), mask));
    }

    [Law]
    public bool The_checksum_is_of_the_tensors_alone_in_whatever_order(SafetensorsFile file) =>
        Safetensors.Checksum(Remake(file.Tensors.Reverse(), Prelude.HashMap(("key", "text")))) == Safetensors.Checksum(file);

    [Law]
    public bool Another_name_shape_type_or_byte_gives_another_checksum(SafetensorsFile file, Place place)
    {
        var tensors = file.Tensors.Add(Tensor("extra", SafetensorsType.U8, [2, 0, 0, 0], []));
        var chosen = tensors[place.In(tensors.Count)];
        var sameWidth = SafetensorsType.All.Filter(type => type.ItemBytes == chosen.Type.ItemBytes && type != chosen.Type);
        SafetensorsTensor[] others =
        [
            Retype(chosen, name: chosen.Name + "x"),
            Retype(chosen, shape: chosen.Shape.Count < 32 ? chosen.Shape.Add(1) : chosen.Shape.RemoveAt(0)),
            Retype(chosen, type: sameWidth[place.In(sameWidth.Count)]),
        ];
        if (!chosen.Data.IsEmpty) others = [.. others, Retype(chosen, data: chosen.Data.Flip(place.In(chosen.Data.Length), 1))];
        return others.All(other =>
            Checksum(tensors.Map(tensor => tensor == chosen ? other : tensor)) != Checksum(tensors));
    }

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
        Assert.Equal(file, Safetensors.Read(reference).Value());
    }

    [Fact]
    public void A_file_without_tensors_is_an_empty_object()
    {
        byte[] empty = [8, 0, 0, 0, 0, 0, 0, 0, .. "{}      "u8];
        Assert.Equal(empty, Safetensors.Write(Remake([])).ToArray());
        Assert.Equal(Remake([]), Safetensors.Read(empty).Value());
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
        Assert.Equal(file, Safetensors.Read(Safetensors.Write(file)).Value());
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
        Assert.Equal(expected, Safetensors.Read(foreign).Value());
    }

    /// <summary>Computed in Python as the documentation of Checksum says.</summary>
    [Fact]
    public void The_checksum_is_that_of_the_published_recipe()
    {
        var floats = new byte[24];
        for (var i = 0; i < 6; i++) BinaryPrimitives.WriteSingleLittleEndian(floats.AsSpan(4 * i), i);
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
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}""", "hole that begins at 0")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}""",
        "hole that begins at 2")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""",
        "another tensor reaches to 3")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""",
        "another tensor reaches to 4")]
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
        "'a' is there more than once")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""",
        "'a' is there more than once")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "unknown or there twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"shape":[4],"data_offsets":[0,4]}}""", "unknown or there twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"data_offsets":[0,4]}}""", "unknown or there twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"stride":[1]}}""", "unknown or there twice")]
    [InlineData(
        """{"__metadata__":{},"__metadata__":{},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""",
        "metadata are there twice")]
    [InlineData(
        """{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""",
        "metadata 'k' is there twice")]
    [InlineData("""{"__metadata__":{"k":1},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "metadata 'k' is not text")]
    [InlineData("""{"__metadata__":{"\ud800":"1"},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "a metadata key is not valid Unicode")]
    [InlineData("""{"__metadata__":["k"],"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "metadata are no object")]
    [InlineData("""{"a":{"dtype":"u8","shape":[4],"data_offsets":[0,4]}}""", "type 'u8' of tensor 'a' is not one of BOOL, U8")]
    [InlineData("""{"a":{"dtype":8,"shape":[4],"data_offsets":[0,4]}}""", "is not text")]
    [InlineData("""{"a":{"shape":[4],"data_offsets":[0,4]}}""", "lacks")]
    [InlineData("""{"a":[4]}""", "at byte 13: tensor 'a' is no object")]
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
            ["tensor '__metadata__': the format keeps this name for itself"],
            SafetensorsTensor.Create("__metadata__", SafetensorsType.U8, new Arr<long>([1]), new byte[1]).Faults().AsEnumerable());
        Assert.Equal(
            ["tensor '\ufffd': the name is not valid Unicode"],
            SafetensorsTensor.Create("\ud800", SafetensorsType.U8, new Arr<long>([1]), new byte[1]).Faults().AsEnumerable());
        Assert.Equal(["metadata 'k' is not valid Unicode"], SafetensorsFile.Create([], Prelude.HashMap(("k", "\udfff"))).Faults().AsEnumerable());
    }

    /// <summary>A hundred million characters are too many by the few that stand round them.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_header_that_would_be_longer_than_the_format_allows_cannot_be_made(bool metadata)
    {
        var text = new string('a', Safetensors.MaxHeaderBytes);
        var file = metadata
            ? SafetensorsFile.Create([], Prelude.HashMap(("key", text)))
            : SafetensorsFile.Create([Tensor(text, SafetensorsType.U8, [0], [])], Prelude.HashMap<string, string>());
        var fault = Assert.Single(file.Faults());
        Assert.Matches("^names and metadata need 1000000[0-9]{2} bytes, 100000000 are allowed: shorten them$", fault);
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
        Assert.Contains("no object", Safetensors.Read(file).Message(), StringComparison.Ordinal);
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
        Safetensors.Read(file).Value();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = Safetensors.Read(file).Value();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000);
        Assert.Equal(1024 * 1024, read.Tensors[0].Data.Length);
    }

    [Fact]
    public void Ten_thousand_tensors_allocate_in_proportion_to_their_header()
    {
        var file = Safetensors.Write(Remake(Enumerable.Range(0, 10_000).Select(i => Tensor($"{i}", SafetensorsType.U8, [0], []))));
        Safetensors.Read(file).Value();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Safetensors.Read(file).Value();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * file.Length);
    }

    [Fact]
    public void Tensors_and_files_that_cannot_be_written_cannot_be_made()
    {
        Assert.Equal(2, SafetensorsTensor.Create("__metadata__", SafetensorsType.F32, new Arr<long>([2]), new byte[4]).FailToSeq().Count);
        Assert.True(SafetensorsTensor.Create("\ud800", SafetensorsType.F32, new Arr<long>([1]), new byte[4]).IsFail);
        Assert.True(SafetensorsTensor.Create("w", SafetensorsType.F32, new Arr<long>([-1, -1]), new byte[4]).IsFail);

        var twice = Tensor("w", SafetensorsType.U8, [1], [1]);
        var other = Tensor("v", SafetensorsType.U8, [1], [1]);
        Assert.Equal(3, SafetensorsFile.Create([twice, other, twice, other], Prelude.HashMap(("\udfff", ""))).FailToSeq().Count);
    }

    [Fact]
    public void Files_of_2_GiB_cannot_be_made_and_say_so()
    {
        var shared = new byte[10_000_000];
        var tensors = Enumerable.Range(0, 220).Select(i => Tensor($"w{i}", SafetensorsType.U8, [10_000_000], shared));
        var error = Assert.Single(SafetensorsFile.Create(tensors, Prelude.HashMap<string, string>()).FailToSeq());
        Assert.Contains("spread the tensors over several", error.Message, StringComparison.Ordinal);
    }

    private static SafetensorsTensor Tensor(string name, SafetensorsType type, long[] shape, byte[] data) =>
        Valid(SafetensorsTensor.Create(name, type, new Arr<long>(shape), data));

    private static SafetensorsTensor Retype(
        SafetensorsTensor tensor, string? name = null, SafetensorsType? type = null, Arr<long>? shape = null, byte[]? data = null) =>
        Valid(SafetensorsTensor.Create(name ?? tensor.Name, type ?? tensor.Type, shape ?? tensor.Shape, data ?? tensor.Data));

    private static SafetensorsFile Remake(IEnumerable<SafetensorsTensor> tensors, HashMap<string, string> metadata = default) =>
        Valid(SafetensorsFile.Create(tensors, metadata));

    private static string Checksum(Arr<SafetensorsTensor> tensors) => Safetensors.Checksum(Remake(tensors));

    private static byte[] Data(SafetensorsFile file) => Safetensors.Write(file)[Safetensors.Header(file).Length..].ToArray();

    private static ReadOnlyMemory<byte> File(string header, ReadOnlySpan<byte> data)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        return (byte[])[.. length, .. text, .. data];
    }
}
