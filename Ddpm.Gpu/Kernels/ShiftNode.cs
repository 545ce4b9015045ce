using System.Numerics;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// The shift of a stage's channels by its projection of the timestep's embedding, linear, SiLU, linear. It works in place: the gradient of what it
/// makes is the gradient of what it took.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class ShiftNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelProgram<T> _program;
    private readonly Activation<T> _x;
    private readonly int _in, _out, _row, _weight1, _bias1, _weight2, _bias2;
    private readonly NativeArray<T> _hidden, _slope, _shift, _gradient;

    /// <summary>On what a layer of a network that is being put together has made for it alone.</summary>
    public ShiftNode(KernelProgram<T> program, TimeProjection projection, Activation<T> x)
    {
        (_program, _x, _in, _out) = (program, x, projection.In, projection.Out);
        int Offset(string name) => program.Weights.Offset(name);
        (_weight1, _bias1) = (Offset(projection.First.Name + ".weight"), Offset(projection.First.Name + ".bias"));
        (_weight2, _bias2) = (Offset(projection.Second.Name + ".weight"), Offset(projection.Second.Name + ".bias"));
        _row = (_out + Lanes<T>.Count - 1) / Lanes<T>.Count * Lanes<T>.Count;
        NativeArray<T> Rows() => program.Allocate((long)program.Images * _row);
        (_hidden, _slope, _shift, _gradient) = (Rows(), Rows(), Rows(), program.Allocate(_row));
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        var theta = _program.Weights.Theta;
        var shape = _x.Shape;
        for (var n = 0; n < images; n++)
        {
            var hidden = _hidden.Pointer + n * _row;
            var shift = _shift.Pointer + n * _row;
            Linear(_program.Embedding(n), _in, theta + _weight1, theta + _bias1, hidden);
            Silu(hidden, hidden, _slope.Pointer + n * _row, _row);
            Linear(hidden, _out, theta + _weight2, theta + _bias2, shift);
            for (var c = 0; c < _out; c++)
            {
                Lanes<T>.AddScaled(shape.Mask.Pointer, shift[c], _x.Values(n) + c * shape.Stride, shape.Stride);
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        var theta = _program.Weights.Theta;
        var stride = _x.Shape.Stride;
        for (var n = 0; n < images; n++)
        {
            var hidden = _hidden.Pointer + n * _row;
            var slope = _slope.Pointer + n * _row;
            var back = _gradient.Pointer;
            var embedding = _program.EmbeddingGradient(n);
            _gradient.Clear();
            for (var c = 0; c < _out; c++)
            {
                var d = Sum(_x.Gradient(n) + c * stride, stride);
                gradient[_bias2 + c] += d;
                Lanes<T>.AddScaled(hidden, d, gradient + _weight2 + c * _out, _out);
                Lanes<T>.AddScaled(theta + _weight2 + c * _out, d, back, _out);
            }

            for (var c = 0; c < _out; c++)
            {
                var d = back[c] * slope[c];
                gradient[_bias1 + c] += d;
                Lanes<T>.AddScaled(_program.Embedding(n), d, gradient + _weight1 + c * _in, _in);
                if (embedding is not null)
                {
                    Lanes<T>.AddScaled(theta + _weight1 + c * _in, d, embedding, _in);
                }
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
