using Ddpm.Pure.Images;

namespace Ddpm.Pure.Networks;

/// <summary>
/// The cost of a network, counted from its definition: the multiplications of its convolutions and its attention, each with an addition. Everything else adds a
/// few per cent.
/// </summary>
public static class NetworkCost
{
    /// <summary>Products of numbers in one pass of one image; two operations each, and three times that with gradients.</summary>
    public static long Products(UNetConfig network)
    {
        var counter = new Counter();
        network.Compose(counter, new Planes(network.ImageChannels, network.ImageSize));
        return counter.Products;
    }

    /// <summary>Channels of some height and width.</summary>
    private readonly record struct Planes(int Channels, ImageSize Size);

    private sealed class Counter : INetworkMath<Planes>
    {
        public long Products { get; private set; }

        Planes INetworkMath<Planes>.Shift(TimeProjection projection, Planes x) => x;

        Planes INetworkMath<Planes>.Silu(Planes x) => x;

        Planes INetworkMath<Planes>.Apply(GroupNorm norm, Planes x) => x;

        Planes INetworkMath<Planes>.Add(Planes x, Planes y) => y;

        Planes INetworkMath<Planes>.Embed(TimeEmbedding embedding, Planes x) => x;

        Planes INetworkMath<Planes>.Upsample(Planes x) => x with { Size = x.Size.Map(side => 2 * side) };

        Planes INetworkMath<Planes>.Attend(int heads, Planes queriesKeysValues)
        {
            var (channels, pixels) = (queriesKeysValues.Channels / 3, (long)queriesKeysValues.Size.Pixels);
            Products += 2 * channels * pixels * pixels;
            return queriesKeysValues with { Channels = channels };
        }

        Planes INetworkMath<Planes>.Concatenate(Planes first, Planes second) => first with { Channels = first.Channels + second.Channels };

        Planes INetworkMath<Planes>.Apply(Block block, Planes x)
        {
            block.Shortcut.Iter(layer => Count(layer.Out, layer.In, 1, x.Size));
            Count(block.First.Out, block.First.In, 3, x.Size);
            Count(block.Second.Out, block.Second.In, 3, x.Size);
            return x with { Channels = block.Out };
        }

        Planes INetworkMath<Planes>.Apply(Convolution layer, Planes x)
        {
            var size = layer.OutputSize(x.Size);
            Count(layer.Out, layer.In, layer.Kernel, size);
            return new(layer.Out, size);
        }

        Planes INetworkMath<Planes>.Apply(TransposedConvolution layer, Planes x)
        {
            Count(layer.Out, layer.In, layer.Kernel, x.Size);
            return new(layer.Out, layer.OutputSize(x.Size));
        }

        private void Count(int outs, int ins, int kernel, ImageSize size) => Products += (long)outs * ins * kernel * kernel * size.Pixels;
    }
}
