using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

[Properties(Arbitrary = [typeof(Generators)])]
public sealed class GuidanceLaws
{
    [Law]
    public bool Scale_1_is_the_conditional_output_and_0_the_unconditional(Pixel u, Pixel c) => Of(1, u, c) == c.Value && Of(0, u, c) == u.Value;

    [Law]
    public bool It_is_affine_in_its_scale(Pixel w, Pixel step, Pixel u, Pixel c) => Near(
        0, Of(w.Value + step.Value, u, c) - 2 * Of(w.Value, u, c) + Of(w.Value - step.Value, u, c),
        512 * Epsilon * (1 + Math.Abs(u.Value) + Math.Abs(c.Value)));

    /// <summary>1 − w and w are each rounded to a part of 1 + |w|.</summary>
    [Law]
    public bool Equal_outputs_stay(Pixel w, Pixel o) => Near(o.Value, Of(w.Value, o, o), 4 * Epsilon * (1 + Math.Abs(w.Value)) * Math.Abs(o.Value));

    /// <summary>The factors sum to 1, and the estimate at one x is affine in the output.</summary>
    [Law]
    public bool Guiding_an_output_guides_the_image_and_the_noise_that_it_implies(Prediction prediction, TwoTimesteps t, Pixel w, Pixel x, Pixel u, Pixel c)
    {
        var guided = Of(w.Value, u, c);
        bool Guides(LinearPair implied)
        {
            double size = Math.Abs(implied.First * x.Value) + Math.Abs(implied.Second) * (Math.Abs(u.Value) + Math.Abs(c.Value));
            return double.IsInfinity(implied.First) || Near(
                implied.Of(x.Value, guided), Of(w.Value, new(implied.Of(x.Value, u.Value)), new(implied.Of(x.Value, c.Value))),
                16 * Epsilon * (1 + Math.Abs(w.Value)) * size);
        }

        return Guides(prediction.CleanImage(t.T)) && Guides(prediction.Noise(t.T));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_scale_that_is_not_finite_is_refused(double scale) =>
        Assert.Equal(FormattableString.Invariant($"guidance-scale must be finite, got {scale}"), Assert.Single(Guidance.Of(scale).Faults()));

    private static double Of(double scale, Pixel u, Pixel c) => Guidance.Of(scale).Valid().Output.Of(u.Value, c.Value);
}
