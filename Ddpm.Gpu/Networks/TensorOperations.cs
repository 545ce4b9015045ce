using Ddpm.Gpu.Executors;
using Ddpm.Pure.Networks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Ddpm.Gpu.Networks;

/// <summary>
/// What convolves, normalises and weighs tensors. libtorch's own convolutions of float32 are wrong on some processors (see <see cref="ConvolutionCheck"/>),
/// some of its devices cannot normalise, and other libraries round elsewhere: others can stand in for them.
/// </summary>
/// <param name="Convolve">A convolution.</param>
/// <param name="Transpose">A transposed convolution.</param>
internal sealed record TensorOperations(TensorConvolution<Convolution> Convolve, TensorConvolution<TransposedConvolution> Transpose)
{
    /// <summary>Normalises the last dimensions of x: (x, their sizes, weight, bias, ε).</summary>
    public Func<Tensor, long[], Tensor, Tensor, double, Tensor> Normalize { get; init; } = (x, sizes, weight, bias, epsilon) =>
        functional.layer_norm(x, sizes, weight, bias, epsilon);

    /// <summary>Normalises each group of channels of x, N×C×H×W: (x, the number of groups, weight, bias, ε).</summary>
    public Func<Tensor, int, Tensor, Tensor, double, Tensor> NormalizeGroups { get; init; } = (x, groups, weight, bias, epsilon) =>
        functional.group_norm(x, groups, weight, bias, epsilon);

    /// <summary>The softmax of the last dimension: the weights of attention.</summary>
    public Func<Tensor, Tensor> Softmax { get; init; } = scores => functional.softmax(scores, -1);

    /// <summary>libtorch's own.</summary>
    public static TensorOperations Libtorch { get; } = new(
        (c, x, weight, bias) => functional.conv2d(Padded(c, x), weight, bias, [c.Stride, c.Stride], [c.Padding, c.Padding]),
        (c, x, weight, bias) => functional.conv_transpose2d(x, weight, bias, strides: [c.Stride, c.Stride], padding: [c.Padding, c.Padding]));

    /// <summary>libtorch's own of float64, whatever the type: other code, which is right everywhere, and slower.</summary>
    public static TensorOperations InFloat64 { get; } = new(Wide(Libtorch.Convolve), Wide(Libtorch.Transpose));

    private static Tensor Padded(Convolution c, Tensor x) => c.TrailingPadding == 0 ? x : functional.pad(x, [0, c.TrailingPadding, 0, c.TrailingPadding]);

    private static TensorConvolution<TLayer> Wide<TLayer>(TensorConvolution<TLayer> convolve) =>
        (layer, x, weight, bias) => convolve(layer, x.to(float64), weight.to(float64), bias.to(float64)).to(x.dtype);
}

/// <summary>Convolves.</summary>
/// <typeparam name="TLayer">The kind of layer.</typeparam>
/// <param name="layer">The layer: its stride and its padding count.</param>
/// <param name="x">N×In×H×W.</param>
/// <param name="weight">Its weight.</param>
/// <param name="bias">Its bias, of Out numbers.</param>
/// <returns>N×Out×H'×W'.</returns>
internal delegate Tensor TensorConvolution<in TLayer>(TLayer layer, Tensor x, Tensor weight, Tensor bias);
