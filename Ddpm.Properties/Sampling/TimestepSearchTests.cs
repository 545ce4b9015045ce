using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.Sampling;

/// <summary>What a step of the search costs is what the sampler itself would do wrong with it.</summary>
public sealed class TimestepSearchTests : IDisposable
{
    private const int Classes = 3;

    private static readonly SampleRequest Followed = new(Seed: 5, First: 0, Count: 6, AtOnce: 6);

    private readonly TinyNetwork _tiny = new(Classes);
    private readonly Tensor _weights;
    private readonly SamplingSetting _setting;

    public TimestepSearchTests()
    {
        _setting = new(_tiny.Model.Schedule, _tiny.Model.Prediction, Timesteps.All(12), ClipSample: false);
        _weights = FormulaWeights.Of(_tiny.Network).DetachFromDisposeScope(); // of a network that begins, the embeddings of classes are 0
    }

    public void Dispose()
    {
        _weights.Dispose();
        _tiny.Dispose();
    }

    /// <summary>With a conditional network too, the search follows the classes that will be sampled.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(1.0)]
    [InlineData(3.0)]
    public void Costs_of_the_first_candidate_are_errors_of_one_step_of_ddim(double? guidanceScale)
    {
        var request = Followed with { First = 1, Condition = Optional(guidanceScale).Map(_ => ClassCondition.Of(Classes, None).Valid()) };
        var setting = _setting with { Guidance = Guidance.Of(guidanceScale ?? 1).Valid() };
        var followed = Made(request, new Ddim(0).PlanOn(setting), [.. Enumerable.Range(0, 12)]);
        var costs = TimestepSearch.Costs(new(_tiny.Network, _weights), setting, request, (_, _) => { }, default).Valid();
        foreach (var j in Enumerable.Range(2, 10))
        {
            var jump = new SamplingStep(
                setting.Timesteps.Values[0], -1, setting.Schedule[setting.Timesteps.Values[0]], setting.Schedule[setting.Timesteps.Values[j]]);
            var jumped = Made(request, setting.Plan(Array(Ddim.Line(setting, jump, eta: 0))), [])[^1];
            var error = jumped.Zip(followed[j], (x, y) => Math.Abs((double)x - y)).Average();
            Assert.Equal(1, costs[0][j] / (error * error), 1e-4);
        }
    }

    [Fact]
    public void Steps_to_neighbours_are_free_and_others_are_not_nor_do_threads_count()
    {
        var costs = Costs(Followed);
        Assert.Equal(12, costs.Count);
        Assert.All(costs, row => Assert.Equal(13, row.Count));
        foreach (var (i, j) in from i in Enumerable.Range(0, 12) from j in Enumerable.Range(0, 13) select (i, j))
        {
            Assert.True(j <= i + 1 ? costs[i][j] == 0 : costs[i][j] > 0, $"{i} → {j}: {costs[i][j]}");
        }

        var threads = get_num_threads();
        try
        {
            set_num_threads(threads == 1 ? 2 : 1);
            Assert.Equal(costs, Costs(Followed));
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void Progress_tells_every_candidate_and_a_stop_is_heard()
    {
        var reports = new List<(int Done, int All)>();
        using var stop = new CancellationTokenSource();
        void Progress(int done, int all)
        {
            reports.Add((done, all));
            if (done == 5)
            {
                stop.Cancel();
            }
        }

        Assert.Equal(
            LanguageExt.Common.Errors.Cancelled.Message,
            TimestepSearch.Costs(new(_tiny.Network, _weights), _setting, Followed, Progress, stop.Token).Fault());
        Assert.Equal(Enumerable.Range(1, 5).Select(done => (done, 12)), reports);
    }

    [Fact]
    public void A_network_that_says_what_is_no_number_costs_nothing_but_an_error()
    {
        using var damaged = _weights.Times(double.NaN);
        Assert.StartsWith(
            "the network's output for image 4 is not finite after line 1 of 12 (timestep 11)",
            TimestepSearch.Costs(new(_tiny.Network, damaged), _setting, Followed with { First = 4 }, (_, _) => { }, default).Fault(), StringComparison.Ordinal);
    }

    private Arr<Arr<double>> Costs(SampleRequest request) =>
        TimestepSearch.Costs(new(_tiny.Network, _weights), _setting, request, (_, _) => { }, default).Valid();

    private List<float[]> Made(SampleRequest request, SamplingPlan plan, IReadOnlyCollection<int> moments) =>
        [.. new ImageSampler(new(_tiny.Network, _weights), plan).Sample(request, moments, (_, _) => { }, default).Valid()
            .Select(made => made.Values.ToArray())];
}
