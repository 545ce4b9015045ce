using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Threads;
using Ddpm.Properties.Ranks;
using Ddpm.Properties.Training;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Sampling;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Sampling;

/// <summary>Image i of a seed has the same bits whatever is asked for with it.</summary>
public sealed class ImageSamplerTests : IDisposable
{
    private const int Pixels = 144;

    private readonly TinyNetwork _tiny = new();

    public void Dispose() => _tiny.Dispose();

    public static TheoryData<string> Samplers { get; } = [.. Sampler.All.Keys];

    [Theory]
    [MemberData(nameof(Samplers))]
    public void An_image_depends_on_the_seed_and_its_number_alone(string sampler)
    {
        var plan = new SamplingOptions { Sampler = sampler, SamplingSteps = 4 }.Compile(_tiny.Model.Schedule, _tiny.Model.Prediction, clipSample: true).Valid();
        var all = Made(plan, first: 0, count: 200, atOnce: 100, workers: 2);
        Assert.Equal(200, all.Chunk(Pixels).Select(image => string.Join(' ', image)).Distinct().Count());
        (int, int, int, int)[] cases =
            [(0, 1, 1, 1), (0, 7, 3, 2), (0, 64, 1000, 1), (0, 64, 32, 3), (7, 9, 16, 1), (63, 3, 40, 2), (193, 7, 1, 1)];
        foreach (var (first, count, atOnce, workers) in cases)
        {
            Assert.Equal(all[(first * Pixels)..((first + count) * Pixels)], Made(plan, first, count, atOnce, workers));
        }
    }

    /// <summary>A product of bfloat16 numbers is off by 2⁻⁸ at most, as a part of it. The largest difference of these images is 0.008.</summary>
    [Fact]
    public void So_does_an_image_of_a_bfloat16_network_which_differs_a_little()
    {
        var plan = TinyTraining.Sampling(_tiny.Model);
        var (exact, all) = (Made(plan, 0, 40, 40, 2), Made(plan, 0, 40, 40, 2, precision: Precision.BFloat16));
        Assert.InRange(exact.Zip(all, (x, y) => Math.Abs(x - y)).Max(), 1e-6f, 1f / 64);
        foreach (var (first, count) in ((int, int)[])[(0, 1), (13, 21), (32, 8)])
        {
            Assert.Equal(all[(first * Pixels)..((first + count) * Pixels)], Made(plan, first, count, 16, 1, precision: Precision.BFloat16));
        }
    }

    [Fact]
    public void So_does_an_image_that_starts_from_a_picture_and_keeps_a_part_of_it()
    {
        var setting = new SamplingSetting(_tiny.Model.Schedule, _tiny.Model.Prediction, Timesteps.All(12).OfStrength(0.5).Valid(), ClipSample: true);
        var level = _tiny.Model.Schedule[setting.Timesteps.Values[0]];
        var plan = new Ancestral(ReverseVariance.Beta).PlanOn(setting) with { Start = new(level.A, level.Sigma) };
        var pictures = Enumerable.Range(0, 40 * Pixels).Select(i => MathF.Sin(i)).ToArray();
        var mask = Enumerable.Range(0, Pixels).Select(i => i < 50).ToArray();
        KnownPixels Known(int first, int count) => new(pictures.AsMemory(first * Pixels, count * Pixels), Option<ReadOnlyMemory<bool>>.Some(mask));
        var all = Made(plan, 0, 40, 40, 2, Known(0, 40));
        Assert.Equal(pictures[(5 * Pixels)..(5 * Pixels + 50)], all[(5 * Pixels)..(5 * Pixels + 50)]);
        foreach (var (first, count) in ((int, int)[])[(0, 1), (13, 21), (32, 8)])
        {
            Assert.Equal(all[(first * Pixels)..((first + count) * Pixels)], Made(plan, first, count, 16, 1, Known(first, count)));
        }
    }

    [Fact]
    public void Several_ranks_make_the_images_of_one_at_each_moment()
    {
        var plan = TinyTraining.Sampling(_tiny.Model);
        GeneratedImages[] Moments(RankGroup ranks) =>
            [.. new ImageSampler(new(_tiny.Network, _tiny.Weights), plan, new Replicas(1)) { Ranks = ranks }
                .Sample(new(5, 3, 70, 100), [0, 7, 3], (_, _) => { }, default).Valid()];
        var (one, three) = (Moments(RankGroup.Alone), ThreadRanks.Each(3, Moments)[0]);
        Assert.Equal(4, one.Select(moment => string.Join(' ', moment.Values.ToArray())).Distinct().Count());
        Assert.Equal(one.Select(moment => moment.Values.ToArray()), three.Select(moment => moment.Values.ToArray()));
    }

    /// <summary>It encodes: x = a·image + σ·ε.</summary>
    [Fact]
    public void A_plan_without_lines_leaves_what_it_starts_with()
    {
        var noise = Made(new SamplingPlan(new(0, 1), Arr<SamplingLine>.Empty, ClipSample: false), 2, 1, 1, 1);
        var image = Enumerable.Range(0, Pixels).Select(i => MathF.Sin(i)).ToArray();
        var known = new KnownPixels(image, Option<ReadOnlyMemory<bool>>.None);
        var encoded = Made(new SamplingPlan(new(0.6, 0.8), Arr<SamplingLine>.Empty, ClipSample: false), 2, 1, 1, 1, known);
        Assert.All(encoded.Zip(image.Zip(noise, (x, e) => 0.6f * x + 0.8f * e)), pair => Assert.Equal(pair.Item2, pair.Item1, 1e-6f));
    }

