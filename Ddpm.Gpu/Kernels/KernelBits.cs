using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Random;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// The bits that the kernels find for a network with weights and images from formulas. They are the same on every processor. No library but .NET's is loaded.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal static unsafe class KernelBits<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const ulong Seed = 1;

    private static readonly int[] Timesteps = [0, 250, 999];

    /// <summary>The first 16 digits of the SHA-256 of the output of three images, followed by the gradient of 0.0005·|output|² by θ.</summary>
    /// <param name="config">The network, with an embedding by formula and at least 1000 timesteps.</param>
    /// <exception cref="ArgumentException">The embedding has no formula.</exception>
    public static string Checksum(UNetConfig config)
    {
        var formula = config.Embedding.IfNone(() => throw new ArgumentException("the embedding has no formula", nameof(config)));
        using var embeddings = Filled(formula.Table(config.NetworkTimes, config.EmbeddingDimension).ToArray());
        var layout = new WeightLayout(config.Parameters);
        using var weights = new KernelWeights<T>(layout, narrow: false);
        var images = KernelProgram<T>.ImagesAtOnce(config.ImageSize, withGradient: true);
        using var program = new KernelProgram<T>(
            weights, config.ImageSize, config.ImageChannels, withGradient: true, config.Compose, new(config, weights, embeddings, images, withGradient: true));
        using var theta = Normals(0, (int)layout.Count, 0.05);
        using var x = Normals(1, Timesteps.Length * config.ImageChannels * config.ImageSize.Pixels, 1);
        using var gradient = Filled(new double[layout.Count]);
        weights.Pack(theta.Pointer);
        program.Input.Take(x.Pointer, Timesteps.Length);
        program.Conditions.Take(Timesteps, default, default);
        program.Forward(Timesteps.Length);
        var output = new T[Timesteps.Length * config.OutputChannels * config.ImageSize.Pixels];
        fixed (T* first = output)
        {
            program.Output.Give(Timesteps.Length, first);
        }

        for (var n = 0; n < Timesteps.Length; n++)
        {
            Slopes(program.Output, n);
        }

        program.Backward(Timesteps.Length, gradient.Pointer);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(MemoryMarshal.AsBytes<T>(output));
        sha.AppendData(MemoryMarshal.AsBytes(gradient.From(0)[..(int)layout.Count]));
        return Convert.ToHexStringLower(sha.GetHashAndReset())[..16];
    }

    /// <summary>The gradient of 0.0005·o² is 0.001·o.</summary>
    private static void Slopes(Activation<T> output, int image)
    {
        var slope = T.CreateChecked(0.001);
        for (var c = 0; c < output.Channels; c++)
        {
            for (var h = 0; h < output.Shape.Size.Height; h++)
            {
                for (var w = 0; w < output.Shape.Size.Width; w++)
                {
                    var at = output.Row(c, h) + w;
                    output.Gradient(image)[at] = slope * output.Values(image)[at];
                }
            }
        }
    }

    private static NativeArray<T> Normals(int index, int count, double deviation)
    {
        var normals = new float[count];
        new RandomStream(Seed, StreamName.InitialNoise).At(index, 0).FillNormals(normals);
        return Filled(Array.ConvertAll(normals, normal => deviation * normal));
    }

    private static NativeArray<T> Filled(double[] numbers)
    {
        var filled = new NativeArray<T>(numbers.Length);
        Array.ConvertAll(numbers, T.CreateChecked).CopyTo(filled.From(0));
        return filled;
    }
}
