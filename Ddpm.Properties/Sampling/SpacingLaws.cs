using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Sampling;

/// <summary>A spacing, a schedule, and how many of its steps.</summary>
public sealed record SpacedCase(Spacing Spacing, VariancePreservingSchedule Schedule, int Count)
{
    public Timesteps Timesteps => Timesteps.Spaced(Spacing, Schedule, Count).Valid();
}

/// <summary>
/// A spacing by noise level; ρ = ∞ is the one uniform in λ, and ρ = 0 stands for the one even in arctan(σ/a). It has at most a
/// fifth of the schedule's steps, so that most targets have a level of their own.
/// </summary>
public sealed record SpacedInNoise(double Rho, double Least, double Most, NoiseSchedule Schedule, int Count)
{
    public Spacing Spacing => Rho switch
    {
        double.PositiveInfinity => new Spacing.UniformLambda(Least, Most),
        0 => new Spacing.KlOptimal(Least, Most),
        _ => new Spacing.Karras(Rho, Least, Most),
    };

    public Timesteps Timesteps => Timesteps.Spaced(Spacing, Schedule, Count).Valid();
}

[Properties(Arbitrary = [typeof(Cases)])]
public sealed class SpacingLaws
{
    [Law]
    public bool Every_spacing_is_strictly_decreasing_inside_0_T_and_of_the_length_asked_for(SpacedCase c) =>
        c.Timesteps is { End: -1 } made && made.Values.Count == c.Count && Timesteps.Of(made.Values, c.Schedule.Steps).Valid() == made;

    [Law]
    public bool As_many_as_there_are_is_all_of_them(SpacedCase c) =>
        Timesteps.Spaced(c.Spacing, c.Schedule, c.Schedule.Steps).Match(
            made => made == Timesteps.All(c.Schedule.Steps),
            _ => c.Spacing is Spacing.Leading { Offset: > 0 } or Spacing.DiffusersMultistepLeading { Offset: > 0 });

    [Law]
    public bool The_ends_are_those_of_the_definition(SpacedCase c)
    {
        int first = c.Timesteps.Values[0], last = c.Timesteps.Values[^1], top = c.Schedule.Steps - 1;
        return c.Spacing switch
        {
            Spacing.Leading(var offset) => last == offset,
            Spacing.Trailing or Spacing.DiffusersTrailing or Spacing.DiffusersMultistepLinspace or Spacing.Beta => first == top,
            Spacing.DiffusersLinspace when c.Count == 1 => first == 0,
            Spacing.DiffusersMultistepLeading => true,
            _ => first == top && (c.Count == 1 || last == 0),
        };
    }

    /// <summary>Neighbours differ by T/n or (T − 1)/(n − 1), rounded one way or the other.</summary>
    [Law]
    public bool Even_spacings_are_even(SpacedCase c)
    {
        int steps = c.Schedule.Steps, n = c.Count;
        bool Gaps(double ideal)
        {
            var tolerance = ideal % 1 == 0 ? 1e-9 : 1 + 1e-9;
            return c.Timesteps.Values.Zip(c.Timesteps.Values.Skip(1)).All(pair => Math.Abs(pair.Item1 - pair.Item2 - ideal) < tolerance);
        }

        return c.Spacing switch
        {
            Spacing.Leading => Gaps(steps / n),
            Spacing.Trailing or Spacing.DiffusersTrailing => Gaps((double)steps / n),
            Spacing.Linspace or Spacing.DiffusersLinspace => n == 1 || Gaps((steps - 1.0) / (n - 1)),
            Spacing.DiffusersMultistepLinspace => n == steps || Gaps((steps - 1.0) / n),
            Spacing.DiffusersMultistepLeading => n == steps || Gaps(steps / (n + 1)),
            _ => true,
        };
    }

