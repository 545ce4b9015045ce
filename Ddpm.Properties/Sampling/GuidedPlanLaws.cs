using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.Sampling;

/// <summary>Plans with guided lines, for every sampler.</summary>
public sealed class GuidedPlanLaws : IDisposable
{
    private readonly TinyNetwork _tiny = new(classes: 3);

    public void Dispose() => _tiny.Dispose();

    public static TheoryData<string> Samplers => [.. Sampler.All.Keys];

    /// <summary>Guidance changes which networks a line asks, and nothing else. Its plan counts each answer.</summary>
    [Theory]
    [MemberData(nameof(Samplers))]
    public void Guidance_changes_only_what_a_line_asks(string name)
    {
        var options = new SamplingOptions { Sampler = name, SamplingSteps = 10 };
        SamplingPlan Plan(SamplingOptions asked) => asked.Compile(Generators.Original, new Prediction.Epsilon(), clipSample: true).Valid();
        var (plain, guided) = (Plan(options), Plan(options with { Guide = "another", GuidanceScale = 2, GuidanceRange = (0.1, 5) }));
        Assert.Equal(plain, guided with { Lines = guided.Lines.Map(line => line with { Output = GuidedOutput.Plain }).ToArr() });
        Assert.All(guided.Lines, line =>
        {
            var ratio = Generators.Original[line.Timestep].Sigma / Generators.Original[line.Timestep].A;
            Assert.Equal(ratio is >= 0.1 and <= 5 ? 2 : 1, line.Output.Terms.Count);
        });
        Assert.Equal(plain.Evaluations, plain.Lines.Count);
        Assert.Equal(guided.Lines.Count + guided.Lines.Count(line => line.Output != GuidedOutput.Plain), guided.Evaluations);
    }

    /// <summary>A number of evaluations counts both answers of a guided line.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(21)]
    [InlineData(40)]
    public void A_number_of_evaluations_includes_those_of_the_guide(int evaluations)
    {
        var options = new SamplingOptions { Sampler = "unipc-2", Guide = "another", GuidanceScale = 1.5, GuidanceRange = (0, 3) };
        int Made(int steps) =>
            (options with { SamplingSteps = steps }).Compile(Generators.Original, new Prediction.Epsilon(), clipSample: true).Valid().Evaluations;
        var fits = options.Within(evaluations, Generators.Original, new Prediction.Epsilon()).Valid().SamplingSteps!.Value;
        Assert.True(Made(fits) <= evaluations && Made(fits + 1) > evaluations, $"{fits} steps");
    }

    /// <summary>With the model as its own guide, the two answers are equal. So the sample is the plain one, but for the rounding of float32.</summary>
    [Fact]
    public void A_model_that_guides_itself_changes_nothing()
    {
        var itself = new TrainedNetwork(_tiny.Network, _tiny.Weights);
        var plain = Made(itself, Guidance.None);
        var guided = Made(itself with { Guide = itself }, Guidance.Of(3, NetworkSource.Guide).Valid());
        Assert.All(Enumerable.Range(0, plain.Length), i => Assert.Equal(plain[i], guided[i], 1e-3));
    }

    /// <summary>Which network answers which part: a scale of 0 is the worse network alone.</summary>
    [Fact]
    public void A_scale_of_0_samples_the_worse_network()
    {
        using var other = _tiny.Weights.Times(0.9);
        var model = new TrainedNetwork(_tiny.Network, _tiny.Weights, new TrainedNetwork(_tiny.Network, other));
        Assert.Equal(Made(new(_tiny.Network, other), Guidance.None), Made(model, Guidance.Of(0, NetworkSource.Guide).Valid()));
        Assert.NotEqual(Made(model, Guidance.None), Made(model, Guidance.Of(2, NetworkSource.Guide).Valid()));
    }

    [Fact]
    public void A_plan_that_asks_a_guide_needs_one() => Assert.Throws<ArgumentException>(
        () => Made(new(_tiny.Network, _tiny.Weights), Guidance.Of(2, NetworkSource.Guide).Valid()));

    /// <summary>φ = 1 gives each image the deviation of the model's answer, φ = 0 leaves it, and between them the deviation is affine in φ.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(1)]
    public void Rescaling_restores_a_share_of_each_image_s_deviation(double share)
    {
        using var scope = NewDisposeScope();
        static Tensor Drawn(ulong seed) => randn([3, 2, 4, 4], ScalarType.Float64, generator: new Generator(seed));
        var (worse, model) = (Drawn(1), Drawn(2));
        var guidance = Guidance.Of(4, rescale: share).Valid();
        var setting = new SamplingSetting(Generators.Original, new Prediction.Epsilon(), Timesteps.All(1000), ClipSample: false) { Guidance = guidance };
        var line = new Ddim().Compile(setting).Valid().Lines[5];
        var made = PlanState<Tensor>.Output(line, TensorArithmetic.Instance, source => source == NetworkSource.Model ? model : worse).Value;
        var unscaled = worse.Times(-3).Plus(model.Times(4));
        double[] Deviations(Tensor images) => images.std([1, 2, 3], unbiased: false, keepdim: false).data<double>().ToArray();
        var (actual, before, wanted) = (Deviations(made), Deviations(unscaled), Deviations(model));
        Assert.All(Enumerable.Range(0, 3), i => Assert.True(Near((1 - share) * before[i] + share * wanted[i], actual[i], 1e-12)));
    }

    [Fact]
    public void What_belongs_to_guidance_needs_guidance() => Assert.Equal(
        [
            "guidance-range works only with guidance-scale or guide, got 0 to 2",
            "guidance-rescale works only with guidance-scale or guide, got 0.5",
        ],
        new SamplingOptions { GuidanceRange = (0, 2), GuidanceRescale = 0.5 }.Guidance().Faults());

    [Fact]
    public void A_network_without_classes_needs_a_guide()
    {
        Assert.Equal(
            ["guidance-scale needs a run that was trained with --conditional, or --guide, got 2"],
            new SamplingOptions { GuidanceScale = 2 }.Guidance(classes: 0).Faults());
        Assert.True(new SamplingOptions { GuidanceScale = 2 }.Guidance(classes: 10).IsSuccess);
        Assert.Equal(SamplingOptions.UsualGuideScale, new SamplingOptions { Guide = "past" }.Guidance(classes: 0).Valid().Scale);
    }

    private float[] Made(TrainedNetwork model, Guidance guidance)
    {
        var setting = new SamplingSetting(_tiny.Model.Schedule, _tiny.Model.Prediction, Timesteps.All(12), ClipSample: true) { Guidance = guidance };
        var request = new SampleRequest(3, 0, 4, 4, ClassCondition.Of(3, None).Valid());
        return new ImageSampler(model, new Ddim().Compile(setting).Valid()).Sample(request, [], (_, _) => { }, default).Valid()[^1].Values.ToArray();
    }
}
