using Ddpm.Pure.Diffusion;
using FsCheck.Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

[Properties(Arbitrary = [typeof(Generators)])]
public sealed class ScoreLaws
{
    [Law]
    public bool Score_and_noise_round_trip(TwoTimesteps t, Pixel epsilon) =>
        NearRelative(epsilon.Value, Score.Noise(t.T, Score.OfNoise(t.T, epsilon.Value)), 2 * Epsilon)
        && NearRelative(epsilon.Value, Score.OfNoise(t.T, Score.Noise(t.T, epsilon.Value)), 2 * Epsilon);

    /// <summary>The gradient of −(x − a·x_0)²/(2σ²); x is rounded to a part of its own size, which σ² divides.</summary>
    [Law]
    public bool The_score_is_the_gradient_of_the_noised_image_s_log_density(TwoTimesteps t, Pixel x0, Pixel epsilon)
    {
        var x = ForwardProcess.Diffuse(t.T, x0.Value, epsilon.Value);
        return Near(-(x - t.T.A * x0.Value) / t.T.NoiseVariance, Score.OfNoise(t.T, epsilon.Value), 8 * Roundoff(t, x0, epsilon) / t.T.NoiseVariance);
    }

    [Law]
    public bool Every_output_implies_the_score_of_its_noise(Prediction prediction, TwoTimesteps t, Pixel x0, Pixel epsilon)
    {
        var (x, o) = (ForwardProcess.Diffuse(t.T, x0.Value, epsilon.Value), prediction.Target(t.T).Of(x0.Value, epsilon.Value));
        return Near(Score.OfNoise(t.T, epsilon.Value), Score.OfOutput(prediction, t.T).Of(x, o), 8 * Roundoff(t, x0, epsilon) / t.T.NoiseVariance);
    }

    private static double Roundoff(TwoTimesteps t, Pixel x0, Pixel epsilon) => t.Roundoff * (Math.Abs(x0.Value) + Math.Abs(epsilon.Value));
}
