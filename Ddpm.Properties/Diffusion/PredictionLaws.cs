using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

[Properties(Arbitrary = [typeof(Generators)])]
public sealed class PredictionLaws
{
    /// <summary>Dividing by a or by σ divides the rounding errors of x and o too; a velocity divides by neither.</summary>
    [Law]
    public bool The_target_implies_the_image_and_the_noise_that_made_it(Prediction prediction, TwoTimesteps t, Pixel x0, Pixel epsilon)
    {
        var (level, roundoff) = (t.T, 8 * t.Roundoff * (Math.Abs(x0.Value) + Math.Abs(epsilon.Value)));
        var x = ForwardProcess.Diffuse(level, x0.Value, epsilon.Value);
        var o = prediction.Target(level).Of(x0.Value, epsilon.Value);
        var imageless = prediction is Prediction.Epsilon && level.A == 0;
        return (imageless || Near(x0.Value, prediction.CleanImage(level).Of(x, o), prediction is Prediction.Epsilon ? roundoff / level.A : roundoff))
            && Near(epsilon.Value, prediction.Noise(level).Of(x, o), prediction is Prediction.Sample ? roundoff / level.Sigma : roundoff);
    }

    [Law]
    public bool The_implied_image_and_noise_diffuse_to_x_again(Prediction prediction, TwoTimesteps t, Pixel x, Pixel o)
    {
        var level = t.T;
        if (prediction is Prediction.Epsilon && level.A == 0)
        {
            return double.IsInfinity(prediction.CleanImage(level).First) && double.IsInfinity(prediction.CleanImage(level).Second);
        }

        var (x0, epsilon) = (prediction.CleanImage(level).Of(x.Value, o.Value), prediction.Noise(level).Of(x.Value, o.Value));
        return Near(x.Value, ForwardProcess.Diffuse(level, x0, epsilon), 8 * t.Roundoff * (Math.Abs(x.Value) + Math.Abs(o.Value)));
    }

    /// <summary>Both ways divide by a or σ, so their rounding errors multiply.</summary>
    [Law]
    public bool The_output_for_an_image_implies_that_image(Prediction prediction, TwoTimesteps t, Pixel x, Pixel image)
    {
        var level = t.T;
        if (level.A < 1e-3)
        {
            return true; // nothing is left of the image
        }

        var output = prediction.Output(level).Of(x.Value, image.Value);
        var condition = (1 + 1 / level.A) * (1 + 1 / level.Sigma);
        return Near(image.Value, prediction.CleanImage(level).Of(x.Value, output), 64 * t.Roundoff * condition * (Math.Abs(x.Value) + Math.Abs(image.Value)));
    }

    [Law]
    public bool Image_and_velocity_are_a_rotation_of_image_and_noise(TwoTimesteps t, Pixel x0, Pixel epsilon)
    {
        var square = x0.Value * x0.Value + epsilon.Value * epsilon.Value;
        var (x, v) = (ForwardProcess.Diffuse(t.T, x0.Value, epsilon.Value), new Prediction.Velocity().Target(t.T).Of(x0.Value, epsilon.Value));
        return NearRelative(square, x * x + v * v, 16 * t.Roundoff);
    }

    /// <summary>An error Δ of o moves x_0 by σ/a·Δ, Δ or σ·Δ: v-loss = (SNR + 1)·x_0-loss = (1 + 1/SNR)·ε-loss.</summary>
    [Law]
    public bool Losses_differ_by_factors_of_the_signal_to_noise_ratio(TwoTimesteps t, Pixel x0)
    {
        if (t.T.A == 0)
        {
            return true;
        }

        // A wrong x_0 with the right x: ε moves by −a/σ as much.
        var wrong = -t.T.A / t.T.Sigma * x0.Value;
        double Lost(Prediction prediction) => prediction.Target(t.T).Of(x0.Value, wrong) is var error ? error * error : 0;
        var (image, noise, velocity) = (Lost(new Prediction.Sample()), Lost(new Prediction.Epsilon()), Lost(new Prediction.Velocity()));
        return NearRelative(velocity, (t.T.Snr + 1) * image, 32 * t.Roundoff)
            && NearRelative(velocity, (1 + 1 / t.T.Snr) * noise, 32 * t.Roundoff);
    }

    [Fact]
    public void A_velocity_is_finite_without_noise_and_without_image()
    {
        var velocity = new Prediction.Velocity();
        var noise = VariancePreservingSchedule.FromBetas(new LanguageExt.Arr<double>((double[])[1])).Valid()[0];
        Assert.Equal((2, 3), (velocity.CleanImage(VariancePreservingLevel.Clean).Of(2, 3), velocity.Noise(VariancePreservingLevel.Clean).Of(2, 3)));
        Assert.Equal((-3, 2), (velocity.CleanImage(noise).Of(2, 3), velocity.Noise(noise).Of(2, 3)));
        Assert.Equal(5, velocity.Target(VariancePreservingLevel.Clean).Of(7, 5));
        Assert.Equal(-7, velocity.Target(noise).Of(7, 5));
    }
}
