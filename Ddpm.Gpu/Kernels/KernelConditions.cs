using System.Numerics;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using LanguageExt;

namespace Ddpm.Gpu.Kernels;

/// <summary>The conditioning of a UNet: for each image the embedding of its timestep, and what the network is told besides (its class, its change).</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class KernelConditions<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelWeights<T> _weights;
    private readonly NativeArray<T> _embeddings;
    private readonly int[] _timesteps, _classes;
    private readonly T[] _labels; // of the change of each image
    private readonly int _dimension, _noClass;
    private readonly Places _first; // of what is added to the timestep embedding
    private readonly NativeArray<T>? _sums, _gradients; // of each image, the timestep embedding with all that is added, and its gradient
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
        (_labels, _first) = (new T[images * GeometricAugmentation.LabelCount], Of(config.Conditions));
        if (_first.AddsAny)
        {
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

    /// <summary>Where the parameters of conditions begin in θ, and the dimension of the embedding that they are added to.</summary>
    public readonly record struct Places(int? ClassTable, int? AugmentationMap, int Dimension)
    {
        /// <summary>Whether the network is told anything.</summary>
        public bool AddsAny => ClassTable is not null || AugmentationMap is not null;
    }

    /// <summary>The places of conditions.</summary>
    public Places Of(EmbeddingConditions conditions) => new(Offset(conditions.ClassTable), Offset(conditions.AugmentationMap), conditions.Dimension);

    /// <summary>Adds what the network is told of an image to an embedding.</summary>
    public void Add(Places places, int image, T* embedding)
    {
        if (places.ClassTable is { } table)
        {
            Lanes<T>.AddScaled(_weights.Theta + ClassRow(table, places, image), T.One, embedding, places.Dimension);
        }

        if (places.AugmentationMap is { } map && IsChanged(image))
        {
            var row = _weights.Theta + map;
            for (var c = 0; c < places.Dimension; c++)
            {
                foreach (var label in Labels(image))
                {
                    embedding[c] += label * *row++;
                }
            }
        }
    }

    /// <summary>Adds the gradients of what an image adds to an embedding.</summary>
    /// <param name="places">The places of the conditions.</param>
    /// <param name="image">The image.</param>
    /// <param name="made">The gradient of the embedding.</param>
    /// <param name="gradient">The gradient of θ.</param>
    public void AddGradient(Places places, int image, T* made, T* gradient)
    {
        if (places.ClassTable is { } table)
        {
            Lanes<T>.AddScaled(made, T.One, gradient + ClassRow(table, places, image), places.Dimension);
        }

        if (places.AugmentationMap is { } map && IsChanged(image))
        {
            var row = gradient + map;
            for (var c = 0; c < places.Dimension; c++)
            {
                foreach (var label in Labels(image))
                {
                    *row++ += label * made[c];
                }
            }
        }
    }

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

    /// <summary>Sets the timestep, the class and the nine labels of the change of each image; no classes or labels if no image has any.</summary>
    public void Take(ReadOnlySpan<int> timesteps, ReadOnlySpan<int> classes, ReadOnlySpan<double> augmentation)
    {
        Array.Clear(_labels);
        for (var i = 0; i < augmentation.Length; i++)
        {
            _labels[i] = T.CreateChecked(augmentation[i]);
        }

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
            Add(_first, n, First(n));
        }
    }

    /// <summary>Clears the gradients before a backward pass.</summary>
    public void ClearGradients()
    {
        _gradients?.Clear();
        _sharedGradients?.Clear();
    }

    /// <summary>Adds the gradients of what was added to the timestep embedding.</summary>
    public void AddGradients(int images, T* gradient)
    {
        for (var n = 0; n < images && _gradients is not null; n++)
        {
            AddGradient(_first, n, FirstGradient(n), gradient);
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

    /// <summary>The embedding of an image's timestep, plus what the network is told besides.</summary>
    private T* First(int image) => _sums is null ? OfTimestep(image) : _sums.Pointer + (long)image * _dimension;

    /// <summary>
    /// The gradient of the first embedding. Null without backward pass or if nothing is added to it, because the timestep embedding is not learnt.
    /// </summary>
    private T* FirstGradient(int image) => _gradients is null ? null : _gradients.Pointer + (long)image * _dimension;

    private T* OfTimestep(int image) => _embeddings.Pointer + (long)_timesteps[image] * _dimension;

    private int ClassRow(int table, Places places, int image) => table + _classes[image] * places.Dimension;

    private ReadOnlySpan<T> Labels(int image) => _labels.AsSpan(image * GeometricAugmentation.LabelCount, GeometricAugmentation.LabelCount);

    private bool IsChanged(int image) => Labels(image).ContainsAnyExcept(T.Zero);

    private int? Offset(Option<Parameter> parameter) => parameter.Case is Parameter some ? _weights.Offset(some.Name) : null;
}
