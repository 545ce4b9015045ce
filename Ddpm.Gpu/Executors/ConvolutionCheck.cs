using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Networks;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Executors;

/// <summary>
/// Whether libtorch convolves rightly on this processor, over the shapes that will be used. On some processors libtorch 2.10 leaves the padding of its blocked
/// layouts unset, and a convolution of 20 channels adds what memory held before. So the check first fills free memory with NaN. Then it compares each
/// convolution and its gradients with float64, which other code of libtorch computes.
/// </summary>
internal static class ConvolutionCheck
{
    /// <summary>What makes libtorch's convolutions right, in the environment before the program starts.</summary>
    public const string Remedy = "DNNL_MAX_CPU_ISA=SSE41 in the environment makes it right";

    private const int Images = 2, Block = 16, Beyond = 3;

    /// <summary>Tries the convolutions of a network on the CPU, at its size and in its layout. Float64 and other devices are not doubted.</summary>
    /// <param name="network">The network.</param>
    /// <param name="inside">What layers compute in; null for the network's type.</param>
    /// <param name="convolutions">What is tried; null for libtorch's own.</param>
    /// <returns>Nothing; or which is wrong, and by how much.</returns>
    public static Fin<Unit> Of(UNet network, ScalarType? inside = null, TensorOperations? convolutions = null)
    {
        var type = inside ?? network.Type;
        if (network.Device.type != TorchSharp.DeviceType.CPU || type == ScalarType.Float64)
        {
            return unit;
        }

        using var scope = NewDisposeScope();
        var (size, channels) = (network.Config.ImageSize, network.Config.ImageChannels);
        var faults = new List<Error>();
        var theta = FormulaWeights.Of(network).to(type);
        var compared = Compared(convolutions ?? TensorOperations.Libtorch, faults);
        network.Forward(network.Layout.View(theta), Numbers(type, Images, channels, size.Height, size.Width), zeros(Images, int64), null, compared);
        return First(faults);
    }

    /// <summary>
    /// Tries the convolutions of a TorchScript module on the CPU, by the shapes of its weights. A frozen module shows none: then the shapes are tried that are
    /// known to be wrong on some processors.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="convolutions">What is tried; null for libtorch's own.</param>
    /// <returns>Nothing; or which is wrong, and by how much.</returns>
    public static Fin<Unit> Of(jit.ScriptModule module, TensorOperations? convolutions = null)
    {
        (long, long, long, long)[] shown = [.. module.named_parameters()
            .Select(named => named.parameter.shape).Where(shape => shape.Length == 4).Select(shape => (shape[0], shape[1], shape[2], shape[3]))];
        return Of(shown.Length > 0 ? shown : [(20, 20, 3, 3), (40, 40, 3, 3), (40, 20, 1, 1), (40, 80, 1, 1)], convolutions);
    }

    /// <summary>Tries float32 convolutions with weights of some shapes, Out×In×H×W, their images lying channel by channel and with channels last.</summary>
    /// <param name="shapes">The shapes.</param>
    /// <param name="convolutions">What is tried; null for libtorch's own.</param>
    /// <returns>Nothing; or which is wrong, and by how much.</returns>
    public static Fin<Unit> Of(IEnumerable<(long Out, long In, long Height, long Width)> shapes, TensorOperations? convolutions = null)
    {
        var faults = new List<Error>();
        var compared = Compared(convolutions ?? TensorOperations.Libtorch, faults);
        foreach (var (outs, ins, height, width) in shapes.Distinct())
        {
            using var scope = NewDisposeScope();
            var layer = new Convolution("", (int)ins, (int)outs, (int)height, 1, 0);
            var x = Numbers(float32, Images, ins, height + Beyond, width + Beyond);
            var (weight, bias) = (Numbers(float32, outs, ins, height, width), Numbers(float32, outs));
            compared.Convolve(layer, x, weight, bias);
            compared.Convolve(layer, x.ChannelsLast(), weight, bias);
        }

        return First(faults);
    }

    private static Fin<Unit> First(List<Error> faults) => faults.Count == 0 ? unit : faults[0];

    /// <summary>Convolutions in float64 that note where others differ.</summary>
    private static TensorOperations Compared(TensorOperations tried, List<Error> faults) => new(
        (c, x, weight, bias) => Compared(tried.Convolve, TensorOperations.InFloat64.Convolve, c, c.In, x, weight, bias, faults),
        (c, x, weight, bias) => Compared(tried.Transpose, TensorOperations.InFloat64.Transpose, c, c.In, x, weight, bias, faults));

    private static Tensor Compared<TLayer>(
        TensorConvolution<TLayer> tried, TensorConvolution<TLayer> exact, TLayer layer, int channels, Tensor x, Tensor weight, Tensor bias, List<Error> faults)
    {
        var right = exact(layer, x, weight, bias).detach();
        var expected = WithGradients(exact, layer, x.to(float64), weight.to(float64), bias.to(float64), right.to(float64));
        Spoil([x, weight, right]);
        var found = WithGradients(tried, layer, x, weight, bias, right);
        foreach (var (made, wanted) in found.Zip(expected))
        {
            var (off, largest) = ((made.to(float64) - wanted).abs().max().item<double>(), wanted.abs().max().item<double>());
            if (!(off <= Tolerance(x.dtype) * largest))
            {
                var kind = Invariant($"{(x.dtype == ScalarType.Float32 ? "float32" : "bfloat16")} convolution of {channels} channels");
                faults.Add(Error.New(Invariant(
                    $"libtorch's {kind} is wrong on this processor (off by {off:G2} where the largest number is {largest:G2})")));
                break;
            }
        }

        return right;
    }

    /// <summary>Right rounding is off by some 10⁻⁵ of the largest number, in bfloat16 by some hundredths. Wrong convolutions are off by all of it.</summary>
    private static double Tolerance(ScalarType type) => type == ScalarType.Float32 ? 1e-3 : 0.1;

    /// <summary>A convolution, and its gradients with respect to all that it takes.</summary>
    private static Tensor[] WithGradients<TLayer>(TensorConvolution<TLayer> convolve, TLayer layer, Tensor x, Tensor weight, Tensor bias, Tensor gradient)
    {
        var taken = new[] { x, weight, bias }.Select(tensor => tensor.detach().requires_grad_()).ToArray();
        var made = convolve(layer, taken[0], taken[1], taken[2]);
        return [made.detach(), .. autograd.grad([made], taken, [gradient])];
    }

    /// <summary>Leaves no numbers in memory that is free to be taken again, for tensors whose channels are filled up to whole blocks.</summary>
    private static void Spoil(Tensor[] tensors)
    {
        using var scope = NewDisposeScope();
        foreach (var tensor in tensors)
        {
            static long Whole(long count) => (count + Block - 1) / Block * Block;
            var (first, second, rest) = (tensor.shape[0], tensor.shape[1], tensor.numel() / (tensor.shape[0] * tensor.shape[1]));
            foreach (var count in (long[])[tensor.numel(), first * Whole(second) * rest, Whole(first) * Whole(second) * rest])
            {
                TorchSharp.torch.tensor(float.NaN).expand(count).clone();
            }
        }
    }

    private static Tensor Numbers(ScalarType type, params long[] shape)
    {
        var count = shape.Aggregate(1L, (all, size) => all * size);
        return tensor(Enumerable.Range(0, (int)count).Select(i => Math.Cos(0.7 * i) + 0.3 * Math.Sin(0.05 * i)).ToArray(), shape, type);
    }
}