    /// <summary>
    /// A timestep that no other one pushes is the nearest to its target, which may be off by the roundings of its formula. A timestep is pushed if
    /// the nearest one of a later target leaves too few between. If two levels are equally near, either may be the nearest.
    /// </summary>
    [Law]
    public bool Spacings_in_noise_take_the_nearest_level(SpacedInNoise c)
    {
        var lambdas = c.Schedule.Levels.Map(level => level.Lambda).ToArray();
        var (noisiest, cleanest) = (Math.Max(lambdas.Last(double.IsFinite), -Math.Log(c.Most)), Math.Min(lambdas[0], -Math.Log(c.Least)));
        bool Inside(int t) => Math.Exp(-lambdas[t]) is var ratio && ratio >= c.Least && ratio <= c.Most;
        var top = Enumerable.Range(0, lambdas.Length).Last(Inside);
        var (low, high) = (Math.Exp(-cleanest), Math.Exp(-noisiest));
        double Target(double part) => double.IsInfinity(c.Rho) ? noisiest + (cleanest - noisiest) * part
            : c.Rho == 0 ? -Math.Log(Math.Tan(part * Math.Atan(low) + (1 - part) * Math.Atan(high)))
            : -c.Rho * (Math.Log(1 - part + part * Math.Exp((noisiest - cleanest) / c.Rho)) - noisiest / c.Rho);
        var targets = Enumerable.Range(0, c.Count).Select(i => i == c.Count - 1 ? cleanest : Target((double)i / (c.Count - 1))).ToArray();
        var nearest = targets.Select(target => Enumerable.Range(0, lambdas.Length).Where(Inside).MinBy(t => Math.Abs(lambdas[t] - target))).ToArray();
        bool IsPushed(int i) => nearest[i] + 1 > top - i || Enumerable.Range(i + 1, c.Count - i - 1).Any(k => nearest[i] - 1 < nearest[k] + 1 + k - i);
        var roundoff = 64 * Epsilon * (1 + Math.Abs(noisiest) + Math.Abs(cleanest) + (double.IsInfinity(c.Rho) ? 0 : c.Rho)
            + (c.Rho == 0 ? high + 1 / low : 0)); // an angle's rounding, by how steep the tangent is
        return Enumerable.Range(1, c.Count - 1).All(i => IsPushed(i)
            || Math.Abs(lambdas[c.Timesteps.Values[i]] - targets[i]) <= Math.Abs(lambdas[nearest[i]] - targets[i]) + roundoff);
    }

    /// <summary>
    /// Sampling begins at the noisiest timestep with σ/a ≤ Most and ends at the cleanest with σ/a ≥ Least; one timestep alone is the noisiest.
    /// </summary>
    [Law]
    public bool Spacings_in_noise_begin_and_end_inside_their_range(SpacedInNoise c)
    {
        double Ratio(int t) => Math.Exp(-c.Schedule[t].Lambda);
        var inside = Enumerable.Range(0, c.Schedule.Steps).Where(t => Ratio(t) >= c.Least && Ratio(t) <= c.Most).ToArray();
        return c.Timesteps.Values.ForAll(inside.Contains) && c.Timesteps.Values[0] == inside[^1] && c.Timesteps.Values[^1] == inside[0]
            && Timesteps.Spaced(c.Spacing, c.Schedule, 1).Valid().Values.SequenceEqual([inside[^1]])
            && Timesteps.Spaced(c.Spacing, c.Schedule, inside.Length).Valid().Values.SequenceEqual(inside.Reverse())
            && Timesteps.Spaced(c.Spacing, c.Schedule, inside.Length + 1).Faults().Length == 1;
    }

    /// <summary>The path ends where the schedule does.</summary>
    [Law]
    public bool Ends_beyond_the_schedule_s_own_change_nothing(SpacedInNoise c)
    {
        double Ratio(int t) => Math.Exp(-c.Schedule[t].Lambda);
        var (least, most) = (Ratio(0) / 2, 2 * Ratio(c.Schedule.Steps - 1));
        bool Same(Spacing one, Spacing other) =>
            Timesteps.Spaced(one, c.Schedule, c.Count).Valid() == Timesteps.Spaced(other, c.Schedule, c.Count).Valid();
        return Same(new Spacing.Karras(3, least, most), new Spacing.Karras(3))
            && Same(new Spacing.KlOptimal(least, most), new Spacing.KlOptimal())
            && Same(new Spacing.UniformLambda(least, most), new Spacing.UniformLambda());
    }

    /// <summary>
    /// Of the path from the cosine schedule's last level, σ/a = 20,291, six of ten targets lie above 160. This one runs from 160, by eq. 5: (most^(1/ρ) +
    /// i/9·(least^(1/ρ) − most^(1/ρ)))^ρ.
    /// </summary>
    [Fact]
    public void Ten_of_a_cosine_schedule_up_to_160()
    {
        var cosine = NoiseSchedule.Cosine(1000).Valid();
        double[] levels = [.. cosine.Levels.Map(level => Math.Exp(-level.Lambda))];
        var (most, least) = (Math.Pow(160, 1 / 7.0), Math.Pow(levels[0], 1 / 7.0));
        var path = Enumerable.Range(0, 10).Select(i => Math.Pow(most + i / 9.0 * (least - most), 7)).ToArray();
        var expected = path.Select(sigma => Enumerable.Range(0, 1000).Where(t => levels[t] <= 160).MinBy(t => Math.Abs(Math.Log(levels[t] / sigma)))).ToArray();
        Assert.Equal(expected, Timesteps.Spaced(new Spacing.Karras(Most: 160), cosine, 10).Valid().Values.AsEnumerable());
        Assert.True(levels[expected[0]] <= 160 && levels[expected[0] + 1] > 160);
    }

