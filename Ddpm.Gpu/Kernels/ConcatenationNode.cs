using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>Concatenates the channels of activations; of one alone it makes a copy.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class ConcatenationNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly (Activation<T> Part, int Use)[] _parts;
    private readonly Activation<T> _y;

    /// <summary>Adds a concatenation to a network under construction.</summary>
    public ConcatenationNode(KernelProgram<T> program, Activation<T>[] parts, out Activation<T> y)
    {
        _parts = [.. parts.Select(part => (part, part.Use()))];
        y = _y = program.Allocate(parts[0].Shape, parts.Sum(part => part.Channels));
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        for (var n = 0; n < images; n++)
        {
            var y = _y.Values(n);
            foreach (var (part, _) in _parts)
            {
                Put(part.Values(n), y, part.ImageStride, add: false);
                y += part.ImageStride;
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        for (var n = 0; n < images; n++)
        {
            var dy = _y.Gradient(n);
            foreach (var (part, use) in _parts)
            {
                Put(dy, part.Gradient(n), part.ImageStride, add: !part.IsFirstGradient(use));
                dy += part.ImageStride;
            }
        }
    }
}
