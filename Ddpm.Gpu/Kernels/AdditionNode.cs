using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>y ← x + y: a skip path. It works in place: the gradient of its output is the gradient of y.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="x">The activation of the skip path.</param>
/// <param name="y">A layer's output that no other node uses.</param>
internal sealed unsafe class AdditionNode<T>(Activation<T> x, Activation<T> y) : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _use = x.Use();

    /// <inheritdoc/>
    public override void Forward(int images) => Add(x.Values(0), y.Values(0), images * x.ImageStride);

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient) => Put(y.Gradient(0), x.Gradient(0), images * x.ImageStride, add: !x.IsFirstGradient(_use));
}
