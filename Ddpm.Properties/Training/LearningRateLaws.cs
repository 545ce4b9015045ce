using Ddpm.Pure.Optimisation;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Training;

[Properties(Arbitrary = [typeof(Generators)])]
public sealed class LearningRateLaws
{
    [Law]
    public bool A_constant_rate_is_its_peak(Fraction peak, ushort step) => LearningRate.Constant.Of(peak.Value).Valid().At(step) == peak.Value;

    [Law]
    public bool A_rate_warms_up_in_equal_steps_to_its_peak(Fraction peak, byte more, ushort later)
    {
        var steps = 1 + more;
        var rate = LearningRate.WarmUp.Of(peak.Value, steps).Valid();
        return Enumerable.Range(0, steps).All(k => NearRelative(peak.Value * (k + 1) / steps, rate.At(k), 4 * Epsilon))
            && rate.At(steps - 1 + later) == peak.Value;
    }

    /// <summary>Half a cosine is point-symmetric about its middle: peak − rate at one step equals rate − end at the mirrored step.</summary>
    [Law]
    public bool A_cosine_falls_from_its_peak_to_its_end_turning_about_its_middle(Fraction peak, byte warm, byte falls, Fraction end, ushort later)
    {
        int falling = 1 + falls, total = warm + falling;
        var rate = LearningRate.Cosine.Of(peak.Value, warm, total, end.Value).Valid();
        return Enumerable.Range(0, warm).All(k => rate.At(k) == LearningRate.WarmUp.Of(peak.Value, warm).Valid().At(k))
            && NearRelative(peak.Value, rate.At(warm), 4 * Epsilon)
            && Near(peak.Value * end.Value, rate.At(total + later), 4 * Epsilon * peak.Value)
            && Enumerable.Range(0, falling + 1).All(k =>
                Near(peak.Value * (1 + end.Value), rate.At(warm + k) + rate.At(total - k), 16 * Epsilon * peak.Value)
                && rate.At(warm + k + 1) <= rate.At(warm + k) * (1 + 4 * Epsilon));
    }

    [Fact]
    public void A_third_of_the_way_down_a_cosine_has_lost_a_quarter() =>
        Known(0.01 * (0.2 + 0.8 * 0.75), LearningRate.Cosine.Of(0.01, 10, 40, 0.2).Valid().At(20), 8 * Epsilon);

    [Fact]
    public void Every_fault_of_a_rate_is_named()
    {
        Assert.Equal(["learning-rate must lie in (0, 1), got NaN"], LearningRate.Constant.Of(double.NaN).Faults());
        Assert.Equal(["learning-rate must lie in (0, 1), got 0", "warm-up-steps must be at least 1, got 0"], LearningRate.WarmUp.Of(0, 0).Faults());
        Assert.Equal(
            [
                "learning-rate must lie in (0, 1), got 1", "warm-up-steps must be at least 0, got -1",
                "total-steps must be greater than 0, the steps that warm up, got 0", "final-fraction must lie in [0, 1], got NaN",
            ],
            LearningRate.Cosine.Of(1, -1, 0, double.NaN).Faults());
        Assert.Equal("total-steps must be greater than 7, the steps that warm up, got 7", Assert.Single(LearningRate.Cosine.Of(0.1, 7, 7, 0).Faults()));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.5)]
    public void What_is_left_of_a_rate_is_a_part_of_it(double fraction) => Assert.Equal(
        FormattableString.Invariant($"final-fraction must lie in [0, 1], got {fraction}"), Assert.Single(LearningRate.Cosine.Of(0.1, 2, 9, fraction).Faults()));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Nothing_or_all_of_a_rate_may_be_left(double fraction) =>
        Assert.Equal(0.1 * fraction, LearningRate.Cosine.Of(0.1, 2, 9, fraction).Valid().At(9), 1e-17);
}
