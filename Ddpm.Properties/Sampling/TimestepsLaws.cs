using Ddpm.Pure.Sampling;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Sampling;

[Properties(Arbitrary = [typeof(SamplerGenerators), typeof(Generators)])]
public sealed class TimestepsLaws
{
    [Law]
    public bool All_of_them_go_down_by_one_to_0(VisitedSchedule v) =>
        Timesteps.All(v.Schedule.Steps).Values.Select((t, i) => t == v.Schedule.Steps - 1 - i).All(holds => holds)
        && Timesteps.All(v.Schedule.Steps).Values.Count == v.Schedule.Steps;

    [Law]
    public bool Pairs_lead_from_each_to_the_next_and_from_the_last_to_the_clean_image(VisitedSchedule v) =>
        v.Timesteps.Pairs.Select(pair => pair.Current).SequenceEqual(v.Timesteps.Values)
        && v.Timesteps.Pairs.Select(pair => pair.Next).SequenceEqual(v.Timesteps.Values.Skip(1).Append(-1));

    [Fact]
    public void Valid_timesteps_are_kept() => Assert.Equal([7, 3, 0], Timesteps.Of(Prelude.Array(7, 3, 0), 8).Valid().Values.AsEnumerable());

    [Law]
    public bool A_repeated_timestep_is_refused(VisitedSchedule v) =>
        Timesteps.Of(new Arr<int>(v.Timesteps.Values.Append(v.Timesteps.Values[^1])), v.Schedule.Steps).Faults()
            .SequenceEqual([$"timesteps[{v.Timesteps.Values.Count}] must be less than the one before it, got {v.Timesteps.Values[^1]}"]);

    [Law]
    public bool Ending_at_the_first_level_changes_the_last_pair_alone(VisitedSchedule v)
    {
        var (clean, first) = (v.Timesteps.Pairs, v.Timesteps.EndingAtFirstLevel().Pairs);
        return first.SkipLast(1).SequenceEqual(clean.SkipLast(1)) && first[^1] == (clean[^1].Current, 0);
    }

    [Law]
    public bool A_strength_keeps_that_part_of_the_last_timesteps(VisitedSchedule v, Fraction strength)
    {
        var all = v.Timesteps.EndingAtFirstLevel();
        var part = all.OfStrength(strength.Value).Valid();
        return part.Values.SequenceEqual(all.Values.TakeLast(part.Values.Count)) && part.End == 0
            && part.Values.Count >= 1 && Math.Abs(part.Values.Count - strength.Value * all.Values.Count) <= (part.Values.Count == 1 ? 1 : 0.5)
            && all.OfStrength(1).Valid() == all;
    }

    [Theory]
    [InlineData(20, 2)]
    [InlineData(12, 2)]
    [InlineData(4, 1)]
    public void Of_an_eighth_a_half_timestep_is_rounded_to_even_but_one_is_kept(int all, int kept) =>
        Assert.Equal(kept, Timesteps.All(all).OfStrength(0.125).Valid().Values.Count);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_strength_outside_0_1_is_refused(double strength) => Assert.Equal(
        FormattableString.Invariant($"strength must lie in (0, 1], got {strength}"), Assert.Single(Timesteps.All(10).OfStrength(strength).Faults()));

    [Fact]
    public void Every_wrong_timestep_is_named_with_its_place()
    {
        Assert.Equal(
            [
                "timesteps[0] must lie in [0, 10), got 10", "timesteps[3] must lie in [0, 10), got -1",
                "timesteps[2] must be less than the one before it, got 4",
            ],
            Timesteps.Of(Prelude.Array(10, 4, 4, -1), 10).Faults());
        Assert.Equal("timesteps must hold at least one timestep, got none", Assert.Single(Timesteps.Of(Arr<int>.Empty, 10).Faults()));
    }
}
