using System.Runtime.InteropServices;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Properties.Formats;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Attacks.SampleWeights;

namespace Ddpm.Properties.Attacks;

/// <summary>Hostile weight files: slow ones, damaged ones, and ones with NaN or infinity.</summary>
public sealed class WeightAttacks
{
    /// <summary>The allocation that reading may cause for each byte of a file of many small tensors.</summary>
    private const int BytesForAByte = 60;

    private static readonly TrainingOptions Options = new() { Steps = Network.Timesteps };

    private static (Fin<SafetensorsFile> Read, long Bytes) Read(byte[] file) => Decoding.Allocated(() => TorchFile.Read(file));

    private static Fin<(CheckpointHeader Header, SafetensorsFile Weights, Seq<string> Remarks)> Describe(params SafetensorsTensor[] tensors) =>
        StateDict.Describe(File(tensors), Options, ImageSize.Square(12));

    /// <summary>A file of 0.68 MB took 113 seconds: each tensor copied the shape of all.</summary>
    [Fact]
    public void A_shape_of_many_extents_that_many_tensors_share_is_read_once()
    {
        var shape = Enumerable.Repeat(1, 5_000).ToArray();
        var pickle = new Pickle();
        for (var i = 0; i < 1_000; i++)
        {
            pickle.Add($"{i}", "0", 1, 0, shape, shape);
        }

        var file = Archive(pickle.End(), ("0", new byte[4]));
        var (read, bytes) = Read(file);
        Assert.Contains("5000 dimensions", read.Message(), StringComparison.Ordinal);
        Assert.InRange(bytes, 0, (BytesForAByte * file.Length) + Decoding.Allowance);
    }

    /// <summary>A file of 3.1 MB took more than 100 seconds.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(20_000)]
    public void A_name_that_is_there_many_times_is_refused_at_the_second(int length)
    {
        var pickle = new Pickle();
        for (var i = 0; i < 20_000; i++)
        {
            pickle.Add(new string('a', length), "0", 1, 0, [1], [1]);
        }

        var file = Archive(pickle.End(), ("0", new byte[4]));
        var (read, bytes) = Read(file);
        Assert.Contains("more than once", read.Message(), StringComparison.Ordinal);
        Assert.InRange(bytes, 0, (BytesForAByte * file.Length) + Decoding.Allowance);
    }

    [Fact]
    public void Many_tensors_are_read_in_room_that_grows_as_the_file()
    {
        var pickle = new Pickle();
        for (var i = 0; i < 20_000; i++)
        {
            pickle.Add($"{i}", "0", 20_000, i, [1], [1]);
        }

        var file = Archive(pickle.End(), ("0", Counted(20_000)));
        var (read, bytes) = Read(file);
        Assert.Equal(Counted(20_000), read.Valid().Tensors.AsEnumerable().SelectMany(tensor => tensor.Data.ToArray()));
        Assert.InRange(bytes, 0, (BytesForAByte * file.Length) + Decoding.Allowance);
    }

    /// <summary>3,000 views of one storage took 29 seconds and 46 GB for a file of 16 MB. Honest files of flat parameters have such views.</summary>
    [Fact]
    public void A_storage_is_read_once_however_many_tensors_lie_in_it()
    {
        const int Views = 500, Each = 1_000;
        var pickle = new Pickle();
        int[] shape = [10, 100], strides = [100, 1], turned = [1, 10];
        for (var i = 0; i < Views; i++)
        {
            pickle.Add($"{i}", "0", Views * Each, i * Each, shape, i % 2 == 0 ? strides : turned);
        }

        var file = Archive(pickle.End(), ("0", Counted(Views * Each)));
        var (read, bytes) = Read(file);
        Assert.InRange(bytes, 0, (4L * file.Length) + Decoding.Allowance);
        Assert.All(read.Valid().Tensors, tensor =>
        {
            var number = int.Parse(tensor.Name, System.Globalization.CultureInfo.InvariantCulture);
            var numbers = MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();
            Assert.Equal(Enumerable.Range(0, Each).Select(i => (float)((number * Each) + (number % 2 == 0 ? i : (i / 100) + (10 * (i % 100))))), numbers);
        });
    }

