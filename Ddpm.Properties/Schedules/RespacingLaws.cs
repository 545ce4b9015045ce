using Ddpm.Properties.Sampling;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Schedules;

[Properties(Arbitrary = [typeof(Generators), typeof(SamplerGenerators)])]
public sealed class RespacingLaws
{
    [Law]
    public bool Onto_all_steps_it_is_the_identity(AnySchedule s) => s.Value.Respaced(Timesteps.All(s.Value.Steps)).Valid() == s.Value;

    [Law]
    public bool It_keeps_the_levels_and_makes_the_betas_between_them(VisitedSchedule v)
    {
        var respaced = v.Schedule.Respaced(v.Timesteps).Valid();
        var kept = v.Timesteps.Values.Reverse().ToArray();
        return respaced.Steps == kept.Length && kept.Select(Holds).All(holds => holds);

        bool Holds(int t, int i)
        {
            var earlier = i == 0 ? VariancePreservingLevel.Clean : v.Schedule[kept[i - 1]];
            var roundoff = new TwoTimesteps(v.Schedule, i == 0 ? -1 : kept[i - 1], t).Roundoff;
            return respaced[i] == v.Schedule[t]
                && Closeness.Near(v.Schedule[t].BetaSince(earlier), respaced.Betas[i], 4 * roundoff)
                && respaced.Betas[i] > 0
                && (respaced.Betas[i] < 1 || v.Schedule[t].AlphaBar == 0);
        }
    }

    [Law]
    public bool Twice_is_once(VisitedSchedule v, byte keep)
    {
        var once = v.Schedule.Respaced(v.Timesteps).Valid();
        var inner = Enumerable.Range(0, once.Steps).Where(i => i % (1 + keep % 5) == 0).Reverse().ToArray();
        var kept = v.Timesteps.Values.Reverse().ToArray();
        return once.Respaced(Timesteps.Of(new Arr<int>(inner), once.Steps).Valid()).Valid()
            == v.Schedule.Respaced(Timesteps.Of(new Arr<int>(inner.Select(i => kept[i])), v.Schedule.Steps).Valid()).Valid();
    }

    [Fact]
    public void Timesteps_of_a_schedule_one_step_longer_are_refused() => Assert.Equal(
        "timesteps[0] must lie in [0, 10), got 10", Assert.Single(NoiseSchedule.Linear(10).Valid().Respaced(Timesteps.All(11)).Faults()));
}
