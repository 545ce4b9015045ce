using Ddpm.Pure.Validations;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Validations;

public sealed class CheckLaws
{
    [Law]
    public bool A_number_is_at_least_another_or_the_fault_names_both(int value, int least) => Check.AtLeast("count", value, least).Faults()
        .SequenceEqual(value >= least ? [] : [$"count must be at least {least}, got {value}"]);

    [Law]
    public bool The_least_is_allowed_and_the_value_is_handed_on(int least) =>
        Check.AtLeast("count", least, least).Valid() == least;

    [Theory]
    [InlineData(0.5, true)]
    [InlineData(double.Epsilon, true)]
    [InlineData(0.0, false)]
    [InlineData(1.0, false)]
    [InlineData(-0.5, false)]
    [InlineData(1.5, false)]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, false)]
    [InlineData(double.NegativeInfinity, false)]
    public void An_open_interval_holds_neither_end_nor_what_is_not_finite(double value, bool inside) => Assert.Equal(
        inside ? [] : [FormattableString.Invariant($"beta must lie in (0, 1), got {value}")],
        Check.Inside("beta", value, 0, 1).Faults());

    [Fact]
    public void A_failure_says_the_name_the_rule_and_the_value() =>
        Assert.Equal(["schedule must be linear or cosine, got round"], Check.Fail<Unit>("schedule", "round", "must be linear or cosine").Faults());
}
