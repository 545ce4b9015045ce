using Ddpm.Pure.Images;

namespace Ddpm.Pure.Networks;

/// <summary>
/// The cost of a network, counted from its definition: the multiplications of its convolutions and its attention, each with an addition, and the numbers that a
/// backward pass needs. Everything else adds a few per cent.
/// </summary>
public static class NetworkCost
{
    /// <summary>Products of numbers in one pass of one image; two operations each, and three times that with gradients.</summary>
    public static long Products(UNetConfig network) => Count(network).Products;

    /// <summary>
    /// The numbers per image that automatic differentiation keeps for the backward pass: the output of every operation. A normalisation with SiLU counts as
    /// two operations, and attention also keeps a weight for each pair of pixels.
    /// </summary>
    public static long KeptNumbers(UNetConfig network) => Count(network).Kept;

    private static Counter Count(UNetConfig network)
    {
        var counter = new Counter();
        network.Compose(counter, new Planes(network.ImageChannels, network.ImageSize));
        return counter;
    }

    /// <summary>Channels of some height and width.</summary>
    private readonly record struct Planes(int Channels, ImageSize Size);

    private sealed class Counter : INetworkMath<Planes>
    {
        public long Products { get; private set; }

        public long Kept { get; private set; }

        Planes INetworkMath<Planes>.Shift(TimeProjection projection, Planes x) => Keep(x);

        Planes INetworkMath<Planes>.Silu(Planes x) => Keep(x);

        Planes INetworkMath<Planes>.Apply(GroupNorm norm, Planes x) => Keep(x, norm.Activated ? 2 : 1);

        Planes INetworkMath<Planes>.Add(Planes x, Planes y) => Keep(y);

        Planes INetworkMath<Planes>.Embed(TimeEmbedding embedding, Planes x) => x;

        Planes INetworkMath<Planes>.Upsample(Planes x) => Keep(x with { Size = x.Size.Map(side => 2 * side) });

        Planes INetworkMath<Planes>.Attend(int heads, Planes queriesKeysValues)
        {
            var (channels, pixels) = (queriesKeysValues.Channels / 3, (long)queriesKeysValues.Size.Pixels);
            Products += 2 * channels * pixels * pixels;
            Kept += heads * pixels * pixels;
            return Keep(queriesKeysValues with { Channels = channels });
        }

        Planes INetworkMath<Planes>.Concatenate(Planes first, Planes second) =>
            Keep(first with { Channels = first.Channels + second.Channels });

        Planes INetworkMath<Planes>.Apply(Block block, Planes x)
        {
            block.Shortcut.Iter(layer => Count(layer.Out, layer.In, 1, x.Size));
            Count(block.First.Out, block.First.In, 3, x.Size);
            Count(block.Second.Out, block.Second.In, 3, x.Size);
            Keep(x, block.Normalized ? 1 : 0);
            // Two convolutions, each with SiLU, and the skip path.
            return Keep(x with { Channels = block.Out }, block.Residual ? 6 : 4);
        }

        Planes INetworkMath<Planes>.Apply(Convolution layer, Planes x)
        {
            var size = layer.OutputSize(x.Size);
            Count(layer.Out, layer.In, layer.Kernel, size);
            return Keep(new(layer.Out, size));
        }

        Planes INetworkMath<Planes>.Apply(TransposedConvolution layer, Planes x)
        {
            Count(layer.Out, layer.In, layer.Kernel, x.Size);
            return Keep(new(layer.Out, layer.OutputSize(x.Size)));
        }

        private Planes Keep(Planes x, int times = 1)
        {
            Kept += (long)times * x.Channels * x.Size.Pixels;
            return x;
        }

        private void Count(int outs, int ins, int kernel, ImageSize size) => Products += (long)outs * ins * kernel * kernel * size.Pixels;
    }
}
