using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Sampling;

/// <summary>Spacings at the ends of what they allow: one timestep, all of them, one step of a schedule, and a ρ next to 0.</summary>
public sealed class SpacingLimitsLaws
{
    private static readonly NoiseSchedule Ten = NoiseSchedule.Linear(10).Valid();

    /// <summary>(n − 1)·⌊T/n⌋ + Offset is the noisiest timestep, below T = 10.</summary>
    [Theory]
    [InlineData(1, 10)]
    [InlineData(3, 4)]
    [InlineData(10, 1)]
    public void Leading_takes_an_offset_below_what_its_gaps_leave(int count, int limit) => TakesBelow(limit, count, offset => new Spacing.Leading(offset));

    /// <summary>n·⌊T/(n + 1)⌋ + Offset is.</summary>
    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 4)]
    [InlineData(10, 10)]
    public void Diffusers_multistep_leading_takes_an_offset_below_what_its_gaps_leave(int count, int limit) =>
        TakesBelow(limit, count, offset => new Spacing.DiffusersMultistepLeading(offset));

    /// <summary>Where the only level has no image, no λ is there to spread.</summary>
    [Fact]
    public void The_only_timestep_of_a_schedule_that_leaves_no_image_is_0()
    {
        var barren = NoiseSchedule.Linear(1).Valid().WithZeroTerminalSnr();
        Assert.Equal([0], Timesteps.Spaced(new Spacing.UniformLambda(), barren, 1).Valid().Values.AsEnumerable());
        Assert.Equal([0], Timesteps.Spaced(new Spacing.Karras(), barren, 1).Valid().Values.AsEnumerable());
    }

    /// <summary>With ρ = 10⁻³, (σ/a)^(1/ρ) of the clean end vanishes, and yet the path ends there.</summary>
    [Fact]
    public void Karras_ends_at_0_even_where_its_powers_vanish() =>
        Assert.Equal([9, 8, 7, 0], Timesteps.Spaced(new Spacing.Karras(1e-3), Ten, 4).Valid().Values.AsEnumerable());

    /// <summary>λ of ᾱ and of 1 − ᾱ differ in sign alone where no rounding does: then the middle of a path is as far from one as from the other.</summary>
    [Fact]
    public void Of_two_levels_as_near_the_noisier_is_taken()
    {
        double Lambda(double alphaBar) => new VariancePreservingLevel(Ddpm.Pure.Numerics.Elementary.Log(alphaBar)).Lambda;
        var exact = Enumerable.Range(513, 511).Select(n => n / 1024.0).Where(alphaBar => Lambda(alphaBar) == -Lambda(1 - alphaBar)).ToArray();
        var (one, other) = (exact[0], exact[^1]);
        var even = VariancePreservingSchedule.FromAlphaBars(Array(other, one, 1 - one, 1 - other)).Valid();
        Assert.Equal((-even[0].Lambda, -even[1].Lambda), (even[3].Lambda, even[2].Lambda));
        Assert.Equal([3, 2, 0], Timesteps.Spaced(new Spacing.UniformLambda(), even, 3).Valid().Values.AsEnumerable());
    }

    private static void TakesBelow(int limit, int count, Func<int, Spacing> spacing)
    {
        Assert.Equal(count, Timesteps.Spaced(spacing(limit - 1), Ten, count).Valid().Values.Count);
        Assert.Equal($"spacing-offset must lie in [0, {limit}), got {limit}", Assert.Single(Timesteps.Spaced(spacing(limit), Ten, count).Faults()));
    }
}
