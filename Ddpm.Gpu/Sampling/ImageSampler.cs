using System.Runtime.InteropServices;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Validations;
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
public sealed record GeneratedImages(int Count, int Channels, ImageSize Size, ReadOnlyMemory<float> Values)
{
    /// <summary>The images as bytes, N×H×W×C.</summary>
    /// <param name="scale">How values become bytes.</param>
    public byte[] ToLevels(PixelScale scale)
    {
        var levels = new byte[Values.Length];
        scale.ToLevels(Values.Span, Channels, Size.Height, Size.Width, levels);
        return levels;
    }

    /// <summary>All numbers divided by a deviation, in float32: 1 changes no bit.</summary>
    internal GeneratedImages Over(double deviation)
    {
        var (divisor, scaled) = ((float)deviation, Values.ToArray());
        for (var i = 0; i < scaled.Length; i++)
        {
            scaled[i] /= divisor;
        }

        return this with { Values = scaled };
    }
}

/// <summary>Which images to generate.</summary>
/// <param name="Seed">The seed of all noise.</param>
/// <param name="First">The number of the first, ≥ 0.</param>
/// <param name="Count">How many from there on, ≥ 1.</param>
/// <param name="AtOnce">How many to have in work at a time, ≥ 1, as far as whole micro-batches allow; no image depends on it.</param>
/// <param name="Condition">Which classes they are of, for a network that knows classes; none for no class.</param>
public sealed record SampleRequest(ulong Seed, int First, int Count, int AtOnce, Option<ClassCondition> Condition = default);

/// <summary>What is known of the images to generate.</summary>
/// <param name="Images">In [−1, 1], as many as are asked for, N·C·H·W numbers.</param>
/// <param name="Mask">Which of an image's C·H·W numbers are kept to the end; none where all are generated anew from the start that the plan says.</param>
public sealed record KnownPixels(ReadOnlyMemory<float> Images, Option<ReadOnlyMemory<bool>> Mask);

/// <summary>Generates images with a network and a plan. An image depends on the seed and its number alone (<see cref="MicroBatches"/>).</summary>
/// <param name="model">The network.</param>
/// <param name="plan">The compiled sampler.</param>
/// <param name="workers">Who computes micro-batches side by side; null for as many as the device allows.</param>
public sealed class ImageSampler(TrainedNetwork model, SamplingPlan plan, Replicas? workers = null)
{
    /// <summary>
    /// The processes that divide the images of a request among them. All ask for the same. Rank 0 gets all images, the others only their own.
    /// </summary>
    internal RankGroup Ranks { get; init; } = RankGroup.Alone;

    /// <summary>Generates images.</summary>
    /// <param name="request">Which images.</param>
    /// <param name="moments">
    /// The moments to keep, each a number of executed lines: 0 is the initial noise, the plan's length the result. The result is always kept.
    /// </param>
    /// <param name="progress">Receives the lines done and the number of lines, over all batches.</param>
    /// <param name="stop">Ends the work.</param>
    /// <param name="known">What is known of them; needed where the plan starts from an image.</param>
    /// <returns>
    /// The images at each moment, in the order of the moments, and last the result; or the factor of the plan that float32 cannot hold; or the first image that
    /// is not finite, with its line and timestep; or <see cref="Errors.Cancelled"/>.
    /// </returns>
    public Fin<IReadOnlyList<GeneratedImages>> Sample(
        SampleRequest request, IReadOnlyCollection<int> moments, Action<int, int> progress, CancellationToken stop, Option<KnownPixels> known = default)
    {
        try
        {
            return from fits in plan.InFloat32().ToFin()
                   from made in Run(request, moments, progress, known, stop)
                   select made;
        }
        catch (OperationCanceledException)
        {
            return Errors.Cancelled;
        }
    }

