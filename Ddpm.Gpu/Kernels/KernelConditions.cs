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
    private readonly bool _withGradient;
    private NativeArray<T>? _shared, _sharedGradients; // of each image, the embedding that a layer made of it for all later projections
    private int _sharedRow;

    /// <summary>Allocates memory for a batch.</summary>
    /// <param name="config">The network.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="embeddings">The embedding of each timestep, T×d.</param>
    /// <param name="images">The number of images.</param>
    /// <param name="withGradient">Whether a backward pass will follow.</param>
    public KernelConditions(UNetConfig config, KernelWeights<T> weights, NativeArray<T> embeddings, int images, bool withGradient)
    {
        (_weights, _embeddings, _dimension, _noClass) = (weights, embeddings, config.EmbeddingDimension, config.Classes);
        (_timesteps, _classes, _withGradient) = (new int[images], new int[images], withGradient);
        if (config.ClassTable.Case is Parameter table)
        {
            _classOffset = weights.Offset(table.Name);
            _sums = new((long)images * _dimension);
            _gradients = withGradient ? new((long)images * _dimension) : null;
        }
    }

    /// <summary>The embedding of images, and its gradient. The gradient is null where no weight depends on it.</summary>
    /// <param name="Values">The embedding of an image.</param>
    /// <param name="Gradient">Its gradient, or null.</param>
    public sealed record Reader(OfImage Values, OfImage Gradient);

    /// <summary>The numbers of an image, or null.</summary>
    public delegate T* OfImage(int image);

    /// <summary>What a projection at this place of a network under construction reads.</summary>
    public Reader Current => _shared is null ? new(First, FirstGradient) : new(Embedding, Gradient);

    /// <summary>The shared embedding of an image.</summary>
    public T* Embedding(int image) => _shared!.Pointer + (long)image * _sharedRow;

    /// <summary>The gradient of the shared embedding of an image.</summary>
    public T* Gradient(int image) => _sharedGradients!.Pointer + (long)image * _sharedRow;

    /// <summary>The class of an image; K for none.</summary>
    public int Class(int image) => _classes[image];

    /// <summary>Makes room for an embedding that all later projections of a network under construction read.</summary>
    /// <param name="dimension">Its dimension.</param>
    /// <returns>The distance between the embeddings of two images: whole vectors.</returns>
    public int Share(int dimension)
    {
        _sharedRow = PlaneShape<T>.Up(dimension, Lanes<T>.Count);
        _shared = new((long)_timesteps.Length * _sharedRow);
        _sharedGradients = _withGradient ? new((long)_timesteps.Length * _sharedRow) : null;
        return _sharedRow;
    }

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
            new ReadOnlySpan<T>(OfTimestep(n), _dimension).CopyTo(new(First(n), _dimension));
            Lanes<T>.AddScaled(_weights.Theta + ClassRow(n), T.One, First(n), _dimension);
        }
    }

    /// <summary>Clears the gradients before a backward pass.</summary>
    public void ClearGradients()
    {
        _gradients?.Clear();
        _sharedGradients?.Clear();
    }

    /// <summary>Adds the gradients to the class embedding's rows in the gradient of θ.</summary>
    public void AddGradients(int images, T* gradient)
    {
        for (var n = 0; n < images && _gradients is not null; n++)
        {
            Lanes<T>.AddScaled(FirstGradient(n), T.One, gradient + ClassRow(n), _dimension);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sums?.Dispose();
        _gradients?.Dispose();
        _shared?.Dispose();
        _sharedGradients?.Dispose();
    }

    /// <summary>The embedding of an image's timestep, plus the embedding of its class in a conditional network.</summary>
    private T* First(int image) => _sums is null ? OfTimestep(image) : _sums.Pointer + (long)image * _dimension;

    /// <summary>The gradient of the first embedding; null without classes or backward pass, because the timestep embedding is not learnt.</summary>
    private T* FirstGradient(int image) => _gradients is null ? null : _gradients.Pointer + (long)image * _dimension;

    private T* OfTimestep(int image) => _embeddings.Pointer + (long)_timesteps[image] * _dimension;

    private int ClassRow(int image) => _classOffset + _classes[image] * _dimension;
}