    [Fact]
    public void Many_names_of_one_storage_make_no_more_room_than_the_file_has()
    {
        const int Names = 400, Count = 50_000;
        var pickle = new Pickle();
        for (var i = 0; i < Names; i++)
        {
            pickle.Add($"{i}", $"{i}", Count, 0, [1], [1]);
        }

        var file = Overlapping(pickle.End(), new byte[4 * Count], Names);
        var (read, bytes) = Read(file);
        Assert.Contains("overlap", read.Message(), StringComparison.Ordinal);
        Assert.InRange(bytes, 0, (10L * file.Length) + Decoding.Allowance);
    }

    /// <summary>Tensors that lie in one another are honest where weights are tied, and a bomb where thousands are.</summary>
    [Theory]
    [InlineData(2, true)]
    [InlineData(1_000, false)]
    public void Tensors_may_share_their_numbers_within_reason(int names, bool read)
    {
        var pickle = new Pickle();
        for (var i = 0; i < names; i++)
        {
            pickle.Add($"{i}", "0", 50_000, 0, [50_000], [1]);
        }

        Assert.Equal(read, TorchFile.Read(Archive(pickle.End(), ("0", new byte[200_000]))).IsSucc);
    }

    [Fact]
    public void A_storage_whose_key_is_as_long_as_a_book_is_none() => Assert.Contains(
        "not a storage", TorchFile.Read(Archive(new Pickle().Add("a", new string('0', 1001), 1, 0, [1], [1]).End())).Message(), StringComparison.Ordinal);

    /// <summary>Damages every byte of an archive in turn: reading gives the saved tensors, or an error.</summary>
    [Theory]
    [InlineData("module.pt")]
    [InlineData("types.pt")]
    public void A_flipped_bit_of_a_zip_archive_is_noticed(string name)
    {
        var file = System.IO.File.ReadAllBytes(Fixtures.Torch(name));
        var saved = TorchFile.Read(file).Valid();
        for (var i = 0; i < file.Length; i++)
        {
            var damaged = (byte[])file.Clone();
            damaged[i] ^= (byte)(1 << (i % 8));
            TorchFile.Read(damaged).Match(
                read => Assert.True(saved == read, $"byte {i} makes other tensors in silence"),
                fault => Assert.InRange(fault.Message.Length, 10, 500));
        }
    }

    [Fact]
    public void The_part_of_an_archive_that_is_damaged_is_named()
    {
        var pickle = new Pickle().Add("a", "0", 100, 0, [100], [1]).End();
        var file = Archive(pickle, ("0", new byte[400]));
        file[file.AsSpan().IndexOf("data/0"u8) + 200] ^= 1;
        Assert.Contains("'archive/data/0' in it does not match its checksum", TorchFile.Read(file).Message(), StringComparison.Ordinal);
    }

    /// <summary>PyTorch 1.5 and earlier, and pickle_protocol=5, write the same tensors in other ways.</summary>
    [Fact]
    public void Files_of_PyTorch_before_1_6_are_read() => Assert.Equal(
        TorchFile.Read(System.IO.File.ReadAllBytes(Fixtures.Torch("module.pt"))).Valid(),
        TorchFile.Read(System.IO.File.ReadAllBytes(Fixtures.Torch("legacy.pt"))).Valid());

