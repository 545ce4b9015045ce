using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// A convolution as a relation between a big and a small image: small[o][i] ~ Σ W[o][c][k] · big[c][stride·i + k − padding]. A convolution gathers from big to
/// small and sends gradients back by scattering; a transposed convolution scatters from small to big and sends gradients back by gathering; the gradient
/// of W is one and the same. PyTorch's weights of both are W, small × big × kernel × kernel. How it is computed is the kinds' affair.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="small">Channels and shape of the small image.</param>
/// <param name="big">Channels and shape of the big image.</param>
internal abstract unsafe class Window<T>((int Channels, PlaneShape<T> Shape) small, (int Channels, PlaneShape<T> Shape) big) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Channels and shape of the small image.</summary>
    public (int Channels, PlaneShape<T> Shape) Small { get; } = small;

    /// <summary>Channels and shape of the big image.</summary>
    public (int Channels, PlaneShape<T> Shape) Big { get; } = big;

    /// <summary>How many numbers of room an image's cells take, which are what the big image is cut into; none where it is read as it lies.</summary>
    public virtual int CellRoom => 0;

    /// <summary>How many numbers of room the parts take that the small image's gradient is made into; none where it is read as it lies.</summary>
    public virtual int PartRoom => 0;

    /// <summary>How many numbers of room everything takes beside that; several windows may share it.</summary>
    public abstract long Scratch { get; }

    /// <summary>Whether <see cref="Scatter"/> can add to what is there.</summary>
    public virtual bool Adds => true;

    /// <summary>The window that computes a relation best.</summary>
    /// <param name="offset">Where W lies in θ.</param>
    /// <param name="small">Channels and shape of the small image.</param>
    /// <param name="big">Channels and shape of the big image.</param>
    /// <param name="kernel">Height and width of the window.</param>
    /// <param name="stride">Pixels of the big image for each of the small.</param>
    /// <param name="padding">Zeros round the big image.</param>
    /// <param name="narrow">Whether it may multiply bfloat16 numbers.</param>
    /// <exception cref="NotSupportedException">Where the window is neither centred nor of at most 2×2 cells.</exception>
    public static Window<T> Of(int offset, (int Channels, PlaneShape<T> Shape) small, (int Channels, PlaneShape<T> Shape) big, int kernel, int stride, int padding, bool narrow = false)
    {
        var centred = stride == 1 && kernel is 1 or 3 && 2 * padding + 1 == kernel;
        if (narrow && centred && kernel == 3 && small.Shape is PlaneShape<float> shape && NarrowWinogradWindow.Pays(small.Channels, big.Channels, shape))
        {
            return (Window<T>)(object)new NarrowWinogradWindow(offset, (small.Channels, shape), (big.Channels, shape));
        }

        return !centred ? new CellWindow<T>(offset, small, big, kernel, stride, padding)
            : kernel == 3 && WinogradRows<T>.Pays(small.Channels, big.Channels, big.Shape) ? new WinogradWindow<T>(offset, small, big)
            : new PlaneWindow<T>(offset, small, big, kernel);
    }

    /// <summary>Puts W into the order in which the kernels read it.</summary>
    /// <param name="theta">θ.</param>
    public abstract void Pack(T* theta);

    /// <summary>small ← bias + W ∗ big, for one image.</summary>
    /// <param name="big">Planes of the big image.</param>
    /// <param name="cells">Room for its cells; they are left there for <see cref="WeightGradient"/>.</param>
    /// <param name="scratch">Room.</param>
    /// <param name="bias">A number for each channel, or null.</param>
    /// <param name="small">Planes of the small image.</param>
    public abstract void Gather(T* big, T* cells, T* scratch, T* bias, T* small);

    /// <summary>big ← bias + Wᵀ ∗ small, for one image.</summary>
    /// <param name="small">Planes of the small image.</param>
    /// <param name="scratch">Room.</param>
    /// <param name="bias">A number for each channel, or null.</param>
    /// <param name="big">Planes of the big image.</param>
    /// <param name="add">Whether to add to what is there; only where <see cref="Adds"/>.</param>
    public abstract void Scatter(T* small, T* scratch, T* bias, T* big, bool add);

    /// <summary>Makes the small image, or its gradient, into parts, where there are such.</summary>
    /// <param name="small">Planes of the small image; zero where there is no pixel.</param>
    /// <param name="parts">Room for them.</param>
    public virtual void Part(T* small, T* parts) => throw new NotSupportedException("it is read as it lies");

    /// <summary>∇W += Σ over images of small × big.</summary>
    /// <param name="small">The small image's planes, or their gradient, of image 0; zero where there is no pixel. Where there are parts, those.</param>
    /// <param name="smallImage">From one image to the next.</param>
    /// <param name="big">The big image's planes, or their gradient, of image 0. Where there are cells, those.</param>
    /// <param name="bigImage">From one image to the next.</param>
    /// <param name="images">How many images.</param>
    /// <param name="scratch">Room.</param>
    /// <param name="gradient">Of θ.</param>
    public abstract void WeightGradient(T* small, nint smallImage, T* big, nint bigImage, int images, T* scratch, T* gradient);

    /// <inheritdoc/>
    public abstract void Dispose();
}