    /// <summary>The levels below N might as well not be there.</summary>
    [Law]
    public bool A_spacing_above_a_last_timestep_is_the_spacing_of_the_levels_from_there(SpacedCase c, PositiveInt below)
    {
        var n = below.Get;
        var noisier = c.Schedule.AlphaBars.Map(alphaBar => alphaBar / 2).ToArray();
        var more = VariancePreservingSchedule.FromAlphaBars(
            new LanguageExt.Arr<double>(Enumerable.Range(1, n).Select(i => 1 - 0.5 * i / (n + 1)).Concat(noisier)));
        // These place timesteps by the levels themselves, which another schedule rounds differently.
        return c.Spacing is Spacing.UniformLambda or Spacing.Karras or Spacing.KlOptimal
            ? Timesteps.Spaced(c.Spacing, c.Schedule, c.Count, 0).Valid() == c.Timesteps
            : Timesteps.Spaced(c.Spacing, more.Valid(), c.Count, n).Valid().Values.SequenceEqual(c.Timesteps.Values.Map(t => t + n));
    }

    [Fact]
    public void No_timestep_below_the_last_one_is_visited()
    {
        var schedule = NoiseSchedule.Linear(1000).Valid();
        foreach (var spacing in (Spacing[])[new Spacing.Karras(), new Spacing.UniformLambda(), new Spacing.Linspace(), new Spacing.Leading()])
        {
            Assert.Equal(20, Timesteps.Spaced(spacing, schedule, 10, 20).Valid().Values[^1]);
        }

        Assert.Equal([999, 803, 607, 411, 215], Timesteps.Spaced(new Spacing.Trailing(), schedule, 5, 20).Valid().Values.AsEnumerable());
        Assert.Equal(["last-timestep must lie in [0, 1000), got 1000"], Timesteps.Spaced(new Spacing.Trailing(), schedule, 5, 1000).Faults());
        Assert.Equal(["last-timestep must lie in [0, 1000), got -1"], Timesteps.Spaced(new Spacing.Trailing(), schedule, 5, -1).Faults());
        Assert.Equal(
            ["sampling-steps must lie in [1, 5], the number of timesteps between the given ends, got 6"],
            Timesteps.Spaced(new Spacing.Trailing(), schedule, 6, 995).Faults());
    }

    /// <summary>By definition; those of diffusers by numpy's arithmetic, step by step in double precision.</summary>
    [Fact]
    public void Ten_of_a_thousand()
    {
        Is(new Spacing.Leading(), 900, 800, 700, 600, 500, 400, 300, 200, 100, 0);
        Is(new Spacing.Leading(1), 901, 801, 701, 601, 501, 401, 301, 201, 101, 1);
        Is(new Spacing.Linspace(), 999, 888, 777, 666, 555, 444, 333, 222, 111, 0);
        Is(new Spacing.Trailing(), 999, 899, 799, 699, 599, 499, 399, 299, 199, 99);
        Is(new Spacing.UniformLambda(), 999, 886, 757, 603, 410, 202, 73, 22, 5, 0);
        Is(new Spacing.Karras(), 999, 937, 864, 775, 663, 511, 301, 102, 18, 0);
        Is(new Spacing.KlOptimal(), 999, 582, 456, 367, 292, 227, 166, 108, 53, 0);
        Is(new Spacing.Beta(), 999, 959, 876, 765, 637, 500, 362, 234, 123, 40);
        Is(new Spacing.DiffusersMultistepLinspace(), 999, 899, 799, 699, 599, 500, 400, 300, 200, 100);
        Is(new Spacing.DiffusersMultistepLeading(1), 901, 811, 721, 631, 541, 451, 361, 271, 181, 91);
        Is(new Spacing.Karras(1e6), 999, 886, 757, 603, 410, 202, 73, 22, 5, 0);
    }

