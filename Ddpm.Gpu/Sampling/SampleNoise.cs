using Ddpm.Pure.Random;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Sampling;

/// <summary>
/// The noise of generated images first, first + 1, …: a function of the seed, an image's number and the line of the plan, so that an image
/// does not depend on how many are generated with it.
/// </summary>
/// <param name="Seed">The seed.</param>
/// <param name="First">The number of the first image.</param>
/// <param name="Shape">N×C×H×W.</param>
/// <param name="Type">The type of the tensors.</param>
/// <param name="Device">Where they are wanted.</param>
public sealed record SampleNoise(ulong Seed, int First, long[] Shape, ScalarType Type, Device Device)
{
    /// <summary>x_T.</summary>
    public Tensor Initial() => Draw(StreamName.InitialNoise, 0);

    /// <summary>z of a plan's line.</summary>
    public Tensor Line(int line) => Draw(StreamName.SamplingNoise, line);

    private Tensor Draw(StreamName name, int step)
    {
        var stream = new RandomStream(Seed, name);
        var pixels = (int)(Shape[1] * Shape[2] * Shape[3]);
        var elements = new float[Shape[0] * pixels];
        for (var i = 0; i < Shape[0]; i++)
        {
            stream.At(First + i, step).FillNormals(elements.AsSpan(i * pixels, pixels));
        }

        return tensor(elements, Shape, Type).to(Device);
    }
}
