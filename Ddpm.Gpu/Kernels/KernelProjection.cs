using System.Numerics;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>The projection of each image's embedding, linear, SiLU, linear, and its gradient.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class KernelProjection<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelProgram<T> _program;
    private readonly int _in, _out, _row, _weight1, _bias1, _weight2, _bias2;
    private readonly NativeArray<T> _hidden, _slope, _made, _gradient;

    /// <summary>Adds a projection to a network under construction.</summary>
    public KernelProjection(KernelProgram<T> program, TimeProjection projection)
    {
        (_program, _in, _out) = (program, projection.In, projection.Out);
        int Offset(string name) => program.Weights.Offset(name);
        (_weight1, _bias1) = (Offset(projection.First.Name + ".weight"), Offset(projection.First.Name + ".bias"));
        (_weight2, _bias2) = (Offset(projection.Second.Name + ".weight"), Offset(projection.Second.Name + ".bias"));
        _row = (_out + Lanes<T>.Count - 1) / Lanes<T>.Count * Lanes<T>.Count;
        NativeArray<T> Rows() => program.Allocate((long)program.Images * _row);
        (_hidden, _slope, _made, _gradient) = (Rows(), Rows(), Rows(), program.Allocate(_row));
    }

    /// <summary>The projected numbers of an image, computed by <see cref="Forward"/>.</summary>
    public T* Made(int image) => _made.Pointer + image * _row;

    /// <summary>Computes the projected numbers of an image.</summary>
    public T* Forward(int image)
    {
        var theta = _program.Weights.Theta;
        var hidden = _hidden.Pointer + image * _row;
        Linear(_program.Conditions.Embedding(image), _in, theta + _weight1, theta + _bias1, hidden);
        KernelNode<T>.Silu(hidden, hidden, _slope.Pointer + image * _row, _row);
        Linear(hidden, _out, theta + _weight2, theta + _bias2, Made(image));
        return Made(image);
    }

    /// <summary>The backward pass of an image.</summary>
    /// <param name="image">The index of the image.</param>
    /// <param name="made">The gradient of its projected numbers.</param>
    /// <param name="gradient">The gradient of θ.</param>
    public void Backward(int image, T* made, T* gradient)
    {
        var theta = _program.Weights.Theta;
        var hidden = _hidden.Pointer + image * _row;
        var slope = _slope.Pointer + image * _row;
        var back = _gradient.Pointer;
        var embedding = _program.Conditions.Gradient(image);
        _gradient.Clear();
        for (var c = 0; c < _out; c++)
        {
            gradient[_bias2 + c] += made[c];
            Lanes<T>.AddScaled(hidden, made[c], gradient + _weight2 + c * _out, _out);
            Lanes<T>.AddScaled(theta + _weight2 + c * _out, made[c], back, _out);
        }

        for (var c = 0; c < _out; c++)
        {
            var d = back[c] * slope[c];
            gradient[_bias1 + c] += d;
            Lanes<T>.AddScaled(_program.Conditions.Embedding(image), d, gradient + _weight1 + c * _in, _in);
            if (embedding is not null)
            {
                Lanes<T>.AddScaled(theta + _weight1 + c * _in, d, embedding, _in);
            }
        }
    }

    private void Linear(T* x, int count, T* weight, T* bias, T* y)
    {
        for (var c = 0; c < _out; c++)
        {
            y[c] = bias[c] + Lanes<T>.Dot(x, weight + c * count, count);
        }
    }
}