    private Fin<IReadOnlyList<GeneratedImages>> Run(
        SampleRequest request, IReadOnlyCollection<int> moments, Action<int, int> progress, Option<KnownPixels> known, CancellationToken stop)
    {
        var network = model.Network;
        var (channels, size, micro) = (network.Config.ImageChannels, network.Config.ImageSize, ComputeDevice.MicroBatch(network.Device));
        var pixels = channels * size.Pixels;
        var kept = moments.Append(plan.Lines.Count).Distinct().ToDictionary(moment => moment, _ => new float[request.Count * pixels]);
        var all = MicroBatches.Covering(request.First, request.Count, micro);
        MicroBatches.Part[] PartsOf(int rank) => [.. all.Skip(RankedSum.Terms(all.Count, rank, Ranks.Size).First)
            .Take(RankedSum.Terms(all.Count, rank, Ranks.Size).Count)];
        var parts = PartsOf(Ranks.Rank);
        using var guided = new GuidedNetwork(model, request.Condition);
        var done = 0;
        void Report()
        {
            lock (kept)
            {
                progress(++done, parts.Length * plan.Lines.Count);
            }
        }

        Fin<Unit> Compute(MicroBatches.Part part)
        {
            using var still = no_grad(); // of this thread, as is the scope
            using var scope = NewDisposeScope();
            var place = (part.FirstAsked - request.First) * pixels;
            long[] shape = [micro, channels, size.Height, size.Width];
            void Keep(int moment, Tensor x)
            {
                if (kept.TryGetValue(moment, out var values))
                {
                    x.narrow(0, part.From, part.Count).contiguous().to(float32).cpu().data<float>().CopyTo(values.AsSpan(place, part.Count * pixels));
                }
            }

            KnownImage Known(KnownPixels pictures)
            {
                var values = new float[micro * pixels];
                pictures.Images.Span.Slice(place, part.Count * pixels).CopyTo(values.AsSpan(part.From * pixels));
                return new(
                    tensor(values, shape, network.Type).to(network.Device),
                    pictures.Mask.Map(mask => tensor(mask.ToArray(), [1, channels, size.Height, size.Width]).to(network.Device)));
            }

            var noise = new SampleNoise(request.Seed, part.First, shape, network.Type, network.Device);
            var initial = noise.Initial();
            Keep(0, initial);
            var run = PlanExecutor.Run(
                plan,
                (x, line) => guided.Output(x, line, part),
                initial,
                noise.Line,
                known.Map(Known),
                observe: (line, x) =>
                {
                    stop.ThrowIfCancellationRequested();
                    Keep(line + 1, x);
                    Report();
                },
                part);
            return run.Map(result =>
            {
                if (plan.Lines.IsEmpty)
                {
                    Keep(0, result); // the noise is not the result where the plan starts from an image
                }

                return unit;
            });
        }

        var most = (workers ?? Replicas.For(network.Device)).Count;
        // The error of the first faulty part is returned, whichever thread is faster. Parts after a fault are not computed.
        var faults = new Error?[parts.Length];
        new Replicas(Math.Clamp((request.AtOnce - 1) / micro + 1, 1, most)).ForEach(parts.Length, number =>
        {
            if (!faults.Take(number).Any(fault => fault is not null))
            {
                faults[number] = Computed(parts[number]);
            }
        });
        Error? Computed(MicroBatches.Part part)
        {
            try
            {
                return Compute(part).Match(Error? (_) => null, fault => fault);
            }
            catch (OperationCanceledException)
            {
                return Errors.Cancelled; // the other ranks have to hear of it
            }
        }

        return Together(kept, rank => Images(PartsOf(rank)), pixels, System.Array.Find(faults, fault => fault is not null))
            .Map<IReadOnlyList<GeneratedImages>>(
                _ => [.. moments.Append(plan.Lines.Count).Select(moment => new GeneratedImages(request.Count, channels, size, kept[moment]))]);

        (int First, int Count) Images(MicroBatches.Part[] those) =>
            those.Length == 0 ? (0, 0) : (those[0].FirstAsked - request.First, those.Sum(part => part.Count));
    }

    /// <summary>Brings the images of all ranks to rank 0. The first fault is that of the first rank that has one.</summary>
    private Fin<Unit> Together(Dictionary<int, float[]> kept, Func<int, (int First, int Count)> imagesOf, int pixels, Error? fault)
    {
        if (Ranks.Size == 1)
        {
            return fault is null ? unit : fault;
        }

        var moments = kept.Keys.Order().ToArray();
        Span<byte> Slice(int moment, int rank) =>
            MemoryMarshal.AsBytes(kept[moment].AsSpan(imagesOf(rank).First * pixels, imagesOf(rank).Count * pixels));
        using var own = new MemoryStream();
        own.WriteByte((byte)(fault is null ? 0 : 1));
        own.Write(fault is null ? [] : System.Text.Encoding.UTF8.GetBytes(fault.Message));
        foreach (var moment in fault is null ? moments : [])
        {
            own.Write(Slice(moment, Ranks.Rank));
        }

        var gathered = Ranks.Gather(own.ToArray());
        for (var rank = 0; rank < gathered.Count; rank++)
        {
            var theirs = gathered[rank].Span;
            if (theirs[0] != 0)
            {
                return rank == 0 ? fault! : Error.New(System.Text.Encoding.UTF8.GetString(theirs[1..]));
            }

            theirs = theirs[1..];
            foreach (var moment in moments)
            {
                var slice = Slice(moment, rank);
                theirs[..slice.Length].CopyTo(slice);
                theirs = theirs[slice.Length..];
            }
        }

        return Ranks.GoesOn() ? unit : Errors.Cancelled;
    }
}
