using System.Numerics;
using Ddpm.Pure.Networks;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// The shift of a stage's channels by its projection of the timestep embedding. It works in place: the gradient of its output is the gradient of its input.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="program">The network under construction.</param>
/// <param name="projection">The projection.</param>
/// <param name="x">A layer's output that no other node uses.</param>
internal sealed unsafe class ShiftNode<T>(KernelProgram<T> program, TimeProjection projection, Activation<T> x) : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelProjection<T> _projection = new(program, projection.Layers);
    private readonly NativeArray<T> _gradient = program.Allocate(projection.Out);

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        for (var n = 0; n < images; n++)
        {
            var shift = _projection.Forward(n);
            for (var c = 0; c < x.Channels; c++)
            {
                Lanes<T>.AddScaled(x.Shape.Mask.Pointer, shift[c], x.Values(n) + c * x.Shape.Stride, x.Shape.Stride);
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        for (var n = 0; n < images; n++)
        {
            for (var c = 0; c < x.Channels; c++)
            {
                _gradient.Pointer[c] = Sum(x.Gradient(n) + c * x.Shape.Stride, x.Shape.Stride);
            }

            _projection.Backward(n, _gradient.Pointer, gradient);
        }
    }
}
