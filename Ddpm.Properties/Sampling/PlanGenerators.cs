using Ddpm.Pure.Numerics;
using Ddpm.Pure.Sampling;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;

namespace Ddpm.Properties.Sampling;

/// <summary>Plans of one to six lines that reach back up to three values, correct, forget, clip and draw in every combination.</summary>
public static class PlanGenerators
{
    public static Arbitrary<SamplingPlan> All() =>
        (from count in Gen.Choose(1, 6)
         from lines in Gen.CollectToArray(Enumerable.Range(0, count), Line)
         from clip in Gen.Elements(true, false)
         select new SamplingPlan(new(0, 1), new Arr<SamplingLine>(lines), clip)).ToArbitrary();

    /// <summary>
    /// A bound on the effect of a few roundings in every line: the same plan run on the sizes of its numbers, times a few ε. In that run nothing
    /// cancels, and no line shrinks an earlier rounding.
    /// </summary>
    public static double Rounding(SamplingPlan plan)
    {
        LinearPair Size(LinearPair pair) => new(Math.Abs(pair.First), Math.Abs(pair.Second));
        Arr<double> Sizes(Arr<double> factors) => factors.Map(Math.Abs);
        var sizes = new SamplingPlan(Size(plan.Start), plan.Lines.Map(line => line with
        {
            Estimate = Size(line.Estimate),
            Remember = new(Math.Abs(line.Remember.X), Math.Abs(line.Remember.Output), Math.Abs(line.Remember.X0)),
            Correct = new(Math.Abs(line.Correct.Base), Math.Abs(line.Correct.X), Sizes(line.Correct.History)),
            Predict = new(Math.Abs(line.Predict.Base), Sizes(line.Predict.History)),
        }), ClipSample: false);
        return 64 * Closeness.Epsilon * ScalarInterpreter.Run(sizes, (x, t) => 0.5 * x + 0.01 * t, 6, _ => 1, 1);
    }

    private static Gen<SamplingLine> Line(int i) =>
        from timestep in Gen.Choose(0, 99)
        from estimate in Pair
        from remember in Pair
        from output in Factor
        from input in Gen.Frequency((3, Gen.Constant(1.0)), (1, Generators.Between(0.1, 2)))
        from none in Gen.Frequency((1, Gen.Constant(true)), (2, Gen.Constant(false)))
        from correct in Pair
        from correction in History(i)
        from predict in NonZero
        from advance in History(i)
        from noise in Gen.Frequency((1, Gen.Constant(0.0)), (1, Generators.Between(0.01, 1)))
        from width in Gen.Frequency((2, Gen.Constant(1.0)), (1, Generators.Between(1, 3)))
        from marginal in Pair
        select new SamplingLine(
            timestep, input, estimate, new(remember.First, output, remember.Second), none ? Correction.None : new(correct.First, correct.Second, correction),
            new(predict, advance), new(noise, noise * width), marginal);

    /// <summary>At most as many as there are values to reach back to.</summary>
    private static Gen<Arr<double>> History(int i) =>
        from length in Gen.Choose(0, Math.Min(3, i + 1))
        from factors in Factor.ArrayOf(length)
        select new Arr<double>(factors);

    private static Gen<double> Factor { get; } = Gen.Frequency((4, Generators.Between(-1, 1)), (1, Gen.Elements(0.0, 1)));

    private static Gen<double> NonZero { get; } = Generators.Between(0.1, 1);

    private static Gen<LinearPair> Pair =>
        from first in NonZero
        from second in Factor
        from swap in Gen.Elements(true, false)
        select swap ? new LinearPair(second, first) : new LinearPair(first, second);
}
