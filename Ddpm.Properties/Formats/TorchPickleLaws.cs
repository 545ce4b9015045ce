using Ddpm.Pure.Formats;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Formats;

/// <summary>The pickle machine reads every spelling of the known instructions, and reports everything else.</summary>
public sealed class TorchPickleLaws
{
    private const string Early = "its pickle ends too early", Damaged = "its pickle is damaged: an instruction meets a value of the wrong type";

    /// <summary>A dictionary of tensors, and the draw that decides how it is written.</summary>
    public sealed record Pickled
    {
        internal Pickled(Seq<(string Name, TorchView View)> tensors, int draw) => (Tensors, Draw) = (tensors, draw);

        public int Draw { get; }

        public byte[] Bytes => PickleWriter.Write(Draw, [.. Tensors]);

        internal Seq<(string Name, TorchView View)> Tensors { get; }
    }

    public static Arbitrary<Pickled> AnyPickled()
    {
        var number = Gen.OneOf(
            Gen.Choose(0, 300).Select(n => (long)n), Gen.Choose(0, 70_000).Select(n => (long)n),
            Gen.Elements(int.MaxValue, 1L << 31, 1L << 40, long.MaxValue, 127, 128, 32_767, 32_768));
        var signed = Gen.OneOf(number, number.Select(n => -n), Gen.Constant(long.MinValue));
        var numbers = Gen.Choose(0, 5).SelectMany(count => signed.ArrayOf(count)).Select(values => values.ToArr());
        var text = Gen.Frequency(
            (5, FormatGenerators.Texts().Generator.Select(any => string.Concat(any.Value.Where(symbol => !char.IsSurrogate(symbol))))),
            (1, Gen.Constant(new string('é', 200))));
        return Arb.From(
            from tensors in (from name in text
                             from storage in text
                             from type in Gen.Elements(PickleWriter.Storages)
                             from count in number
                             from offset in signed
                             from shape in numbers
                             from strides in numbers
                             select (name, new TorchView(storage, type.Type, count, offset, shape, strides))).ListOf()
            from draw in Gen.Choose(0, int.MaxValue)
            select new Pickled(tensors.DistinctBy(tensor => tensor.name).ToSeq(), draw));
    }

    [Law(Arbitrary = [typeof(TorchPickleLaws)])]
    public bool Whatever_is_written_is_read(Pickled pickled) => TorchPickle.Read(pickled.Bytes).Valid() == pickled.Tensors;

    [Law(Arbitrary = [typeof(TorchPickleLaws), typeof(Generators)])]
    public bool What_is_cut_off_is_refused(Pickled pickled, Place place) =>
        pickled.Bytes is var bytes && TorchPickle.Read(bytes.AsMemory(0, place.In(bytes.Length))).Fault() == Early;

    /// <summary>Bytes in hexadecimal, by the instructions of Python's pickletools.</summary>
    [Theory]
    [InlineData("8006", "byte 0 of its pickle is instruction 0x80")]
    [InlineData("8001", "byte 0 of its pickle is instruction 0x80")]
    [InlineData("8002 69", "byte 2 of its pickle is instruction 0x69, which a dictionary of tensors never needs: the file is refused")]
    [InlineData("8a09 000000000000000000", "a number in its pickle is too large")]
    [InlineData("8c01 ff", "a text in its pickle is not valid Unicode")]
    [InlineData("5801000000 ff", "a text in its pickle is not valid Unicode")]
    [InlineData("58ffffffff 61", Early)]
    [InlineData("636162", Early)]
    [InlineData("63610a62", Early)]
    [InlineData("4b012e", "it is not a dictionary of tensors: save model.state_dict() alone")]
    [InlineData("7d 4b01 4b01 73 2e", "a name in its dictionary is not text")]
    [InlineData("7d 8c0161 4b01 73 2e", "'a' is not a tensor: save model.state_dict() alone")]
    [InlineData("2e", Damaged)]
    [InlineData("74", Damaged)]
    [InlineData("75", Damaged)]
    [InlineData("65", Damaged)]
    [InlineData("61", Damaged)]
    [InlineData("62", Damaged)]
    [InlineData("7d 4b01 61", Damaged)]
    [InlineData("7d 28 4b01 65", Damaged)]
    [InlineData("6805", Damaged)]
    [InlineData("6a05000000", Damaged)]
    [InlineData("7105", Damaged)]
    [InlineData("94", Damaged)]
    [InlineData("4b01 4b02 93", Damaged)]
    [InlineData("4b01 93", Damaged)]
    [InlineData("4b01 4b02 87", Damaged)]
    [InlineData("4b01 4b02 52", Damaged)]
    [InlineData("4b01 29 52", Damaged)]
    [InlineData("4b01 8c0161 4b01 73", Damaged)]
    [InlineData("7d 28 8c0161 75", Damaged)]
    [InlineData("63636f6c6c656374696f6e730a4f726465726564446963740a 4b01 85 52", Damaged)]
    [InlineData("4b01 51", "its pickle refers to an outside object that is not a storage")]
    [InlineData(
        "63746f7263680a4c696e6561720a",
        "its pickle names 'torch.Linear', which a dictionary of tensors never needs: the file is refused, and none of its code ran")]
    [InlineData(
        "8c026f73 8c0673797374656d 93",
        "its pickle names 'os.system', which a dictionary of tensors never needs: the file is refused, and none of its code ran")]
    public void What_is_no_dictionary_of_tensors_is_refused_with_the_reason(string bytes, string reason) =>
        Assert.StartsWith(reason, TorchPickle.Read(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal))).Fault(), StringComparison.Ordinal);

    /// <summary>A mark at the bottom of the stack, an empty line, and memo entries by index.</summary>
    [Theory]
    [InlineData("28 4b01 74 30 7d 2e", "byte 4 of its pickle is instruction 0x30")]
    [InlineData("28 4b01 74 7d 2e", null)]
    [InlineData("28 8c0773746f72616765 63746f7263680a466c6f617453746f726167650a 8c0130 4e 4b04 74 51 2e", "it is not a dictionary of tensors")]
    [InlineData("630a0a", "its pickle names '.'")]
    [InlineData("7d 94 6800 2e", null)]
    [InlineData("7d 94 4b01 94 6801 2e", "it is not a dictionary of tensors")]
    public void Edges_of_the_machine(string bytes, string? fault) =>
        TorchPickle.Read(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal))).Match(
            tensors => Assert.True(fault is null && tensors.IsEmpty),
            refused => Assert.StartsWith(fault ?? "it should be read", refused.Message, StringComparison.Ordinal));
}
