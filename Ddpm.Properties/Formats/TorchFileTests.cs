using System.Runtime.InteropServices;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Pure.Formats;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Formats;

/// <summary>Files that PyTorch 1.13 has written.</summary>
public sealed class TorchFileTests
{
    [Fact]
    public void The_state_dict_of_a_module_is_read()
    {
        var file = Read("module.pt").Valid();
        Assert.Equal(
            [("0.weight", "3,2"), ("0.bias", "3"), ("1.weight", "2,1,3,3"), ("1.bias", "2")],
            file.Tensors.AsEnumerable().Select(tensor => (tensor.Name, string.Join(",", tensor.Shape))));
        Assert.All(file.Tensors, tensor => Assert.Equal(Enumerable.Range(0, tensor.Data.Length / 4).Select(i => i / 8f - 1), Floats(tensor)));
    }

    /// <summary>Every type of number; tensors that lie across their storage, and in a part of it; a scalar, and nothing.</summary>
    [Fact]
    public void Numbers_of_all_types_are_read_in_C_order_wherever_they_lie()
    {
        var file = Read("types.pt").Valid();
        SafetensorsTensor Of(string name) => file.Find(name).IfNone(() => throw new InvalidOperationException(name));
        var counting = Enumerable.Range(0, 24).Select(i => (float)i).ToArray();
        Assert.Equal(counting.Select(i => (double)i), MemoryMarshal.Cast<byte, double>(Of("wide").Data.Span).ToArray());
        Assert.Equal(counting.Select(i => (Half)i), MemoryMarshal.Cast<byte, Half>(Of("half").Data.Span).ToArray());
        Assert.Equal(SafetensorsType.BF16, Of("brain").Type);
        Assert.Equal(Enumerable.Range(0, 24).Select(i => counting[i % 2 * 12 + i / 2 % 3 * 4 + i / 6]), Floats(Of("turned")));
        Assert.Equal([6f, 10, 18, 22], Floats(Of("part")));
        Assert.Equal([1L, -(1L << 40)], MemoryMarshal.Cast<byte, long>(Of("whole").Data.Span).ToArray());
        Assert.Equal("7 1 0", string.Join(" ", Of("byte").Data.ToArray().Concat(Of("yes").Data.ToArray())));
        Assert.Equal((0, 2.5f), (Of("scalar").Shape.Count, Floats(Of("scalar")).Single()));
        Assert.Equal((0, Array(0L, 3L)), (Of("nothing").Data.Length, Of("nothing").Shape));
        Assert.Equal([1f, 1], Floats(Of("parameter")));
    }

    [Theory]
    [InlineData("nested.pt", "'state_dict' is not a tensor: save model.state_dict() alone")]
    [InlineData("evil.pt", "its pickle names 'posix.system', which a dictionary of tensors never needs: the file is refused, and none of its code ran")]
    [InlineData("whole-module.pt", "its pickle names 'torch.nn.modules.container.Sequential'")]
    [InlineData("list.pt", "it is not a dictionary of tensors")]
    public void What_is_no_state_dict_is_refused_with_the_reason(string name, string reason) =>
        Assert.Contains(reason, Read(name).Fault(), StringComparison.Ordinal);

    [Theory]
    [InlineData("PK\u0003\u0004", "it is damaged, or not a zip archive that torch.save wrote")]
    [InlineData("\u0080\u0003}.", "it is not a file that torch.save wrote: save")]
    public void What_torch_save_has_not_written_is_refused_with_what_to_do(string file, string reason)
    {
        var bytes = System.Text.Encoding.Latin1.GetBytes(file);
        Assert.True(TorchFile.IsMeant(bytes));
        Assert.StartsWith(reason, TorchFile.Read(bytes).Fault(), StringComparison.Ordinal);
    }

    /// <summary>A file of safetensors begins with the length of its header, which may look like the beginning of a pickle.</summary>
    [Fact]
    public void Safetensors_are_taken_for_no_pickle()
    {
        foreach (var length in (int[])[0x280, 0x380, 0x480, 0x580, 64])
        {
            Assert.False(TorchFile.IsMeant([(byte)length, (byte)(length >> 8), 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}']));
        }

        Assert.All((string[])["module.pt", "legacy.pt"], name => Assert.True(TorchFile.IsMeant(File.ReadAllBytes(Fixtures.Torch(name)))));
    }

    private static LanguageExt.Fin<SafetensorsFile> Read(string name) => TorchFile.Read(File.ReadAllBytes(Fixtures.Torch(name)));

    private static float[] Floats(SafetensorsTensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();
}
