using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

/// <summary>The loss of a learned variance: its value, its derivative and its least.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class LearnedVarianceLaws
{
    private static readonly Prediction[] Predictions = [.. Prediction.All.Select(row => row.Value)];

    /// <summary>
    /// The central difference over 2h errs by h²/6 of the third derivative, at most w³ times the term, and by the term's rounding over h. With
    /// h = 1e-4/(1 + w), both are below 1e-7 of (1 + term)·(1 + w).
    /// </summary>
    [Law]
    public bool The_slope_is_the_central_difference(AnySchedule s, Place at, Place prediction, Pixel target, Pixel error, Fraction f)
    {
        if (Term(s.Value, at, prediction) is not VarianceTerm.Step step)
        {
            return true;
        }

        VarianceLoss Loss(double fraction) => step.Of(0.3, target.Value, target.Value + error.Value / 10, fraction);
        var (width, loss) = (step.Range.LogWidth, Loss(f.Value));
        var h = 1e-4 / (1 + width);
        return Near((Loss(f.Value + h).Nats - Loss(f.Value - h).Nats) / (2 * h), loss.Slope, 1e-7 * (1 + loss.Nats) * (1 + width));
    }

    /// <summary>
    /// The mean lies at most six standard deviations away, where the third derivative of the logarithm of a mass is below some 1600 times w³. The logarithm's
    /// rounding counts over h.
    /// </summary>
    [Law]
    public bool So_it_is_in_the_decoder(AnySchedule s, Pixel target, Pixel error, Fraction f)
    {
        var term = LearnedVariance.Of(s.Value, new Prediction.Sample()).Terms[0];
        var (x0, distance) = (Math.Clamp(target.Value / 6, -1, 1), error.Value * Math.Sqrt(term.Range.At(f.Value)));
        VarianceLoss Loss(double fraction) => term.Of(0, x0, x0 + distance, fraction);
        const double h = 1e-4;
        var (width, loss) = (term.Range.LogWidth, Loss(f.Value));
        return Near(
            (Loss(f.Value + h).Nats - Loss(f.Value - h).Nats) / (2 * h), loss.Slope,
            h * h * 1600 * (1 + width * width * width) + 1e-9 * (1 + loss.Nats));
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
        var found = LearnedVariance.Of(s.Value, predicted).Terms[0]
            .Of(predicted.InputScale(first) * x, target, target + error.Value / 10, f.Value).Nats;
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

    /// <summary>One of the terms of a schedule. Where nothing of the image is left, ε does not determine it, and such runs are refused.</summary>
    private static VarianceTerm Term(VariancePreservingSchedule schedule, Place at, Place prediction)
    {
        var t = at.In(schedule.Steps);
        return LearnedVariance.Of(schedule, schedule[t].A == 0 ? new Prediction.Sample() : Predictions[prediction.In(Predictions.Length)]).Terms[t];
    }
}
