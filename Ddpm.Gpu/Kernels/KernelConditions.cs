using System.Numerics;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>The conditioning of a UNet: for each image the embedding of its timestep and, in a conditional network, of its class.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class KernelConditions<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelWeights<T> _weights;
    private readonly NativeArray<T> _embeddings;
    private readonly int[] _timesteps, _classes;
    private readonly int _dimension, _noClass, _classOffset;
    private readonly NativeArray<T>? _sums, _gradients; // of each image, the sum of its timestep and class embeddings, and its gradient

    /// <summary>Allocates memory for a batch.</summary>
    /// <param name="config">The network.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="embeddings">The embedding of each timestep, T×d.</param>
    /// <param name="images">The number of images.</param>
    /// <param name="withGradient">Whether a backward pass will follow.</param>
    public KernelConditions(UNetConfig config, KernelWeights<T> weights, NativeArray<T> embeddings, int images, bool withGradient)
    {
        (_weights, _embeddings, _dimension, _noClass) = (weights, embeddings, config.EmbeddingDimension, config.Classes);
        (_timesteps, _classes) = (new int[images], new int[images]);
        if (config.Classes > 0)
        {
            _classOffset = weights.Offset(UNetConfig.ClassEmbeddingName);
            _sums = new((long)images * _dimension);
            _gradients = withGradient ? new((long)images * _dimension) : null;
        }
    }

    /// <summary>The embedding of an image's timestep, plus the embedding of its class in a conditional network.</summary>
    public T* Embedding(int image) => _sums is null ? OfTimestep(image) : _sums.Pointer + (long)image * _dimension;

    /// <summary>The gradient of an image's embedding; null without classes or backward pass, because the timestep embedding is not learnt.</summary>
    public T* Gradient(int image) => _gradients is null ? null : _gradients.Pointer + (long)image * _dimension;

    /// <summary>Sets the timestep and the class of each image; no classes if no image has one.</summary>
    public void Take(ReadOnlySpan<int> timesteps, ReadOnlySpan<int> classes)
    {
        timesteps.CopyTo(_timesteps);
        if (classes.IsEmpty)
        {
            _classes.AsSpan().Fill(_noClass);
        }
        else
        {
            classes.CopyTo(_classes);
        }

        for (var n = 0; n < timesteps.Length && _sums is not null; n++)
        {
            new ReadOnlySpan<T>(OfTimestep(n), _dimension).CopyTo(new(Embedding(n), _dimension));
            Lanes<T>.AddScaled(_weights.Theta + ClassRow(n), T.One, Embedding(n), _dimension);
        }
    }

    /// <summary>Clears the gradients before a backward pass.</summary>
    public void ClearGradients() => _gradients?.Clear();

    /// <summary>Adds the gradients to the class embedding's rows in the gradient of θ.</summary>
    public void AddGradients(int images, T* gradient)
    {
        for (var n = 0; n < images && _gradients is not null; n++)
        {
            Lanes<T>.AddScaled(Gradient(n), T.One, gradient + ClassRow(n), _dimension);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sums?.Dispose();
        _gradients?.Dispose();
    }

    private T* OfTimestep(int image) => _embeddings.Pointer + (long)_timesteps[image] * _dimension;

    private int ClassRow(int image) => _classOffset + _classes[image] * _dimension;
}
