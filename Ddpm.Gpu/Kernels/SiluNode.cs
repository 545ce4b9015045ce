using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>SiLU outside of a block. It works in place: the gradient of its output becomes the gradient of its input.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class SiluNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Activation<T> _x;
    private readonly Activation<T>? _slope;

    /// <summary>Adds SiLU after a layer of a network under construction. No other node uses the layer's output.</summary>
    public SiluNode(KernelProgram<T> program, Activation<T> x) =>
        (_x, _slope) = (x, program.WithGradient ? program.Allocate(x.Shape, x.Channels, plain: true) : null);

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        for (var n = 0; n < images; n++)
        {
            Silu(_x.Values(n), _x.Values(n), _slope is null ? null : _slope.Values(n), _x.ImageStride);
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        for (var n = 0; n < images; n++)
        {
            Multiply(_x.Gradient(n), _slope!.Values(n), _x.Gradient(n), _x.ImageStride);
        }
    }
}
