using System.Buffers.Binary;
using System.Text;
using Ddpm.Pure.Formats;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using static Ddpm.Properties.Formats.Decoding;

namespace Ddpm.Properties.Formats;

[Properties(Arbitrary = [typeof(FormatGenerators), typeof(Generators)])]
public sealed partial class SafetensorsLaws
{
    [Law]
    public bool Reading_what_was_written_returns_the_file(SafetensorsFile file) =>
        Safetensors.Read(Safetensors.Write(file)).Valid().Equals(file);

    [Law]
    public bool Writing_what_was_read_returns_the_bytes(SafetensorsFile file)
    {
        var bytes = Safetensors.Write(file);
        return Safetensors.Write(Safetensors.Read(bytes).Valid()).Span.SequenceEqual(bytes.Span);
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
        return Safetensors.Read(bytes).Valid().Tensors
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
                Succ: read => Data(read).SequenceEqual(Data(file)) && Safetensors.Read(Safetensors.Write(read)).Valid().Equals(read),
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
        if (!chosen.Data.IsEmpty)
        {
            others = [.. others, Retype(chosen, data: chosen.Data.Flip(place.In(chosen.Data.Length), 1))];
        }

        return others.All(other =>
            Checksum(tensors.Map(tensor => tensor == chosen ? other : tensor)) != Checksum(tensors));
    }

    private static SafetensorsTensor Tensor(string name, SafetensorsType type, long[] shape, byte[] data) =>
        SafetensorsTensor.Of(name, type, new Arr<long>(shape), data).Valid();

    private static SafetensorsTensor Retype(
        SafetensorsTensor tensor, string? name = null, SafetensorsType? type = null, Arr<long>? shape = null, byte[]? data = null) =>
        SafetensorsTensor.Of(name ?? tensor.Name, type ?? tensor.Type, shape ?? tensor.Shape, data ?? tensor.Data).Valid();

    private static SafetensorsFile Remake(IEnumerable<SafetensorsTensor> tensors, HashMap<string, string> metadata = default) =>
        SafetensorsFile.Of(tensors, metadata).Valid();

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
