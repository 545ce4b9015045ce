using Ddpm.Pure.Sampling;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Sampling;

/// <summary>A range of standard deviations, one of them or many, from 10⁻⁶ up.</summary>
public readonly record struct Deviations(NoiseRange Range);

/// <summary>What a line does, on plain numbers, and the noise that it draws.</summary>
[Properties(Arbitrary = [typeof(PlanGenerators), typeof(Ranges), typeof(Generators)])]
public sealed class PlanStateLaws
{
    /// <summary>The two definitions in double precision, at most added in another order: a few roundings a line.</summary>
    [Law]
    public bool A_plan_s_states_are_those_of_its_definition(SamplingPlan plan, Pixel initial, Fraction fraction)
    {
        var end = States(plan, initial.Value, fraction.Value, line => Math.Cos(line)).Last();
        var expected = ScalarInterpreter.Run(plan, (x, t) => 0.5 * x - 0.01 * t, initial.Value, line => Math.Cos(line), fraction.Value);
        return Near(expected, end.X, PlanGenerators.Rounding(plan));
    }

    [Law]
    public bool A_state_holds_what_the_plan_reaches_back_to_and_no_more(SamplingPlan plan, Pixel initial) =>
        States(plan, initial.Value, 0, _ => 0).Select((state, i) => state.History.Count == Math.Min(i + 1, plan.HistoryLength)).All(holds => holds);

    /// <summary>Fresh noise is drawn where a line asks for it, once, and a fraction is asked for where the line has a range.</summary>
    [Law]
    public bool Noise_is_drawn_once_a_line_that_draws(SamplingPlan plan)
    {
        var drawn = new List<int>();
        _ = States(plan, 0, 0.5, line =>
        {
            drawn.Add(line);
            return 0;
        }).Count();
        return drawn.SequenceEqual(Enumerable.Range(0, plan.Lines.Count).Where(i => plan.Lines[i].Noise.Draws));
    }

    [Law]
    public bool A_learned_variance_needs_a_network_that_has_learned_one(SamplingPlan plan)
    {
        var learned = plan.Lines.Any(line => line.Noise.Draws && line.Noise.IsLearned);
        var refused = Xunit.Record.Exception(() => States(plan, 1, null, _ => 1).Last());
        return learned ? refused is ArgumentException { ParamName: "output" } : refused is null;
    }

    /// <summary>s = Least^(1 − f)·Most^f: a logarithm's rounding, multiplied by itself.</summary>
    [Law]
    public bool A_fraction_moves_the_logarithm_of_the_deviation_evenly(Deviations d, Fraction f)
    {
        var (least, most) = (Math.Log(d.Range.Least), Math.Log(d.Range.Most));
        return NearRelative(Math.Exp((1 - f.Value) * least + f.Value * most), d.Range.At(f.Value), 8 * Epsilon * (1 + Math.Abs(least) + Math.Abs(most)))
            && d.Range.At(0).Equals(d.Range.Least) && NearRelative(d.Range.Most, d.Range.At(1), 8 * Epsilon * (1 + Math.Abs(least) + Math.Abs(most)))
            && Near(most - least, d.Range.LogWidth, 4 * Epsilon * (Math.Abs(least) + Math.Abs(most)))
            && d.Range.Draws && d.Range.IsLearned == (d.Range.Least != d.Range.Most);
    }

    [Law]
    public bool One_deviation_is_no_choice(Deviations d, Fraction f) =>
        NoiseRange.Of(d.Range.Most) is { IsLearned: false, LogWidth: 0, Draws: true } one && one.At(f.Value).Equals(d.Range.Most);

    [Fact]
    public void No_noise_is_drawn_of_no_deviation()
    {
        Assert.False(NoiseRange.None.Draws);
        Assert.False(NoiseRange.None.IsLearned);
        Assert.Equal(NoiseRange.None, NoiseRange.Of(0));
        Assert.Equal(0, NoiseRange.None.At(0.5));
        Assert.Equal(0, NoiseRange.None.LogWidth);
    }

    [Fact]
    public void A_plan_without_lines_reaches_back_to_nothing() =>
        Assert.Equal(0, new SamplingPlan(new(0, 1), Arr<SamplingLine>.Empty, ClipSample: true).HistoryLength);

    private static IEnumerable<PlanState<double>> States(SamplingPlan plan, double initial, double? fraction, Func<int, double> noise)
    {
        var state = PlanState<double>.At(plan.Start.Second * initial);
        for (var i = 0; i < plan.Lines.Count; i++)
        {
            var (line, number) = (plan.Lines[i], i);
            var output = new NetworkOutput<double>(0.5 * state.Seen(line, Numbers.Instance) - 0.01 * line.Timestep, Prelude.Optional(fraction));
            state = state.After(plan, line, Numbers.Instance, output, () => noise(number));
            yield return state;
        }
    }

    private sealed class Numbers : IPlanArithmetic<double>
    {
        public static readonly Numbers Instance = new();

        public double Combine(Arr<(double Factor, double Value)> terms) =>
            terms.Filter(term => term.Factor != 0).Fold(0.0, (sum, term) => sum + term.Factor * term.Value);

        public double Clip(double value) => Math.Clamp(value, -1, 1);

        public double Rescale(double value, double reference, double share) => value; // one number has no deviation

        public double Scale(NoiseRange range, double fraction, double noise) => range.At(fraction) * noise;
    }

    public static class Ranges
    {
        public static Arbitrary<Deviations> All() =>
            (from least in Generators.PowersOfTen(-6, 0)
             from width in Gen.Frequency((1, Gen.Constant(1.0)), (3, Generators.PowersOfTen(0, 3)))
             select new Deviations(new(least, least * width))).ToArbitrary();
    }
}