    [Fact]
    public void Files_of_PyTorch_before_1_6_are_read_whole_or_refused()
    {
        var file = System.IO.File.ReadAllBytes(Fixtures.Torch("legacy.pt"));
        for (var length = 0; length < file.Length; length++)
        {
            Assert.InRange(TorchFile.Read(file.AsMemory(0, length)).Message().Length, 10, 500);
        }

        Assert.Contains("after its last storage", TorchFile.Read((byte[])[.. file, 0]).Message(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Pickles_of_protocol_2_and_5_are_read(byte protocol)
    {
        var file = Archive(new Pickle(protocol).Add("a", "0", 2, 0, [2], [1]).End(), ("0", [0, 0, 128, 63, 0, 0, 0, 64]));
        Assert.Equal([1f, 2], MemoryMarshal.Cast<byte, float>(TorchFile.Read(file).Valid().Tensors[0].Data.Span).ToArray());
    }

    public static TheoryData<float, string> NoNumbers =>
        new() { { float.NaN, "NaN" }, { float.PositiveInfinity, "Infinity" }, { float.NegativeInfinity, "-Infinity" } };

    [Theory]
    [MemberData(nameof(NoNumbers))]
    public void A_weight_that_is_no_number_is_refused_with_its_name_and_place(float value, string number)
    {
        var fault = Describe(Tensors().With("b1.0.conv1.weight", 13, value)).Message();
        Assert.Contains($"'b1.0.conv1.weight' is {number} at [1, 0, 1, 1]", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_that_float32_cannot_hold_is_refused_with_its_name_and_place()
    {
        SafetensorsTensor[] wide = [.. Tensors().Where(tensor => tensor.Name != "conv_out.bias"), Tensor("conv_out.bias", SafetensorsType.F64, [1], _ => 1e39)];
        Assert.Contains("'conv_out.bias' is 1E+39 at [0], which float32 cannot hold", Describe(wide).Message(), StringComparison.Ordinal);
    }

    /// <summary>All are told at once, as far as a screen goes.</summary>
    [Fact]
    public void Faults_of_many_tensors_are_told_together_and_counted_beyond_a_screen()
    {
        var all = Tensors().Select(tensor => Tensor(tensor.Name, [.. tensor.Shape], _ => float.NaN)).ToArray();
        var fault = Describe(all).Fault();
        Assert.Contains($"and {all.Length - 10} more", fault, StringComparison.Ordinal);
        Assert.InRange(fault.Length, 10, 2000);
        var extra = Enumerable.Range(0, 20_000).Select(i => Tensor($"extra.{i}", SafetensorsType.I64, [1], _ => 1L));
        var text = Describe([.. Tensors(), .. extra]).Fault();
        Assert.Contains("and 19990 more", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 10, 2000);
    }

    /// <summary>A PyTorch wrapper puts a prefix before all names of a network. Several wrappers can follow one another.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("network.")]
    [InlineData("module.")]
    [InlineData("_orig_mod.")]
    [InlineData("model.")]
    [InlineData("ema_model.")]
    [InlineData("_orig_mod.module.model.network.")]
    public void Names_behind_any_wrapper_are_read(string prefix) =>
        Assert.Equal(File(Tensors()), Describe(Tensors(prefix)).Valid().Weights);

    [Fact]
    public void Halves_and_bfloat16_are_read()
    {
        static float Value(int i) => i % 17 / 64f;
        static SafetensorsTensor[] Of<T>(SafetensorsType type, Func<int, T> value)
            where T : struct => [.. Tensors().Select(tensor => Tensor(tensor.Name, type, [.. tensor.Shape], value))];
        var wanted = File(Of(SafetensorsType.F32, Value));
        Assert.Equal(wanted, Describe(Of(SafetensorsType.F16, i => (Half)Value(i))).Valid().Weights);
        Assert.Equal(wanted, Describe(Of(SafetensorsType.BF16, i => (ushort)(BitConverter.SingleToUInt32Bits(Value(i)) >> 16))).Valid().Weights);
    }

    [Fact]
    public void A_tensor_that_the_network_has_no_place_for_is_named()
    {
        var fault = Describe([.. Tensors(), Tensor("b1.0.conv9.weight", [2], _ => 0), Tensor("betas", [12], _ => 0)]).Message();
        Assert.Contains("no tensors named 'b1.0.conv9.weight', 'betas': remove them", fault, StringComparison.Ordinal);
    }

    /// <summary>Tensors that PyTorch saves beside the weights and no network needs are left out, whatever their type.</summary>
    [Fact]
    public void Counters_and_the_state_of_optimisers_are_left_out()
    {
        var beside = (SafetensorsTensor[])[
            Tensor("b1.0.norm.num_batches_tracked", SafetensorsType.I64, [1], _ => 1L), .. Tensors("adam.exp_avg.", 2),
            .. Tensors("optimizer.state.exp_avg_sq.", 3), Tensor("step", SafetensorsType.I64, [], _ => 1L),
            Tensor("initted", SafetensorsType.Bool, [1], _ => (byte)1)];
        Assert.Equal(File(Tensors()), Describe([.. Tensors(), .. beside]).Valid().Weights);
    }

    /// <summary>Samples are made with the average, so the average is taken.</summary>
    [Theory]
    [InlineData("", "ema.")]
    [InlineData("online_model.", "ema_model.")]
    [InlineData("model.network.", "ema.ema_model.network.")]
    public void Of_weights_and_their_average_the_average_is_taken(string plain, string average) =>
        Assert.Equal(File(Tensors(scale: 2)), Describe([.. Tensors(plain), .. Tensors(average, 2)]).Valid().Weights);

    [Fact]
    public void Two_networks_in_one_file_are_named() => Assert.Contains(
        "of 2 networks, 'student.' and 'teacher.'", Describe([.. Tensors("student."), .. Tensors("teacher.", 2)]).Message(), StringComparison.Ordinal);
}
