using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Networks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Ddpm.Gpu.Classification;

/// <summary>The classifier of a configuration as a function of its weights, by libtorch's operations, through which gradients flow.</summary>
/// <param name="config">What it is.</param>
public sealed class Classifier(ClassifierConfig config)
{
    /// <summary>What it is.</summary>
    public ClassifierConfig Config { get; } = config;

    /// <summary>Where its parameters lie in θ.</summary>
    public WeightLayout Layout { get; } = new(config.Parameters);

    /// <summary>θ before training: a function of the seed alone.</summary>
    public Tensor InitialWeights(ulong seed, Device device) =>
        Layout.Assemble((parameter, k, destination) => WeightInitialization.Fill(parameter, k, seed, destination), ScalarType.Float32, device);

    /// <summary>The features of images.</summary>
    /// <param name="w">The weights.</param>
    /// <param name="images">N×C×H×W in [−1, 1].</param>
    /// <returns>N×D.</returns>
    public Tensor Features(Weights w, Tensor images)
    {
        // What is pooled is smaller, and SiLU of less is less work.
        Tensor Convolved(Convolution c, Tensor x) => functional.conv2d(x, w[c.Name + ".weight"], w[c.Name + ".bias"], [c.Stride, c.Stride], [c.Padding, c.Padding]);
        static Tensor Pooled(Tensor x) => functional.max_pool2d(x, 2);
        var x = functional.silu(Pooled(Convolved(Config.First, images))).ChannelsLast();
        x = functional.silu(Pooled(Convolved(Config.Second, x)));
        x = functional.silu(Convolved(Config.Third, x));
        return functional.silu(Applied(w, Config.ToFeatures, x.flatten(1)));
    }

    /// <summary>The logits of images' features.</summary>
    /// <param name="w">The weights.</param>
    /// <param name="features">N×D.</param>
    /// <returns>N×K.</returns>
    public Tensor Logits(Weights w, Tensor features) => Applied(w, Config.ToLogits, features);

    private static Tensor Applied(Weights w, Linear layer, Tensor x) => functional.linear(x, w[layer.Name + ".weight"], w[layer.Name + ".bias"]);
}
