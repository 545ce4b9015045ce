using Ddpm.Properties.Sampling;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.KnownAnswers;

/// <summary>
/// The toy model of diffusers' scheduler tests: x_i = i/768 for i &lt; 768, o(x, t) = x·t/(t + 1). The sums and means of |x| after the whole loop are
/// theirs, to the digits that they give; the longer ones were computed independently.
/// </summary>
public sealed class SamplerKnownAnswers
{
    private const int Count = 768;

    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear(1000, 1e-4, 0.02).Valid();

    [Theory]
    [InlineData("epsilon", 172.0067, 172.00652)]
    [InlineData("velocity", 52.5302, 52.53012)]
    public void Ddim_in_ten_leading_steps(string prediction, double theirs, double reproduced)
    {
        var sum = Sum(new Sampler.Ddim(0, ClippedNoise.DiffusersOutput), Linear, Of(prediction), Leading, clip: true);
        Assert.Equal(theirs, sum, 3e-4);
        Assert.Equal(reproduced, sum, 1e-5);
    }

    [Fact]
    public void Ddim_ends_at_the_clean_image_or_at_the_first_level()
    {
        var narrow = NoiseSchedule.Linear(1000, 0.01, 0.02).Valid();
        Assert.Equal(149.82946, Sum(new Sampler.Ddim(0, ClippedNoise.DiffusersOutput), narrow, new Prediction.Epsilon(), Leading, clip: true), 1e-5);
        Assert.Equal(149.07843, Sum(new Sampler.Ddim(0, ClippedNoise.DiffusersOutput), narrow, new Prediction.Epsilon(), Leading.EndingAtFirstLevel(), clip: true), 1e-5);
    }

    /// <summary>Their timesteps are 11 evenly spread ones without the last, rounded half to even; the last line leads to the first level.</summary>
    [Theory]
    [InlineData("epsilon", 0.3301, 0.33015)]
    [InlineData("velocity", 0.2251, 0.22510)]
    public void Dpm_solver_2m_in_ten_linspace_steps(string prediction, double theirs, double reproduced)
    {
        var timesteps = Given(Enumerable.Range(0, 10).Select(i => (int)Math.Round(999 - 999 * i / 10.0, MidpointRounding.ToEven))).EndingAtFirstLevel();
        var mean = Sum(new Sampler.DpmSolver(2), Linear, Of(prediction), timesteps, clip: false) / Count;
        Assert.Equal(theirs, mean, 6e-5);
        Assert.Equal(reproduced, mean, 6e-6);
    }

    private static Timesteps Leading => Given(Enumerable.Range(0, 10).Select(i => 900 - 100 * i));

    private static Timesteps Given(IEnumerable<int> values) => Timesteps.Of(new Arr<int>(values), 1000).Valid();

    private static Prediction Of(string name) => name == "epsilon" ? new Prediction.Epsilon() : new Prediction.Velocity();

    private static double Sum(Sampler sampler, NoiseSchedule schedule, Prediction prediction, Timesteps timesteps, bool clip)
    {
        var plan = sampler.Compile(new(schedule, prediction, timesteps, clip)).Valid();
        return Enumerable.Range(0, Count).Sum(i => Math.Abs(ScalarInterpreter.Run(plan, (x, t) => x * t / (t + 1.0), i / (double)Count, _ => 0)));
    }
}
