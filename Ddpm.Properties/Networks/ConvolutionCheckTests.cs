using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Kernels;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Host.Diagnosis;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Training;
using LanguageExt;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Networks;

/// <summary>Libtorch's convolutions are tried before anything trusts them. Those that are wrong here are made so, whatever processor runs the tests.</summary>
public sealed class ConvolutionCheckTests : IDisposable
{
    private const string Wrong = "libtorch's float32 convolution of 20 channels is wrong on this processor (off by ";

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    public static TheoryData<string, ScalarType?> Networks { get; } = new() { { "original", null }, { "standard", null }, { "modern", null }, { "standard", ScalarType.BFloat16 } };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Convolutions_that_are_right_are_found_right(string design, ScalarType? inside)
    {
        using var network = Network(design, ScalarType.Float32);
        Assert.True(ConvolutionCheck.Of(network, inside, TensorConvolutions.InFloat64).IsSucc);
        var (executor, advice) = ComputeDevice.Libtorch(network, inside, TensorConvolutions.InFloat64);
        using (executor)
        {
            Assert.IsType<TensorExecutor>(executor);
            Assert.True(advice.IsNone);
        }
    }

    /// <summary>A number that is off by 8, as some are on the processors that this is about; one that is none; and a right one with a wrong gradient.</summary>
    public static TheoryData<string> Faults { get; } = ["number", "none", "gradient"];

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_network_with_a_convolution_that_is_wrong_is_computed_by_the_kernels_and_a_line_says_why(string fault)
    {
        foreach (var wrong in (TensorConvolutions[])[Spoilt(fault, transposed: false), Spoilt(fault, transposed: true)])
        {
            using var network = Network("standard", ScalarType.Float32);
            var found = ConvolutionCheck.Of(network, null, wrong).Match(_ => "", error => error.Message);
            Assert.StartsWith(Wrong, found, StringComparison.Ordinal);
            var (executor, advice) = ComputeDevice.Libtorch(network, null, wrong);
            using (executor)
            {
                Assert.IsType<KernelExecutor<float>>(executor);
                Assert.Equal($"{found}: computing with the kernels instead; DNNL_MAX_CPU_ISA=SSE41 in the environment makes it right", advice.IfNone(""));
                Assert.DoesNotContain("\n", advice.IfNone("\n"), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_network_without_such_a_convolution_and_one_of_float64_are_left_alone()
    {
        var wrong = Spoilt("number", transposed: false);
        using var narrow = new UNet(UNetConfig.Modern(12, 1, 10, width: 8).Valid(), ScalarType.Float32, CPU);
        using var wide = Network("standard", ScalarType.Float64);
        Assert.True(ConvolutionCheck.Of(narrow, null, wrong).IsSucc);
        Assert.True(ConvolutionCheck.Of(wide, null, wrong).IsSucc);
    }

    [Theory]
    [InlineData(20, 1, 1)]
    [InlineData(20, 3, 3)]
    [InlineData(20, 1, 7)]
    public void Weights_are_tried_by_their_shapes(int channels, int height, int width)
    {
        Assert.StartsWith(Wrong, ConvolutionCheck.Of([(3, 8, 3, 3), (5, channels, height, width)], Spoilt("number", transposed: false)).Match(_ => "", error => error.Message), StringComparison.Ordinal);
        Assert.True(ConvolutionCheck.Of([(3, 8, 3, 3), (5, channels, height, width)], TensorConvolutions.InFloat64).IsSucc);
        Assert.True(ConvolutionCheck.Of([(3, 8, 3, 3)], Spoilt("number", transposed: false)).IsSucc);
    }

    [Fact]
    public void The_self_test_of_a_machine_tells_in_a_line()
    {
        Assert.Equal("libtorch's convolutions on the processor as in float64", SelfTest.Convolutions(TensorConvolutions.InFloat64));
        var line = SelfTest.Convolutions(Spoilt("number", transposed: false));
        Assert.StartsWith(Wrong, line, StringComparison.Ordinal);
        Assert.EndsWith(": all but --features computes with the kernels; DNNL_MAX_CPU_ISA=SSE41 in the environment makes it right", line, StringComparison.Ordinal);
    }

    /// <summary>Right convolutions, but one kind of those that take 20 channels.</summary>
    private static TensorConvolutions Spoilt(string fault, bool transposed)
    {
        Tensor Fault(Tensor y) => fault switch
        {
            "number" => y.Plus(ones_like(y).Times(8)),
            "none" => y.Times(double.NaN),
            _ => y.Plus(y.add(y.detach().neg())), // y, of which everything is felt twice
        };
        var right = TensorConvolutions.InFloat64;
        return transposed
            ? right with { Transpose = (layer, x, weight, bias) => layer.In == 20 ? Fault(right.Transpose(layer, x, weight, bias)) : right.Transpose(layer, x, weight, bias) }
            : right with { Convolve = (layer, x, weight, bias) => layer.In == 20 ? Fault(right.Convolve(layer, x, weight, bias)) : right.Convolve(layer, x, weight, bias) };
    }

    private static UNet Network(string design, ScalarType type) => new(Choices.Networks[design](12, 1, 10, 0, null).Valid(), type, CPU);
}
