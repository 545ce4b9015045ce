using System.Numerics;
using Ddpm.Gpu.Kernels;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Random;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Executors;

/// <summary>A network and its gradient computed by the kernels for processors.</summary>
/// <typeparam name="T">float or double: the network's type.</typeparam>
internal sealed unsafe class KernelExecutor<T> : INetworkExecutor
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly UNet _network;
    private readonly KernelWeights<T> _weights;
    private readonly NativeArray<T> _embeddings;
    private readonly KernelPrograms<KernelProgram<T>> _forward, _training;
    private readonly long _bytes; // of the packed weights and one program without gradients
    private Tensor? _theta; // whose numbers the weights point to

    /// <summary>Prepares the kernels of a network on the CPU.</summary>
    /// <param name="network">The network.</param>
    /// <param name="narrow">Whether windows of float32 networks may multiply bfloat16 numbers.</param>
    public KernelExecutor(UNet network, bool narrow = false)
    {
        (_network, _weights) = (network, new(network.Layout, narrow));
        var embeddings = network.TimeEmbedding.data<T>().ToArray();
        _embeddings = new(embeddings.Length);
        embeddings.CopyTo(_embeddings.From(0));
        (_forward, _training) = (new(() => Program(withGradient: false)), new(() => Program(withGradient: true)));
        _bytes = MemoryTally.Of(() => _forward.With(_ => { })); // so that the weights know what there is to pack
    }

    /// <inheritdoc/>
    public bool ComputesEachImageByItself => true;

    /// <inheritdoc/>
    public int ShareSize(int batch, int parts) => KernelProgram<T>.GradientImages;

    /// <inheritdoc/>
    public long PlannedBytes(int batch, int parts, int threads)
    {
        var (forward, training) = (BytesOfProgram(withGradient: false), BytesOfProgram(withGradient: true));
        var sampling = _bytes + (threads - 1) * forward; // once for the loss on test images, once for the grids of samples
        return 2 * sampling + threads * training;
    }

    /// <inheritdoc/>
    public void Take(Tensor theta, bool withGradient) => _weights.Pack((_theta = theta).Pointer<T>(), Replicas.For(_network.Device));

    /// <inheritdoc/>
    public Tensor Forward(Tensor x, ReadOnlyMemory<int> timesteps, ReadOnlyMemory<int> classes = default)
    {
        using var scope = NewDisposeScope();
        var config = _network.Config;
        var output = empty([x.shape[0], config.OutputChannels, config.ImageSize.Height, config.ImageSize.Width], _network.Type);
        var pixels = (int)(output.numel() / output.shape[0]);
        Run(_forward, x, timesteps, classes, default, (program, first, count) => program.Output.Give(count, output.Pointer<T>() + (long)first * pixels));
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Gradient(
        Tensor x, ReadOnlyMemory<int> timesteps, Tensor target, Tensor? weights, int batch, Tensor gradient, ReadOnlyMemory<int> classes = default,
        LearnedVariance? variance = null, ImportanceFactors? importance = null, ReadOnlyMemory<Draws> dropout = default,
        ReadOnlyMemory<double> augmentation = default)
    {
        using var scope = NewDisposeScope();
        _network.Check(variance);
        var given = OfNetwork(x, (int)x.shape[0], nameof(x)).contiguous();
        var wanted = OfNetwork(target, (int)x.shape[0], nameof(target)).contiguous();
        if (weights is not null && (weights.numel() != x.shape[0] || weights.dtype != _network.Type))
        {
            throw new ArgumentException(
                Invariant($"the kernels need {x.shape[0]} weights of type {_network.Type}, got {weights.numel()} of {weights.dtype}"), nameof(weights));
        }

        var pixels = (int)(target.numel() / target.shape[0]);
        var share = 1 / ((double)batch * pixels);
        var loss = 0.0;
        Run(_training, given, timesteps, classes, augmentation, (program, first, count) =>
        {
            for (var n = 0; n < count; n++)
            {
                var chosen = importance is { } sampled ? sampled.Factors.Span[first + n] : 1;
                var weight = chosen * (weights is null ? 1.0 : double.CreateChecked(weights.Pointer<T>()[first + n]));
                var place = (long)(first + n) * pixels;
                var own = weight * Error(program.Output, _network.Config.ImageChannels, n, wanted.Pointer<T>() + place, 2 * weight * share) * share;
                loss += own;
                if (variance is not null)
                {
                    var factor = chosen * variance.LossWeight * share;
                    var bound = factor * Variance(
                        program.Output, n, given.Pointer<T>() + place, wanted.Pointer<T>() + place, variance.Terms[timesteps.Span[first + n]], factor);
                    loss += bound;
                    own += bound;
                }

                if (importance is { } room)
                {
                    room.Losses.Span[first + n] = own * batch / chosen;
                }
            }

            program.Backward(count, gradient.Pointer<T>());
        }, dropout);
        return tensor(loss, ScalarType.Float64).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _forward.Dispose();
        _training.Dispose();
        _weights.Dispose();
        _embeddings.Dispose();
    }

    private long BytesOfProgram(bool withGradient) => MemoryTally.Of(() => Program(withGradient).Dispose());

    private KernelProgram<T> Program(bool withGradient)
    {
        var config = _network.Config;
        return new(
            _weights, config.ImageSize, config.ImageChannels, withGradient, _network.Config.Compose,
            new(config, _weights, _embeddings, KernelProgram<T>.ImagesAtOnce(config.ImageSize, withGradient), withGradient));
    }

    /// <summary>Runs images through a program, so many at a time.</summary>
    private void Run(
        KernelPrograms<KernelProgram<T>> programs, Tensor x, ReadOnlyMemory<int> timesteps, ReadOnlyMemory<int> classes,
        ReadOnlyMemory<double> augmentation, Action<KernelProgram<T>, int, int> after, ReadOnlyMemory<Draws> dropout = default)
    {
        _network.Check(augmentation, timesteps.Length);
        var (batch, steps, most) = ((int)x.shape[0], _network.Config.Timesteps, _network.Config.Classes);
        var images = OfNetwork(x, batch, nameof(x)).contiguous();
        if (!classes.IsEmpty && (classes.Length != batch || classes.Span.ContainsAnyExceptInRange(0, most)))
        {
            throw new ArgumentException(Invariant($"the kernels need {batch} classes in [0, {most}]"), nameof(classes));
        }

        if (timesteps.Length != batch || timesteps.Span.ContainsAnyExceptInRange(0, steps - 1))
        {
            throw new ArgumentException(Invariant($"the kernels need {batch} timesteps in [0, {steps})"), nameof(timesteps));
        }

        var pixels = (int)(images.numel() / batch);
        programs.With(program =>
        {
            for (var first = 0; first < batch; first += program.Images)
            {
                var count = Math.Min(program.Images, batch - first);
                program.Input.Take(images.Pointer<T>() + (long)first * pixels, count);
                program.Conditions.Take(Part(timesteps), Part(classes), Part(augmentation));
                program.Dropout = dropout.IsEmpty ? dropout : dropout.Slice(first, count);
                program.Forward(count);
                after(program, first, count);

                // What belongs to these images, of numbers that belong to all; none of none.
                ReadOnlySpan<N> Part<N>(ReadOnlyMemory<N> all) => all.Span.Slice(first * (all.Length / batch), count * (all.Length / batch));
            }
        });
    }

    /// <summary>Numbers that pointers may run over: a batch of the network's shape and type.</summary>
    private Tensor OfNetwork(Tensor images, int batch, string name)
    {
        long[] shape = [batch, _network.Config.ImageChannels, _network.Config.ImageSize.Height, _network.Config.ImageSize.Width];
        if (images.shape.AsSpan().SequenceEqual(shape) && images.dtype == _network.Type)
        {
            return images;
        }

        var (wanted, got) = (string.Join("×", shape), string.Join("×", images.shape));
        throw new ArgumentException(Invariant($"the kernels need {wanted} numbers of type {_network.Type}, got {got} of {images.dtype}"), name);
    }

    /// <summary>The sum of an image's squared errors in its first channels; their gradient becomes factor times the errors.</summary>
    private static double Error(Activation<T> output, int channels, int image, T* target, double factor)
    {
        var (shape, size, f) = (output.Shape, output.Shape.Size, T.CreateChecked(factor));
        var sum = 0.0;
        for (var c = 0; c < channels; c++)
        {
            var at = c * shape.Stride + shape.Origin;
            for (var h = 0; h < size.Height; h++, at += shape.Pitch)
            {
                for (var w = 0; w < size.Width; w++)
                {
                    var error = output.Values(image)[at + w] - *target++;
                    sum += double.CreateChecked(error) * double.CreateChecked(error);
                    output.Gradient(image)[at + w] = f * error;
                }
            }
        }

        return sum;
    }

    /// <summary>The sum over an image's pixels of the bound's term, in nats; the gradient of the second channels becomes factor times its slopes.</summary>
    private static double Variance(Activation<T> output, int image, T* x, T* target, VarianceTerm term, double factor)
    {
        var (size, channels, (perV, offset)) = (output.Shape.Size, output.Channels / 2, LearnedVariance.Fraction);
        T* values = output.Values(image), gradients = output.Gradient(image);
        var sum = 0.0;
        for (var c = 0; c < channels; c++)
        {
            for (var h = 0; h < size.Height; h++)
            {
                var (first, second) = (output.Row(c, h), output.Row(channels + c, h));
                for (var w = 0; w < size.Width; w++)
                {
                    var (nats, slope) = term.Of(
                        double.CreateChecked(*x++), double.CreateChecked(*target++), double.CreateChecked(values[first + w]),
                        perV * double.CreateChecked(values[second + w]) + offset);
                    sum += nats;
                    gradients[second + w] = T.CreateChecked(factor * perV * slope);
                }
            }
        }

        return sum;
    }
}