    /// <summary>The published table for Stable Diffusion 1.5, and numbers between by log-linear interpolation, computed independently.</summary>
    [Fact]
    public void Align_your_steps_has_the_published_timesteps_on_its_own_schedule_and_no_other()
    {
        var stable = NoiseSchedule.ScaledLinear(1000, 0.00085, 0.012).Valid();
        int[] Of(int count) => [.. Timesteps.Spaced(new Spacing.AlignYourSteps(), stable, count).Valid().Values];
        Assert.Equal([999, 850, 736, 645, 545, 455, 343, 233, 124, 24], Of(10));
        Assert.Equal([999, 736, 545, 343, 124], Of(5));
        Assert.Equal([999, 928, 850, 795, 736, 692, 645, 596, 545, 500, 455, 399, 343, 286, 233, 173, 124, 58, 24, 4], Of(20));
        Assert.Equal([999], Of(1));
        Assert.Equal(Enumerable.Range(0, 1000).Reverse(), Of(1000));
        Assert.All(
            (NoiseSchedule[])
            [
                NoiseSchedule.Linear(1000).Valid(), NoiseSchedule.Cosine(1000).Valid(), stable.WithZeroTerminalSnr(),
                NoiseSchedule.ScaledLinear(999, 0.00085, 0.012).Valid(), NoiseSchedule.ScaledLinear(1000, 0.00085, 0.0125).Valid(),
            ],
            other => Assert.Equal(
                ["spacing must be another one, because ays holds for Stable Diffusion's schedule only (scaled-linear, 1000 steps), got ays"],
                Timesteps.Spaced(new Spacing.AlignYourSteps(), other, 10).Faults()));
    }

    [Fact]
    public void Rounding_halves_from_1_and_from_0_differs()
    {
        Is(new Spacing.Linspace(), 999, 833, 666, 499, 333, 167, 0);
        Is(new Spacing.DiffusersLinspace(), 999, 832, 666, 500, 333, 166, 0);
        Is(new Spacing.Trailing(), 999, 856, 713, 570, 428, 285, 142);
        Assert.Equal([936, 686, 436, 186], Places(new Spacing.DiffusersTrailing(), 1000, 48).Except(Places(new Spacing.Trailing(), 1000, 48)));
        Assert.Equal([937, 687, 437, 187], Places(new Spacing.Trailing(), 1000, 48).Except(Places(new Spacing.DiffusersTrailing(), 1000, 48)));
        Assert.Equal(499, Places(new Spacing.DiffusersLinspace(), 1000, 27)[13]); // 13·(999/26) is 499.5 but for its last place
        Assert.Equal([16, 14, 11, 9, 6, 4, 1], Places(new Spacing.DiffusersTrailing(), 17, 7)); // theirs goes on to −1
    }

    [Fact]
    public void Without_any_image_the_last_level_stands_in_the_place_of_the_next()
    {
        var zero = NoiseSchedule.Linear(1000).Valid().WithZeroTerminalSnr();
        var before = VariancePreservingSchedule.FromAlphaBars(new LanguageExt.Arr<double>(zero.AlphaBars.SkipLast(1))).Valid();
        foreach (var spacing in (Spacing[])[new Spacing.UniformLambda(), new Spacing.Karras(), new Spacing.KlOptimal()])
        {
            Assert.Equal(
                Timesteps.Spaced(spacing, before, 10).Valid().Values.Skip(1).Prepend(999), Timesteps.Spaced(spacing, zero, 10).Valid().Values);
        }
    }

    [Fact]
    public void Repetitions_move_towards_noise_and_down_again_at_its_end()
    {
        Assert.Equal([3, 2, 1, 0], Places(new Spacing.DiffusersMultistepLeading(), 4, 4));
        Assert.Equal([3, 2, 1, 0], Places(new Spacing.DiffusersMultistepLinspace(), 4, 4));
        // Nearest to evenly spread σ/a are 4, 4, 4, 4, 0, as the last β is 1 − 10⁻⁹.
        var steep = VariancePreservingSchedule.FromBetas(LanguageExt.Prelude.Array(0.1, 0.1, 0.1, 0.1, 1 - 1e-9)).Valid();
        Assert.Equal([4, 3, 2, 0], Timesteps.Spaced(new Spacing.Karras(1), steep, 4).Valid().Values.AsEnumerable());
    }

