using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>y ← x + y: a path round what made y. It works in place: the gradient of what it makes is the gradient of y.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="x">What comes along the path.</param>
/// <param name="y">What a layer of a network that is being put together has made for it alone.</param>
internal sealed unsafe class AdditionNode<T>(Activation<T> x, Activation<T> y) : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _use = x.Use();

    /// <inheritdoc/>
    public override void Forward(int images) => Add(x.Values(0), y.Values(0), images * x.ImageStride);

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient) => Put(y.Gradient(0), x.Gradient(0), images * x.ImageStride, add: !x.IsFirstGradient(_use));
}
