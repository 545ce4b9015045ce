using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Sampling;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Sampling;

/// <summary>Images in [−1, 1] as the network makes them, N×C×H×W, channels first.</summary>
/// <param name="Count">N.</param>
/// <param name="Channels">C.</param>
/// <param name="Size">H and W.</param>
/// <param name="Values">N·C·H·W numbers.</param>
public sealed record GeneratedImages(int Count, int Channels, int Size, ReadOnlyMemory<float> Values);

/// <summary>Which images to generate.</summary>
/// <param name="Seed">The seed of all noise.</param>
/// <param name="Count">How many, ≥ 1.</param>
/// <param name="BatchSize">How many at a time, ≥ 1.</param>
public sealed record SampleRequest(ulong Seed, int Count, int BatchSize);

/// <summary>What is known of the images to generate.</summary>
/// <param name="Images">In [−1, 1], as many as are asked for, N·C·H·W numbers.</param>
/// <param name="Mask">Which of an image's C·H·W numbers are kept to the end; none where all are generated anew from the start that the plan says.</param>
public sealed record KnownPixels(ReadOnlyMemory<float> Images, Option<ReadOnlyMemory<bool>> Mask);

/// <summary>Generates images with a network and a plan.</summary>
/// <param name="network">The network.</param>
/// <param name="plan">The compiled sampler.</param>
public sealed class ImageSampler(UNet network, SamplingPlan plan)
{
    /// <summary>Generates images.</summary>
    /// <param name="theta">The network's weights.</param>
    /// <param name="request">Which images.</param>
    /// <param name="moments">
    /// The moments to keep, each a number of executed lines: 0 is the initial noise, the plan's length the result. The result is always kept.
    /// </param>
    /// <param name="progress">Told the lines done and the lines there are, over all batches.</param>
    /// <param name="stop">Ends the work.</param>
    /// <param name="known">What is known of them; needed where the plan starts from an image.</param>
    /// <returns>The images at each moment, in the order of the moments, and last the result; or <see cref="Errors.Cancelled"/>.</returns>
    public Fin<IReadOnlyList<GeneratedImages>> Sample(
        Tensor theta, SampleRequest request, IReadOnlyCollection<int> moments, Action<int, int> progress, CancellationToken stop, Option<KnownPixels> known = default)
    {
        try
        {
            return FinSucc(Run(theta, request, moments, progress, known, stop));
        }
        catch (OperationCanceledException)
        {
            return Errors.Cancelled;
        }
    }

    private IReadOnlyList<GeneratedImages> Run(
        Tensor theta, SampleRequest request, IReadOnlyCollection<int> moments, Action<int, int> progress, Option<KnownPixels> known, CancellationToken stop)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        var weights = network.Layout.View(theta);
        var (channels, size) = (network.Config.ImageChannels, network.Config.ImageSize);
        var pixels = channels * size * size;
        var kept = moments.Append(plan.Lines.Count).Distinct().ToDictionary(moment => moment, _ => new float[request.Count * pixels]);
        var batches = (request.Count + request.BatchSize - 1) / request.BatchSize;
        for (var batch = 0; batch < batches; batch++)
        {
            using var inner = NewDisposeScope();
            var first = batch * request.BatchSize;
            var count = Math.Min(request.BatchSize, request.Count - first);
            var noise = new SampleNoise(request.Seed, first, [count, channels, size, size], network.Type, network.Device);

            void Keep(int moment, Tensor x)
            {
                if (kept.TryGetValue(moment, out var values))
                {
                    x.contiguous().to(float32).cpu().data<float>().CopyTo(values.AsSpan(first * pixels, count * pixels));
                }
            }

            var initial = noise.Initial();
            Keep(0, initial);
            PlanExecutor.Run(
                plan,
                (x, timestep) => network.Forward(weights, x, TensorMath.Repeated(timestep, count, network.Device)),
                initial,
                noise.Line,
                known.Map(pixel => new KnownImage(
                    tensor(pixel.Images.Slice(first * pixels, count * pixels).ToArray(), [count, channels, size, size], network.Type).to(network.Device),
                    pixel.Mask.Map(mask => tensor(mask.ToArray(), [1, channels, size, size]).to(network.Device)))),
                observe: (line, x) =>
                {
                    stop.ThrowIfCancellationRequested();
                    Keep(line + 1, x);
                    progress(batch * plan.Lines.Count + line + 1, batches * plan.Lines.Count);
                });
        }

        return [.. moments.Append(plan.Lines.Count).Select(moment => new GeneratedImages(request.Count, channels, size, kept[moment]))];
    }
}