    [Fact]
    public void Every_fault_of_a_spacing_is_named()
    {
        var s = NoiseSchedule.Linear(10, 1e-4, 0.02).Valid();
        string[] Faults(Spacing spacing, int count) => Timesteps.Spaced(spacing, s, count).Faults();
        Assert.Equal(["sampling-steps must lie in [1, 10], got 0"], Faults(new Spacing.Trailing(), 0));
        Assert.Equal(["sampling-steps must lie in [1, 10], got 11", "rho must be positive and finite, got NaN"], Faults(new Spacing.Karras(double.NaN), 11));
        const string disordered = "sigma-range must be two noise levels σ/a, the lower one first and not below 0";
        Assert.Equal(["rho must be positive and finite, got -1", $"{disordered}, got 2 to 2"], Faults(new Spacing.Karras(-1, 2, 2), 10));
        Assert.Equal([$"{disordered}, got -1 to 2"], Faults(new Spacing.UniformLambda(-1, 2), 10));
        Assert.Equal([$"{disordered}, got 0 to NaN"], Faults(new Spacing.UniformLambda(0, double.NaN), 10));
        Assert.Equal(
            ["sigma-range must contain the σ/a of a timestep, which run from 0.01 to 0.3264, got 1 to 2"],
            Faults(new Spacing.Karras(7, 1, 2), 10));
        Assert.Equal(["rho must be positive and finite, got 0"], Faults(new Spacing.Karras(0), 10));
        Assert.Equal(["rho must be positive and finite, got Infinity"], Faults(new Spacing.Karras(double.PositiveInfinity), 10));
        Assert.Equal(["sampling-steps must lie in [1, 10], got -1", "spacing-offset must lie in [0, 10), got -1"], Faults(new Spacing.Leading(-1), -1));
        Assert.Equal(["spacing-offset must lie in [0, 4), got 4"], Faults(new Spacing.Leading(4), 3));
        Assert.Equal(["spacing-offset must lie in [0, 4), got 4"], Faults(new Spacing.DiffusersMultistepLeading(4), 3));
        Assert.Empty(Faults(new Spacing.DiffusersMultistepLeading(3), 3));
    }

    private static void Is(Spacing spacing, params int[] timesteps) => Assert.Equal(timesteps, Places(spacing, 1000, timesteps.Length));

    private static int[] Places(Spacing spacing, int steps, int count) =>
        [.. Timesteps.Spaced(spacing, NoiseSchedule.Linear(steps).Valid(), count).Valid().Values];

    public static class Cases
    {
        public static Arbitrary<SpacedCase> All() =>
            (from made in Generators.Schedules
             from zero in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
             let schedule = zero ? made.WithZeroTerminalSnr() : made
             from count in Gen.Frequency(
                 (1, Gen.Constant(1)),
                 (1, Gen.Constant(schedule.Steps)),
                 (4, Gen.Choose(1, schedule.Steps)),
                 (4, Gen.Choose(1, (schedule.Steps + 9) / 10)))
             from rho in Gen.Frequency((1, Gen.Constant(7.0)), (1, Generators.PowersOfTen(-3, 6)))
             from leading in Gen.Choose(0, schedule.Steps - 1 - (count - 1) * (schedule.Steps / count))
             from multistep in Gen.Choose(0, schedule.Steps - 1 - count * (schedule.Steps / (count + 1)))
             from spacing in Gen.Elements<Spacing>(
                 new Spacing.Leading(leading), new Spacing.Linspace(), new Spacing.Trailing(), new Spacing.UniformLambda(), new Spacing.Karras(rho),
                 new Spacing.KlOptimal(), new Spacing.Beta(),
                 new Spacing.DiffusersLinspace(), new Spacing.DiffusersTrailing(), new Spacing.DiffusersMultistepLinspace(),
                 new Spacing.DiffusersMultistepLeading(multistep))
             select new SpacedCase(spacing, schedule, count)).ToArbitrary();

        public static Arbitrary<SpacedInNoise> InNoise() =>
            (from steps in Gen.Choose(20, 200)
             from made in Gen.Elements(NoiseSchedule.Linear(steps).Valid(), NoiseSchedule.Cosine(steps).Valid(), NoiseSchedule.SigmoidAlphaBar(steps).Valid())
             from zero in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
             let schedule = zero ? made.WithZeroTerminalSnr() : made
             // Between two levels, so that no rounding decides whether a level lies inside.
             from clean in Gen.Frequency((1, Gen.Constant(0)), (1, Gen.Choose(1, steps / 3)))
             from noisy in Gen.Frequency((1, Gen.Constant(steps)), (1, Gen.Choose(steps / 2, steps - 2)))
             let least = clean == 0 ? 0 : Math.Exp(-(schedule[clean - 1].Lambda + schedule[clean].Lambda) / 2)
             let most = noisy == steps ? double.PositiveInfinity : Math.Exp(-(schedule[noisy].Lambda + schedule[noisy - 1].Lambda) / 2)
             from count in Gen.Choose(2, Math.Max(3, (noisy - clean) / 5))
             from rho in Gen.Frequency((3, Gen.Elements(double.PositiveInfinity, 7, 0)), (1, Generators.PowersOfTen(-3, 6)))
             select new SpacedInNoise(rho, least, most, schedule, count)).ToArbitrary();
    }
}
