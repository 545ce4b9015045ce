using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using FsCheck;
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

    /// <summary>Within the range a line asks two networks with factors that sum to 1. Outside of it, it asks the model alone.</summary>
    [Law]
    public bool It_acts_within_its_range_alone(TwoTimesteps t, Pixel w, NormalFloat a, NormalFloat b, bool byGuide)
    {
        var (least, most) = (Math.Exp(Math.Min(a.Get, b.Get) % 10), Math.Exp(Math.Max(a.Get, b.Get) % 10 + 0.1));
        if (w.Value is 0 or 1 || least >= most)
        {
            return true;
        }

        var against = byGuide ? NetworkSource.Guide : NetworkSource.Unconditional;
        var output = Guidance.Of(w.Value, against, (least, most)).Valid().At(t.T);
        var ratio = t.T.HasImage ? t.T.Sigma / t.T.A : double.PositiveInfinity;
        var acts = output.Terms.Count == 2;
        return Near(1, output.Terms.Sum(term => term.Factor), 4 * Epsilon * (1 + Math.Abs(w.Value)))
            && output.Terms[^1].Source == NetworkSource.Model
            && (!acts || output.Terms[0].Source == against)
            && (ratio < least * (1 - 1e-9) || ratio > most * (1 + 1e-9) ? !acts : ratio < least * (1 + 1e-9) || ratio > most * (1 - 1e-9) || acts);
    }

    [Fact]
    public void An_output_with_the_factor_0_is_not_computed()
    {
        var level = NoiseSchedule.Linear(10).Valid()[5];
        Assert.Equal(GuidedOutput.Plain, Guidance.Of(1, NetworkSource.Guide, rescale: 1).Valid().At(level));
        Assert.Equal(NetworkSource.Guide, Assert.Single(Guidance.Of(0, NetworkSource.Guide).Valid().At(level).Terms).Source);
    }

    [Fact]
    public void Every_fault_is_reported() => Assert.Equal(
        [
            "guidance-scale must be finite, got NaN",
            "guidance-range must be two noise levels σ/a, the lower one first and not below 0, got 2 to 2",
            "guidance-rescale must lie in [0, 1], got 1.5",
        ],
        Guidance.Of(double.NaN, range: (2, 2), rescale: 1.5).Faults());

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_scale_that_is_not_finite_is_refused(double scale) =>
        Assert.Equal(FormattableString.Invariant($"guidance-scale must be finite, got {scale}"), Assert.Single(Guidance.Of(scale).Faults()));

    private static double Of(double scale, Pixel u, Pixel c) => Guidance.Of(scale).Valid().Factors.Of(u.Value, c.Value);
}
