using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Schedules;
using LanguageExt;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

/// <summary>The loss of a learned variance: its value, its derivative and its least.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class LearnedVarianceLaws
{
    private static readonly Prediction[] Predictions = [.. Prediction.All.Select(row => row.Value)];

    /// <summary>One of the terms of a schedule, the first included.</summary>
    public static VarianceTerm Term(NoiseSchedule schedule, Place at, Place prediction)
    {
        var predicted = Predictions[prediction.In(Predictions.Length)];
        var t = at.In(schedule.Steps);
        // Where nothing of the image is left, ε does not determine it: such runs are refused.
        return LearnedVariance.Of(schedule, schedule[t].A == 0 ? new Prediction.Sample() : predicted).Terms[t];
    }

    /// <summary>
    /// The central difference over 2h of a function with third derivative f''' errs by h²·f'''/6 and by rounding 1/h. The scale is the term's own size: it and its
    /// derivatives are sums of e^(−f·w) and powers of the width w, which is below 25 here.
    /// </summary>
    [Law]
    public bool The_slope_is_the_central_difference(AnySchedule s, Place at, Place prediction, Pixel target, Pixel error, Fraction f)
    {
        var term = Term(s.Value, at, prediction);
        double Nats(double fraction) => term.Of(0.3, Clean(target), Clean(target) + error.Value / 10, fraction).Nats;
        var h = 1e-4 / (1 + term.Range.LogWidth);
        var slope = term.Of(0.3, Clean(target), Clean(target) + error.Value / 10, f.Value).Slope;
        var difference = (Nats(f.Value + h) - Nats(f.Value - h)) / (2 * h);
        var size = (1 + Nats(f.Value)) * (1 + term.Range.LogWidth);
        return Near(difference, slope, 1e-6 * size) || term is VarianceTerm.Decoder;
    }

    /// <summary>The decoder's mass changes by powers of the distance z from the mean in standard deviations, so the pixel lies near it.</summary>
    [Law]
    public bool So_it_is_in_the_decoder(AnySchedule s, Pixel target, Pixel error, Fraction f)
    {
        var term = (VarianceTerm.Decoder)LearnedVariance.Of(s.Value, new Prediction.Sample()).Terms[0];
        var distance = error.Value * Math.Sqrt(term.Range.At(f.Value));
        double Nats(double fraction) => term.Of(0, Clean(target), Clean(target) + distance, fraction).Nats;
        const double h = 1e-4;
        var width = term.Range.LogWidth;
        var difference = (Nats(f.Value + h) - Nats(f.Value - h)) / (2 * h);
        var (outside, inside) = (40 * (1 + width * width * width), 1e-9 * (1 + Math.Abs(Nats(f.Value))));
        return Near(difference, term.Of(0, Clean(target), Clean(target) + distance, f.Value).Slope, h * h * outside * 40 + inside);
    }

    /// <summary>At the ends it is the bound with the fixed variances, and between them too.</summary>
    [Law]
    public bool A_term_is_the_bound_s(AnySchedule s, Place at, Place prediction, Pixel error, Fraction f)
    {
        var t = at.In(s.Value.Steps);
        if (t == 0 || s.Value[t].A == 0 || Term(s.Value, at, prediction) is not VarianceTerm.Step step)
        {
            return true;
        }

        var predicted = Predictions[prediction.In(Predictions.Length)];
        var square = error.Value * error.Value;
        return new[] { VariationalBound.OfPosterior, VariationalBound.OfBeta, f.Value, -f.Value, 1 + f.Value }.All(fraction =>
        {
            var expected = VariationalBound.VarianceNats(s.Value[t], s.Value[t - 1], fraction)
                + VariationalBound.Weight(predicted, s.Value[t], s.Value[t - 1], fraction) * square;
            return Near(expected, step.Of(0, error.Value, 0, fraction).Nats, 256 * new TwoTimesteps(s.Value, t - 1, t).Roundoff * (1 + expected));
        });
    }

    /// <summary>Without an error the divergence is 0 for β̃ alone, and an error makes the best variance larger.</summary>
    [Law]
    public bool The_divergence_is_least_at_the_right_variance(AnySchedule s, Place at, Pixel error)
    {
        var t = at.In(s.Value.Steps);
        if (t == 0)
        {
            return true;
        }

        var step = (VarianceTerm.Step)LearnedVariance.Of(s.Value, new Prediction.Sample()).Terms[t];
        var best = Math.Log(1 + 2 * step.ErrorWeight * error.Value * error.Value) / step.Range.LogWidth;
        var least = step.Of(0, error.Value, 0, best);
        var size = 1 + step.Range.LogWidth * (1 + best);
        return step.Of(0, error.Value, error.Value, 0) == new VarianceLoss(0, 0)
            && Math.Abs(least.Slope) <= 1e-10 * size
            && new[] { -0.5, 0.5, 1.5 }.All(off => step.Of(0, error.Value, 0, best + off).Nats >= least.Nats - 1e-12 * (1 + least.Nats))
            && new[] { -0.5, 0.5, 1.5 }.All(off => step.Of(0, error.Value, error.Value, off).Nats > 0 || step.Range.LogWidth < 1e-7);
    }

    /// <summary>L_0 is −ln of the mass of the pixel's own level, which x and the target determine.</summary>
    [Law]
    public bool The_first_term_is_the_decoder_s(AnySchedule s, Place level, Place prediction, Pixel noise, Pixel error, Fraction f)
    {
        var (first, byteLevel) = (s.Value[0], (byte)level.In(256));
        if (first.A < 0.01)
        {
            return true; // an ε would be multiplied by more than a level's width can bear
        }

        var predicted = Predictions[prediction.In(Predictions.Length)];
        double x0 = PixelScale.ToModel(byteLevel), x = ForwardProcess.Diffuse(first, x0, noise.Value);
        var target = predicted.Target(first).First * x0 + predicted.Target(first).Second * noise.Value;
        var mean = predicted.CleanImage(first).First * x + predicted.CleanImage(first).Second * (target + error.Value / 10);
        var expected = -VariationalBound.DecoderAt(s.Value, f.Value, mean).LogMass(byteLevel);
        var found = LearnedVariance.Of(s.Value, predicted).Terms[0].Of(x, target, target + error.Value / 10, f.Value).Nats;
        return Near(expected, found, 1e-6 * (1 + expected));
    }

    /// <summary>T/1000 of a mean in bits, as in the code of Nichol and Dhariwal.</summary>
    [Fact]
    public void The_loss_weighs_a_term_of_a_thousand_in_bits_by_one()
    {
        Known(1 / Math.Log(2), LearnedVariance.Of(Generators.Original, new Prediction.Epsilon()).LossWeight, 1e-15);
        Known(0.012 / Math.Log(2), LearnedVariance.Of(NoiseSchedule.Linear(12).Valid(), new Prediction.Epsilon()).LossWeight, 1e-15);
        Assert.Equal((0.5, 0.5), (LearnedVariance.Fraction.First, LearnedVariance.Fraction.Second));
    }

    private static double Clean(Pixel pixel) => Math.Clamp(pixel.Value / 6, -1, 1);
}
