using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Networks;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Classification;

/// <summary>The classifier of a configuration as a function of its weights.</summary>
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

    /// <summary>What computes it on a device.</summary>
    internal IClassifierExecutor Executor(Device device) =>
        ProcessorDevice.Is(device) ? new KernelClassifier<float>(this) : new TensorClassifier(this);

    /// <summary>The features of images, whatever computes the layers.</summary>
    /// <typeparam name="TActivation">What the layers work on.</typeparam>
    /// <param name="math">What computes them.</param>
    /// <param name="x">The images.</param>
    internal TActivation Features<TActivation>(IClassifierMath<TActivation> math, TActivation x)
    {
        // What is pooled is smaller, and SiLU of less is less work.
        x = math.Silu(math.Pool(math.Apply(Config.First, x)));
        x = math.Silu(math.Pool(math.Apply(Config.Second, x)));
        x = math.Silu(math.Apply(Config.Third, x));
        return math.Silu(math.Apply(Config.ToFeatures, x));
    }

    /// <summary>The logits of images' features, whatever computes the layer.</summary>
    /// <typeparam name="TActivation">What the layer works on.</typeparam>
    /// <param name="math">What computes it.</param>
    /// <param name="features">The features.</param>
    internal TActivation Logits<TActivation>(IClassifierMath<TActivation> math, TActivation features) => math.Apply(Config.ToLogits, features);
}
