using Ddpm.Gpu.Sampling;
using Ddpm.Pure.Sampling;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.Sampling;

/// <summary>What a step of the search costs is what the sampler itself would do wrong with it.</summary>
public sealed class TimestepSearchTests : IDisposable
{
    private static readonly SampleRequest Followed = new(Seed: 5, First: 0, Count: 6, AtOnce: 6);

    private readonly TinyNetwork _tiny = new();
    private readonly SamplingSetting _setting;

    public TimestepSearchTests() => _setting = new(_tiny.Model.Schedule, _tiny.Model.Prediction, Timesteps.All(12), ClipSample: false);

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Costs_of_the_first_candidate_are_errors_of_one_step_of_ddim()
    {
        var followed = Made(DdimSampler.Compile(_setting, eta: 0), [.. Enumerable.Range(0, 12)]);
        var costs = Costs();
        foreach (var j in Enumerable.Range(2, 10))
        {
            var jump = new SamplingStep(
                _setting.Timesteps.Values[0], -1, _setting.Schedule[_setting.Timesteps.Values[0]], _setting.Schedule[_setting.Timesteps.Values[j]]);
            var jumped = Made(_setting.Plan(Array(DdimSampler.Line(_setting, jump, eta: 0))), [])[^1];
            var error = jumped.Zip(followed[j], (x, y) => Math.Abs((double)x - y)).Average();
            Assert.Equal(1, costs[0][j] / (error * error), 1e-4);
        }
    }

    [Fact]
    public void Steps_to_neighbours_are_free_and_others_are_not_nor_do_threads_count()
    {
        var costs = Costs();
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
            Assert.Equal(costs, Costs());
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void Progress_tells_every_candidate_and_a_stop_is_heard()
    {
        var told = new List<(int Done, int All)>();
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => TimestepSearch.Costs(
            _tiny.Network, _tiny.Weights, _setting, Followed, (done, all) => { told.Add((done, all)); if (done == 5) stop.Cancel(); }, stop.Token));
        Assert.Equal(Enumerable.Range(1, 5).Select(done => (done, 12)), told);
    }

    private Arr<Arr<double>> Costs() => TimestepSearch.Costs(_tiny.Network, _tiny.Weights, _setting, Followed, (_, _) => { }, default);

    private List<float[]> Made(SamplingPlan plan, IReadOnlyCollection<int> moments) =>
        [.. new ImageSampler(_tiny.Network, plan).Sample(_tiny.Weights, Followed, moments, (_, _) => { }, default).Valid().Select(made => made.Values.ToArray())];
}
