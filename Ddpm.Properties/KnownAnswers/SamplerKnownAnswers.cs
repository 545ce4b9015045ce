using Ddpm.Properties.Sampling;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Xunit;

namespace Ddpm.Properties.KnownAnswers;

/// <summary>
/// The toy model of diffusers' scheduler tests: x_i = i/768 for i &lt; 768, o(x, t) = x·t/(t + 1). The sums and means of |x| after the whole loop are
/// theirs, to the digits that they give; the longer ones were computed independently.
/// </summary>
public sealed class SamplerKnownAnswers
{
    private const int Count = 768;

    /// <summary>Theirs were computed in single precision: the first is off by 2·10⁻⁴, a part 10⁻⁶.</summary>
    [Theory]
    [InlineData("epsilon", 172.0067, 172.00652)]
    [InlineData("velocity", 52.5302, 52.53012)]
    public void Ddim_in_ten_leading_steps(string prediction, double theirs, double reproduced)
    {
        var sum = Sum(new Sampler.Ddim(0, ClippedNoise.DiffusersOutput), Generators.Original, Of(prediction), Leading, clip: true);
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

    /// <summary>Their last line leads to the first level. Theirs are given to half a unit of the last digit, 5·10⁻⁵, and computed in single precision.</summary>
    [Theory]
    [InlineData("epsilon", 0.3301, 0.33015)]
    [InlineData("velocity", 0.2251, 0.22510)]
    public void Dpm_solver_2m_in_ten_linspace_steps(string prediction, double theirs, double reproduced)
    {
        var timesteps = Ten(new Spacing.DiffusersMultistepLinspace()).EndingAtFirstLevel();
        var mean = Sum(new Sampler.DpmSolver(2), Generators.Original, Of(prediction), timesteps, clip: false) / Count;
        Assert.Equal(theirs, mean, 6e-5);
        Assert.Equal(reproduced, mean, 6e-6);
    }

    private static Timesteps Leading => Ten(new Spacing.Leading());

    private static Timesteps Ten(Spacing spacing) => Timesteps.Spaced(spacing, Generators.Original, 10).Valid();

    private static Prediction Of(string name) => name == "epsilon" ? new Prediction.Epsilon() : new Prediction.Velocity();

    private static double Sum(Sampler sampler, NoiseSchedule schedule, Prediction prediction, Timesteps timesteps, bool clip)
    {
        var plan = sampler.Compile(new(schedule, prediction, timesteps, clip)).Valid();
        return Enumerable.Range(0, Count).Sum(i => Math.Abs(ScalarInterpreter.Run(plan, (x, t) => x * t / (t + 1.0), i / (double)Count, _ => 0)));
    }
}