    [Fact]
    public void Progress_is_reported_once_for_each_line_of_each_micro_batch_and_stops_on_request()
    {
        var plan = TinyTraining.Sampling(_tiny.Model);
        var reports = new List<(int Done, int All)>();
        using var stop = new CancellationTokenSource();
        var sampler = new ImageSampler(new(_tiny.Network, _tiny.Weights), plan, new Replicas(2));
        Assert.True(sampler.Sample(new(1, 0, 33, 100), [], (done, all) => reports.Add((done, all)), default).IsSucc);
        Assert.Equal(Enumerable.Range(1, 36).Select(done => (done, 36)), reports);

        void Progress(int done, int all)
        {
            if (done == 5)
            {
                stop.Cancel();
            }
        }

        var stopped = new ImageSampler(new(_tiny.Network, _tiny.Weights), plan, new Replicas(2)).Sample(new(1, 0, 33, 100), [], Progress, stop.Token);
        Assert.Equal(LanguageExt.Common.Errors.Cancelled, stopped.Match(Succ: _ => LanguageExt.Common.Errors.None, Fail: fault => fault));
    }

    /// <summary>A damaged class: NaN in its row of the embedding reaches the images of that class, each third.</summary>
    [Theory]
    [InlineData(0, 64, 2, "image 1 is", "line 1 of 12 (timestep 11)")]
    [InlineData(2, 40, 1, "image 4 is", "line 1 of 12 (timestep 11)")]
    public void An_image_that_is_not_finite_is_told_by_its_number_whoever_computes_it(int first, int count, int workers, string image, string line)
    {
        using var tiny = new TinyNetwork(classes: 3);
        var weights = tiny.Network.Layout.View(tiny.Weights);
        weights[Ddpm.Pure.Networks.UNetConfig.ClassEmbeddingName][1].fill_(float.NaN);
        var request = new SampleRequest(1, first, count, 1000, ClassCondition.Of(3, LanguageExt.Prelude.None).Valid());
        var made = Sampler(RankGroup.Alone).Sample(request, [], (_, _) => { }, default);
        var together = ThreadRanks.Each(3, ranks =>
        {
            var found = Sampler(ranks).Sample(request, [], (_, _) => { }, default);
            ranks.End(1);
            return found;
        });
        foreach (var told in (string[])[made.Fault(), together[0].Fault()])
        {
            Assert.StartsWith($"the network's output for {image} not finite after {line}", told, StringComparison.Ordinal);
        }

        Assert.All(together.Skip(1), one => Assert.True(one.IsFail));

        ImageSampler Sampler(RankGroup ranks) =>
            new(new(tiny.Network, tiny.Weights), TinyTraining.Sampling(tiny.Model), new Replicas(workers)) { Ranks = ranks };
    }

    [Fact]
    public void A_plan_whose_factors_float32_cannot_hold_is_refused_by_the_factor_s_name()
    {
        var plan = TinyTraining.Sampling(_tiny.Model);
        SamplingPlan With(int at, Func<SamplingLine, SamplingLine> change) => plan with { Lines = plan.Lines.SetItem(at, change(plan.Lines[at])) };
        foreach (var (change, name) in ((Func<SamplingLine, SamplingLine>, string)[])
        [
            (line => line with { Estimate = new(1e39, 1) }, "Estimate.First"), (line => line with { Remember = new(0, double.NaN, 1) }, "Remember.Output"),
            (line => line with { Correct = new(0, 1, LanguageExt.Prelude.Array(0, -1e40)) }, "Correct.History[1]"),
            (line => line with { Predict = new(1, LanguageExt.Prelude.Array(double.PositiveInfinity)) }, "Predict.History[0]"),
            (line => line with { Noise = NoiseRange.Of(1e300) }, "Noise.Least"),
        ])
        {
            var made = new ImageSampler(new(_tiny.Network, _tiny.Weights), With(3, change)).Sample(new(5, 0, 1, 1), [], (_, _) => { }, default);
            Assert.StartsWith($"the factor {name} in line 4 of 12 (timestep 8) must be finite in float32", made.Fault(), StringComparison.Ordinal);
        }

        Assert.Equal(plan, plan.InFloat32().Valid());
        Assert.True(With(3, line => line with { Estimate = new(3.4e38, 1) }).InFloat32().IsSuccess);
    }

    private float[] Made(
        SamplingPlan plan, int first, int count, int atOnce, int workers, Option<KnownPixels> known = default, Precision precision = default) =>
        new ImageSampler(new(_tiny.Network, _tiny.Weights) { Precision = precision }, plan, new Replicas(workers))
            .Sample(new(5, first, count, atOnce), [], (_, _) => { }, default, known)
            .Valid()[^1].Values.ToArray();
}
