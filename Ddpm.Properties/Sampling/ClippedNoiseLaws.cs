using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Sampling;

/// <summary>Which noise a line goes on with where its estimate of x_0 is clipped.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class ClippedNoiseLaws
{
    /// <summary>
    /// a·x_0 + σ·ε = x of the clipped x_0 and the ε that is remembered. Both terms are as large as x and a at most; each is rounded a few times.
    /// </summary>
    [Law]
    public bool The_noise_that_a_clipped_line_remembers_makes_x_of_the_clipped_image(AnySchedule s, Prediction prediction, Pixel x, Pixel o, Place place)
    {
        var level = s.Value[place.In(s.Value.Steps)];
        var remembered = new SamplingSetting(s.Value, prediction, Timesteps.All(s.Value.Steps), ClipSample: true).NoiseAt(level);
        var clipped = Math.Clamp(o.Value, -1, 1);
        var epsilon = remembered.X * x.Value + remembered.Output * o.Value + remembered.X0 * clipped;
        return remembered.Output == 0 && Near(x.Value, level.A * clipped + level.Sigma * epsilon, 8 * Epsilon * (1 + Math.Abs(x.Value)));
    }

    /// <summary>Without clipping it is the output's own.</summary>
    [Law]
    public bool The_noise_that_an_unclipped_line_remembers_is_the_output_s(AnySchedule s, Prediction prediction, Place place)
    {
        var level = s.Value[place.In(s.Value.Steps)];
        var noise = prediction.Noise(level);
        return new SamplingSetting(s.Value, prediction, Timesteps.All(s.Value.Steps), ClipSample: false).NoiseAt(level)
            == new Memory(noise.First, noise.Second, 0);
    }

    /// <summary>
    /// One step of DDIM from x = 3 with the output ε = −1, so that x_0 exceeds 1 and is clipped: a_p + σ_p·ε, with the output's ε = −1 or the implied
    /// ε = (3 − a)/σ.
    /// </summary>
    [Fact]
    public void Either_ddim_goes_on_with_its_own_noise_where_it_clips()
    {
        var schedule = VariancePreservingSchedule.FromAlphaBars(Array(0.64, 0.36)).Valid();
        var setting = new SamplingSetting(schedule, new Prediction.Epsilon(), Timesteps.Of(Array(1), 2).Valid().EndingAtFirstLevel(), ClipSample: true);
        double Stepped(ClippedNoise noise) => ScalarInterpreter.Run(new Ddim(0, noise).PlanOn(setting), (_, _) => -1, 3, _ => 0);
        Known(0.8 - 0.6, Stepped(ClippedNoise.DiffusersOutput), 16 * Epsilon);
        Known(0.8 + 0.6 * ((3 - 0.6) / 0.8), Stepped(ClippedNoise.Implied), 16 * Epsilon);
    }
}
