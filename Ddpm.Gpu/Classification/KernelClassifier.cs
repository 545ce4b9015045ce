using System.Numerics;
using Ddpm.Gpu.Kernels;
using Ddpm.Gpu.Tensors;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Classification;

/// <summary>A classifier and its gradient computed by the kernels for processors.</summary>
/// <typeparam name="T">float or double: the type of θ.</typeparam>
internal sealed unsafe class KernelClassifier<T> : IClassifierExecutor
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly ScalarType Type = typeof(T) == typeof(float) ? ScalarType.Float32 : ScalarType.Float64;

    private readonly Classifier _classifier;
    private readonly KernelWeights<T> _weights;
    private readonly KernelPrograms<Program> _forward, _training;
    private Tensor? _theta; // whose numbers the weights point to

    /// <summary>Prepares the kernels of a classifier on the CPU.</summary>
    public KernelClassifier(Classifier classifier)
    {
        (_classifier, _weights) = (classifier, new(classifier.Layout, narrow: false));
        (_forward, _training) = (new(() => new(_classifier, _weights, withGradient: false)), new(() => new(_classifier, _weights, withGradient: true)));
        _forward.With(_ => { }); // so that the weights know what there is to pack
    }

    /// <inheritdoc/>
    public void Take(Tensor theta) => _weights.Pack((_theta = theta).Pointer<T>(), Replicas.For(CPU));

    /// <inheritdoc/>
    public Tensor Features(Tensor images) => Compute(images, ClassifierConfig.FeatureCount, program => program.Features);

    /// <inheritdoc/>
    public Tensor Logits(Tensor images) => Compute(images, _classifier.Config.Classes, program => program.Kernels.Output);

    /// <inheritdoc/>
    public double Gradient(Tensor images, ReadOnlyMemory<int> labels, double smoothing, int batch, Tensor gradient)
    {
        var loss = 0.0;
        Run(_training, images, (program, first, count) =>
        {
            for (var n = 0; n < count; n++)
            {
                loss += Loss(program.Kernels.Output, n, labels.Span[first + n], smoothing, batch) / batch;
            }

            program.Kernels.Backward(count, gradient.Pointer<T>());
        });
        return loss;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _forward.Dispose();
        _training.Dispose();
        _weights.Dispose();
    }

    /// <summary>The kernels of the whole classifier, and where its features are.</summary>
    private sealed class Program : IDisposable
    {
        public Program(Classifier classifier, KernelWeights<T> weights, bool withGradient)
        {
            Activation<T>? features = null;
            Kernels = new(
                weights, classifier.Config.ImageSize, classifier.Config.ImageChannels, withGradient,
                (kernels, x) => classifier.Logits(kernels, features = classifier.Features(kernels, x)));
            Features = features!;
        }

        public KernelProgram<T> Kernels { get; }

        public Activation<T> Features { get; }

        public void Dispose() => Kernels.Dispose();
    }

    private Tensor Compute(Tensor images, int each, Func<Program, Activation<T>> made)
    {
        using var scope = NewDisposeScope();
        var output = empty([images.shape[0], each], Type);
        Run(_forward, images, (program, first, count) => made(program).Give(count, output.Pointer<T>() + (long)first * each));
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>Runs images through a program, so many at a time.</summary>
    private void Run(KernelPrograms<Program> programs, Tensor images, Action<Program, int, int> after)
    {
        using var scope = NewDisposeScope();
        var (config, batch) = (_classifier.Config, (int)images.shape[0]);
        if (!images.shape.AsSpan().SequenceEqual([batch, config.ImageChannels, config.ImageSize.Height, config.ImageSize.Width]) || images.dtype != Type)
        {
            var wanted = Invariant($"{config.ImageChannels}×{config.ImageSize} numbers of type {Type}");
            throw new ArgumentException($"the kernels need images of {wanted}, got {string.Join("×", images.shape)} of {images.dtype}", nameof(images));
        }

        var (numbers, pixels) = (images.contiguous(), config.ImageChannels * config.ImageSize.Pixels);
        programs.With(program =>
        {
            for (var first = 0; first < batch; first += program.Kernels.Images)
            {
                var count = Math.Min(program.Kernels.Images, batch - first);
                program.Kernels.Input.Take(numbers.Pointer<T>() + (long)first * pixels, count);
                program.Kernels.Forward(count);
                after(program, first, count);
            }
        });
    }

    /// <summary>The cross entropy of an image; its gradient with respect to the logits, as a part of the batch, goes where the way back begins.</summary>
    private static double Loss(Activation<T> logits, int image, int label, double smoothing, int batch)
    {
        Span<double> z = stackalloc double[logits.Channels], gradient = stackalloc double[logits.Channels];
        for (var k = 0; k < z.Length; k++)
        {
            z[k] = double.CreateChecked(logits.Values(image)[logits.Row(k, 0)]);
        }

        var loss = CrossEntropy.Of(z, label, smoothing, gradient);
        for (var k = 0; k < z.Length; k++)
        {
            logits.Gradient(image)[logits.Row(k, 0)] = T.CreateChecked(gradient[k] / batch);
        }

        return loss;
    }
}
