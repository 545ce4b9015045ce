using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Random;
using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

[Properties(Arbitrary = [typeof(Generators)])]
public sealed class ForwardProcessLaws
{
    [Law]
    public bool Unit_variance_data_keeps_unit_variance(TwoTimesteps t) =>
        ForwardProcess.Transition(t.S, t.T) is var step && Near(1, step.Scale * step.Scale + step.Variance, 8 * Epsilon);

    /// <summary>Each of the steps rounds scale and variance a few times.</summary>
    [Law]
    public bool Composing_single_steps_is_the_closed_form(TwoTimesteps t)
    {
        var composed = Enumerable.Range(t.Earlier + 1, t.Later - t.Earlier)
            .Select(i => new GaussianTransition(Math.Sqrt(1 - t.Schedule.Betas[i]), t.Schedule.Betas[i]))
            .Aggregate(new GaussianTransition(1, 0), (before, step) => before.Then(step));
        var roundoff = 4 * (t.Later - t.Earlier + 4) * t.Roundoff;
        return IsTransition(composed, ForwardProcess.Transition(t.S, t.T), roundoff);
    }

    [Law]
    public bool Chapman_and_Kolmogorov(TwoTimesteps t) => IsTransition(
        ForwardProcess.Transition(VariancePreservingLevel.Clean, t.S).Then(ForwardProcess.Transition(t.S, t.T)),
        ForwardProcess.Transition(VariancePreservingLevel.Clean, t.T),
        16 * t.Roundoff);

    [Law]
    public bool From_the_clean_image_it_is_signal_and_noise(TwoTimesteps t, Pixel x0, Pixel epsilon)
    {
        var step = ForwardProcess.Transition(VariancePreservingLevel.Clean, t.T);
        return Near(
            step.Scale * x0.Value + Math.Sqrt(step.Variance) * epsilon.Value, ForwardProcess.Diffuse(t.T, x0.Value, epsilon.Value),
            8 * t.Roundoff * (Math.Abs(x0.Value) + Math.Abs(epsilon.Value)));
    }

    [Law]
    public bool From_a_level_to_itself_nothing_happens(TwoTimesteps t) =>
        ForwardProcess.Transition(t.S, t.S) == new GaussianTransition(1, 0) && ForwardProcess.Diffuse(VariancePreservingLevel.Clean, 0.25, 3) == 0.25;

    /// <summary>Mean and variance of 2¹⁸ noised pixels at five standard deviations, one fixed seed.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(999)]
    public void Drawn_noise_has_the_stated_mean_and_variance(int t)
    {
        const int count = 1 << 18;
        const double x0 = -0.7;
        var level = Generators.Original[t];
        var noise = new float[count];
        new RandomStream(5, StreamName.TrainingNoise).At(0, t).FillNormals(noise);
        var noised = noise.Select(epsilon => ForwardProcess.Diffuse(level, x0, epsilon)).ToArray();
        var mean = noised.Average();
        Assert.InRange((mean - level.A * x0) / level.Sigma * Math.Sqrt(count), -5, 5);
        Assert.InRange((noised.Average(x => (x - mean) * (x - mean)) / level.NoiseVariance - 1) * Math.Sqrt(count / 2.0), -5, 5);
    }

    private static bool IsTransition(GaussianTransition expected, GaussianTransition actual, double roundoff) =>
        NearRelative(expected.Scale, actual.Scale, roundoff) && Near(expected.Variance, actual.Variance, roundoff);
}
