using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// A convolution as a relation between a big and a small image: small[o][i] ~ Σ W[o][c][k] · big[c][stride·i + k − padding]. A convolution gathers from big to
/// small and sends gradients back by scattering; a transposed convolution scatters from small to big and sends gradients back by gathering. Both have
/// the same gradient of W. PyTorch's weights of both are W, small × big × kernel × kernel. Subclasses choose the algorithm.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="small">The channels and the shape of the small image.</param>
/// <param name="big">The channels and the shape of the big image.</param>
internal abstract unsafe class Window<T>((int Channels, PlaneShape<T> Shape) small, (int Channels, PlaneShape<T> Shape) big) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The channels and the shape of the small image.</summary>
    public (int Channels, PlaneShape<T> Shape) Small { get; } = small;

    /// <summary>The channels and the shape of the big image.</summary>
    public (int Channels, PlaneShape<T> Shape) Big { get; } = big;

    /// <summary>The numbers in the cells of an image, a rearranged copy of the big image; 0 if the window reads the big image directly.</summary>
    public virtual int CellRoom => 0;

    /// <summary>The numbers in the parts, a transformed copy of the small image's gradient; 0 if the window reads the gradient directly.</summary>
    public virtual int PartRoom => 0;

    /// <summary>The numbers of other scratch memory. Several windows may share it.</summary>
    public abstract long Scratch { get; }

    /// <summary>Whether <see cref="Scatter"/> can add to the big image.</summary>
    public virtual bool Adds => true;

    /// <summary>Creates the fastest window for a convolution.</summary>
    /// <param name="offset">The offset of W in θ.</param>
    /// <param name="small">The channels and the shape of the small image.</param>
    /// <param name="big">The channels and the shape of the big image.</param>
    /// <param name="kernel">Height and width of the window.</param>
    /// <param name="stride">The stride: pixels of the big image for each pixel of the small image.</param>
    /// <param name="padding">Zero padding of the big image.</param>
    /// <param name="narrow">Whether the window may use bfloat16 products.</param>
    /// <exception cref="NotSupportedException">The window is neither centred nor at most 2×2 cells.</exception>
    public static Window<T> Of(
        int offset,
        (int Channels, PlaneShape<T> Shape) small,
        (int Channels, PlaneShape<T> Shape) big,
        int kernel,
        int stride,
        int padding,
        bool narrow = false)
    {
        var centred = KernelCoverage.IsCentred(kernel, stride, padding);
        if (narrow && centred && kernel == 3 && small.Shape is PlaneShape<float> shape && NarrowWinogradWindow.Pays(small.Channels, big.Channels, shape))
        {
            return (Window<T>)(object)new NarrowWinogradWindow(offset, (small.Channels, shape), (big.Channels, shape));
        }

        if (!centred)
        {
            return new CellWindow<T>(offset, small, big, kernel, stride, padding);
        }

        return kernel == 3 && WinogradRows<T>.Pays(small.Channels, big.Channels, big.Shape)
            ? new WinogradWindow<T>(offset, small, big)
            : new PlaneWindow<T>(offset, small, big, kernel);
    }

    /// <summary>Packs W into the kernels' order.</summary>
    /// <param name="theta">θ.</param>
    public abstract void Pack(T* theta);

    /// <summary>small ← bias + W ∗ big, for one image.</summary>
    /// <param name="big">Planes of the big image.</param>
    /// <param name="cells">Receives its cells, for <see cref="WeightGradient"/>.</param>
    /// <param name="scratch">Scratch memory.</param>
    /// <param name="bias">One number for each channel, or null.</param>
    /// <param name="small">Planes of the small image.</param>
    public abstract void Gather(T* big, T* cells, T* scratch, T* bias, T* small);

    /// <summary>big ← bias + Wᵀ ∗ small, for one image.</summary>
    /// <param name="small">Planes of the small image.</param>
    /// <param name="scratch">Scratch memory.</param>
    /// <param name="bias">One number for each channel, or null.</param>
    /// <param name="big">Planes of the big image.</param>
    /// <param name="add">Whether to add to the big image; only if <see cref="Adds"/>.</param>
    public abstract void Scatter(T* small, T* scratch, T* bias, T* big, bool add);

    /// <summary>Transforms the small image, or its gradient, into parts, if the window has parts.</summary>
    /// <param name="small">Planes of the small image; zero outside of the image.</param>
    /// <param name="parts">Receives the parts.</param>
    public virtual void Part(T* small, T* parts) => throw new NotSupportedException("it is read as it lies");

    /// <summary>∇W += Σ small × big over the images.</summary>
    /// <param name="small">The parts of image 0; or its small planes or their gradient, for a window without parts, zero outside of the image.</param>
    /// <param name="smallImage">The stride between images.</param>
    /// <param name="big">The cells of image 0; or its big planes or their gradient, for a window without cells.</param>
    /// <param name="bigImage">The stride between images.</param>
    /// <param name="images">The number of images.</param>
    /// <param name="scratch">Scratch memory.</param>
    /// <param name="gradient">The gradient of θ.</param>
    public abstract void WeightGradient(T* small, nint smallImage, T* big, nint bigImage, int images, T* scratch, T* gradient);

    /// <inheritdoc/>
    public abstract void Dispose();
}
