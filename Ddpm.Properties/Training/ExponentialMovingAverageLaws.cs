using Ddpm.Pure.Optimisation;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Training;

[Properties(Arbitrary = [typeof(Generators)])]
public sealed class ExponentialMovingAverageLaws
{
    /// <summary>
    /// θ + (θ_0 − θ)·∏ decay. While the decay rises the product is ∏ (1 + k)/(10 + k) = n!·9!/(n + 9)!, and dⁿ from then on. Each update
    /// rounds numbers as large as θ and θ_0 a few times.
    /// </summary>
    [Law]
    public bool Of_constant_weights_it_is_the_closed_form(Fraction decay, Pixel start, Pixel theta, byte updates)
    {
        var ema = ExponentialMovingAverage.Of(decay.Value).Valid();
        var average = Enumerable.Range(0, updates).Aggregate(start.Value, (before, n) => ema.Update(before, theta.Value, n));
        var rising = Enumerable.Range(0, updates).TakeWhile(k => (1 + k) / (10.0 + k) < decay.Value).Count();
        var kept = Enumerable.Range(1, 9).Aggregate(1.0, (product, i) => product * i / (rising + i)) * Math.Pow(decay.Value, updates - rising);
        return Near(theta.Value + kept * (start.Value - theta.Value), average, 8 * Epsilon * (updates + 1) * (Math.Abs(start.Value) + Math.Abs(theta.Value)));
    }

    [Law]
    public bool At_its_value_it_stays(Fraction decay, Pixel theta, byte n) =>
        ExponentialMovingAverage.Of(decay.Value).Valid().Update(theta.Value, theta.Value, n) == theta.Value;

    [Law]
    public bool Its_decay_rises_to_its_limit_and_stays(Fraction decay, byte n)
    {
        var ema = ExponentialMovingAverage.Of(decay.Value).Valid();
        return ema.DecayAt(n) <= ema.DecayAt(n + 1)
            && ema.DecayAt(n) <= decay.Value
            && ema.DecayAt(int.MaxValue) == Math.Min(decay.Value, (1.0 + int.MaxValue) / (10.0 + int.MaxValue));
    }

    [Fact]
    public void The_first_updates_of_a_long_average_are_short() =>
        Assert.Equal([0.1, 2 / 11.0, 0.25], Enumerable.Range(0, 3).Select(ExponentialMovingAverage.Of(0.9999).Valid().DecayAt));

    [Fact]
    public void An_average_may_have_no_memory() => Assert.Equal(3, ExponentialMovingAverage.Of(0).Valid().Update(1, 3, 100));

    [Theory]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void A_decay_outside_0_1_is_refused(double decay) =>
        Assert.Equal(FormattableString.Invariant($"ema-decay must lie in [0, 1), got {decay}"), Assert.Single(ExponentialMovingAverage.Of(decay).Faults()));
}
