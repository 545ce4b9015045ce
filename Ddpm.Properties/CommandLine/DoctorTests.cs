using System.Runtime.Intrinsics.X86;
using Ddpm.Gpu.Devices;
using Ddpm.Host.Diagnosis;
using LanguageExt;
using LanguageExt.Common;
using Xunit;

namespace Ddpm.Properties.CommandLine;

public sealed class DoctorTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_machine_that_can_train_is_well_in_one_screen()
    {
        var outcome = _ddpm.Done("doctor");
        var lines = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(lines.Length, 8, 24);
        Assert.All(lines, line => Assert.StartsWith("well", line, StringComparison.Ordinal));
        foreach (var part in (string[])["runtime", "libtorch", "devices", "threads", "fashion-mnist", "mnist", "folder", "self-test", "libtorch's "])
        {
            Assert.Contains(lines, line => line.Contains(part, StringComparison.Ordinal));
        }

        Assert.Contains($"loaded from {AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)}", outcome.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_ddpm.Folder));
    }

    /// <summary>Without fused products of vectors the kernels take some fifteen times as long as libtorch, and nobody wants that without a word.</summary>
    [Fact]
    public void A_processor_without_vectors_is_told_and_libtorch_computes_there()
    {
        if (!Fma.IsSupported)
        {
            return; // no such instructions to take away
        }

        (_ddpm.Environment["DOTNET_EnableAVX2"], _ddpm.Environment["DNNL_MAX_CPU_ISA"]) = ("0", "SSE41");
        var outcome = _ddpm.Done("doctor"); // five steps of training among it, and the known bits of the kernels
        Assert.Contains("outputs and gradients of the kernels bit by bit", outcome.Output, StringComparison.Ordinal);
        Assert.Contains($"slow: {ComputeDevice.NoVectors}", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_data_set_in_the_cache_is_ill()
    {
        var cache = Directory.CreateDirectory(_ddpm.CachePath("ddpm", "mnist")).FullName;
        File.WriteAllBytes(Path.Combine(cache, "train-images-idx3-ubyte"), [0, 0, 8, 3]);
        var outcome = _ddpm.Refused(1, ["this machine cannot train: 1 check failed"], "doctor");
        Assert.Contains("ILL   mnist", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(cache, outcome.Output, StringComparison.Ordinal);
    }

    /// <summary>The embedded hash is that of the reference as it is exported.</summary>
    [Fact]
    public void The_mathematics_of_the_self_test_are_the_reference_s() =>
        Assert.True(SelfTest.Mathematics().IsSucc, $"it is {SelfTest.Sha256()} now: has the reference changed on purpose?");

    /// <summary>The child processes of the two tests above find them with other instructions.</summary>
    [Fact]
    public void The_kernels_find_their_known_bits() =>
        Assert.All(SelfTest.KernelAnswers(), answer => Assert.Equal(answer.Expected, answer.Found));

    [Fact]
    public void What_a_look_throws_is_a_finding_with_the_innermost_reason()
    {
        var inner = new DllNotFoundException("no such library\nat all");
        Assert.Equal(new Finding("x", "no such library", false), Finding.Of("x", () => throw new InvalidOperationException("outer", inner)));
        Assert.Equal(new Finding("x", "bad", false), Finding.Of("x", () => Error.New("bad")));
        Assert.Equal(new Finding("x", "good", true), Finding.Of("x", () => Prelude.FinSucc("good")));
    }
}
