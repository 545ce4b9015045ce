using System.Numerics;
using Ddpm.Pure.Networks;
using LanguageExt;

namespace Ddpm.Gpu.Kernels;

/// <summary>The projection of each image's embedding, and its gradient: linear, SiLU, linear; or one linear layer.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class KernelProjection<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelProgram<T> _program;
    private readonly Place[] _layers;
    private readonly KernelConditions<T>.Reader _embedding;
    private readonly int _row;
    private readonly NativeArray<T> _hidden, _slope, _made, _gradient;

    /// <summary>Adds a projection to a network under construction. It reads the embedding that is in force at this place of the network.</summary>
    /// <param name="program">The network.</param>
    /// <param name="layers">One or two linear layers.</param>
    public KernelProjection(KernelProgram<T> program, Arr<Linear> layers)
    {
        (_program, _embedding) = (program, program.Conditions.Current);
        _layers = [.. layers.Map(layer => new Place(
            layer.In, layer.Out, program.Weights.Offset(layer.Name + ".weight"), program.Weights.Offset(layer.Name + ".bias")))];
        _row = PlaneShape<T>.Up(layers.Fold(0, (most, layer) => Math.Max(most, layer.Out)), Lanes<T>.Count);
        NativeArray<T> Rows(bool needed = true) => program.Allocate(needed ? (long)program.Images * _row : 0);
        var two = _layers.Length == 2;
        (_hidden, _slope, _made, _gradient) = (Rows(two), Rows(two), Rows(), program.Allocate(two ? _row : 0));
    }

    /// <summary>The projected numbers of an image, computed by <see cref="Forward"/>.</summary>
    public T* Made(int image) => _made.Pointer + (long)image * _row;

    /// <summary>Computes the projected numbers of an image.</summary>
    public T* Forward(int image)
    {
        var x = _embedding.Values(image);
        if (_layers.Length == 2)
        {
            var hidden = _hidden.Pointer + (long)image * _row;
            Linear(_layers[0], x, hidden);
            KernelNode<T>.Silu(hidden, hidden, _slope.Pointer + (long)image * _row, _row);
            x = hidden;
        }

        Linear(_layers[^1], x, Made(image));
        return Made(image);
    }

    /// <summary>The backward pass of an image.</summary>
    /// <param name="image">The index of the image.</param>
    /// <param name="made">The gradient of its projected numbers.</param>
    /// <param name="gradient">The gradient of θ.</param>
    public void Backward(int image, T* made, T* gradient)
    {
        T* x = _embedding.Values(image), back = _embedding.Gradient(image);
        if (_layers.Length == 2)
        {
            var slope = _slope.Pointer + (long)image * _row;
            _gradient.Clear();
            Back(_layers[1], _hidden.Pointer + (long)image * _row, made, _gradient.Pointer, gradient);
            made = _gradient.Pointer;
            for (var c = 0; c < _layers[0].Out; c++)
            {
                made[c] *= slope[c];
            }
        }

        Back(_layers[0], x, made, back, gradient);
    }

    /// <summary>The sizes of a linear layer, and where its weight and its bias begin in θ.</summary>
    private readonly record struct Place(int In, int Out, int Weight, int Bias);

    private void Linear(Place layer, T* x, T* y)
    {
        T* weight = _program.Weights.Theta + layer.Weight, bias = _program.Weights.Theta + layer.Bias;
        for (var c = 0; c < layer.Out; c++)
        {
            y[c] = bias[c] + Lanes<T>.Dot(x, weight + (long)c * layer.In, layer.In);
        }
    }

    /// <summary>Adds the gradients of the weight and the bias, and of x if there is room for it.</summary>
    private void Back(Place layer, T* x, T* made, T* back, T* gradient)
    {
        var theta = _program.Weights.Theta;
        for (var c = 0; c < layer.Out; c++)
        {
            var row = layer.Weight + (long)c * layer.In;
            gradient[layer.Bias + c] += made[c];
            Lanes<T>.AddScaled(x, made[c], gradient + row, layer.In);
            if (back is not null)
            {
                Lanes<T>.AddScaled(theta + row, made[c], back, layer.In);
            }
        }
    }
}
