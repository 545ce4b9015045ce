using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Host.Diagnosis;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
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

    public static TheoryData<string, ScalarType?> Networks { get; } = new()
    {
        { "original", null }, { "standard", null }, { "modern", null }, { "standard", ScalarType.BFloat16 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Convolutions_that_are_right_are_found_right(string design, ScalarType? inside)
    {
        using var network = Network(design, ScalarType.Float32);
        Assert.True(ConvolutionCheck.Of(network, inside, TensorOperations.InFloat64).IsSucc);
        var (executor, advice) = ComputeDevice.Libtorch(network, inside, TensorOperations.InFloat64);
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
        foreach (var wrong in (TensorOperations[])[Spoilt(fault, transposed: false), Spoilt(fault, transposed: true)])
        {
            using var network = Network("standard", ScalarType.Float32);
            var found = FaultOf(ConvolutionCheck.Of(network, null, wrong));
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
        using var narrow = new UNet(UNetConfig.Modern(ImageSize.Square(12), 1, 10, width: 8).Valid(), ScalarType.Float32, CPU);
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
        (long, long, long, long)[] shapes = [(3, 8, 3, 3), (5, channels, height, width)];
        Assert.StartsWith(Wrong, FaultOf(ConvolutionCheck.Of(shapes, Spoilt("number", transposed: false))), StringComparison.Ordinal);
        Assert.True(ConvolutionCheck.Of(shapes, TensorOperations.InFloat64).IsSucc);
        Assert.True(ConvolutionCheck.Of([(3, 8, 3, 3)], Spoilt("number", transposed: false)).IsSucc);
    }

    /// <summary>
    /// One convolution of 24 channels, written by hand in the layout of torch.jit.save; and a module that shows no weights, for which convolutions of
    /// 20 channels stand in.
    /// </summary>
    [Fact]
    public void The_convolutions_of_a_TorchScript_module_are_tried()
    {
        Fin<Unit> Tried(string name, TensorOperations convolutions)
        {
            using var module = jit.load(Fixtures.TorchScript(name));
            return ConvolutionCheck.Of(module, convolutions);
        }

        var found = FaultOf(Tried("convolution.pt", Spoilt("number", transposed: false, channels: 24)));
        Assert.StartsWith("libtorch's float32 convolution of 24 channels is wrong", found, StringComparison.Ordinal);
        Assert.True(Tried("convolution.pt", Spoilt("number", transposed: false)).IsSucc);
        Assert.StartsWith(Wrong, FaultOf(Tried("features.pt", Spoilt("number", transposed: false))), StringComparison.Ordinal);
        Assert.True(Tried("features.pt", TensorOperations.InFloat64).IsSucc);
    }

    [Fact]
    public void The_self_test_of_a_machine_tells_in_a_line()
    {
        Assert.Equal("libtorch's convolutions on the processor as in float64", SelfTest.Convolutions(TensorOperations.InFloat64));
        var line = SelfTest.Convolutions(Spoilt("number", transposed: false));
        Assert.StartsWith(Wrong, line, StringComparison.Ordinal);
        Assert.EndsWith($": all but --features computes with the kernels; {ConvolutionCheck.Remedy}", line, StringComparison.Ordinal);
    }

    /// <summary>Correct convolutions, except one kind for a number of channels.</summary>
    private static TensorOperations Spoilt(string fault, bool transposed, int channels = 20)
    {
        Tensor Fault(Tensor y) => fault switch
        {
            "number" => y.Plus(ones_like(y).Times(8)),
            "none" => y.Times(double.NaN),
            _ => y.Plus(y.add(y.detach().neg())), // y, of which everything is felt twice
        };
        var right = TensorOperations.InFloat64;
        TensorConvolution<TLayer> Of<TLayer>(TensorConvolution<TLayer> convolve, Func<TLayer, int> ins) => (layer, x, weight, bias) =>
            ins(layer) == channels ? Fault(convolve(layer, x, weight, bias)) : convolve(layer, x, weight, bias);
        return transposed
            ? right with { Transpose = Of(right.Transpose, layer => layer.In) }
            : right with { Convolve = Of(right.Convolve, layer => layer.In) };
    }

    private static string FaultOf(Fin<Unit> found) => found.Match(_ => "", error => error.Message);

    private static UNet Network(string design, ScalarType type) =>
        new(UNetConfig.Of(NetworkFamily.All[design], ImageSize.Square(12), 1, 10).Valid(), type, CPU);
}
