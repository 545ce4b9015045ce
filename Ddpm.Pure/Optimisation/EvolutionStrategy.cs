using Ddpm.Pure.Numerics;
using Ddpm.Pure.Random;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Optimisation;

/// <summary>
/// The state of a search for the minimum of a function without gradients: separable CMA-ES (Ros and Hansen 2008, "A simple modification in CMA-ES achieving
/// linear time and space complexity"). Each generation draws <see cref="Population"/> candidates from a normal distribution with a diagonal covariance. The
/// better half then moves the mean, the variances and the step size. Coordinates are in units in which a change by 1 is worth trying.
/// </summary>
/// <param name="Mean">The middle of the distribution, d numbers.</param>
/// <param name="Variances">The diagonal C of the covariance, without the step size.</param>
/// <param name="StepSize">σ > 0: candidates have covariance σ²·C.</param>
/// <param name="Path">The sum of recent moves of the mean, for C.</param>
/// <param name="StepPath">The same in units of the distribution, for σ.</param>
/// <param name="Generation">How many generations it has seen.</param>
public sealed record EvolutionStrategy(
    Arr<double> Mean, Arr<double> Variances, double StepSize, Arr<double> Path, Arr<double> StepPath, int Generation)
{
    /// <summary>Before the first generation.</summary>
    /// <param name="start">The mean, at least one number.</param>
    /// <param name="stepSize">σ > 0.</param>
    public static EvolutionStrategy At(Arr<double> start, double stepSize) =>
        new(start, start.Map(_ => 1.0).ToArr(), stepSize, start.Map(_ => 0.0).ToArr(), start.Map(_ => 0.0).ToArr(), 0);

    /// <summary>How many candidates a generation has, 4 + ⌊3·ln d⌋.</summary>
    public int Population => 4 + (int)(3 * Elementary.Log(Mean.Count));

    /// <summary>The candidates of the next generation: a function of this state and a seed.</summary>
    public Arr<Arr<double>> Candidates(ulong seed) => Range(0, Population).Map(i =>
    {
        var draws = new RandomStream(seed, StreamName.PlanSearch).At(i, Generation);
        return Mean.Map((j, mean) => mean + StepSize * Math.Sqrt(Variances[j]) * draws.Normal(j)).ToArr();
    }).ToArr();

    /// <summary>After a generation.</summary>
    /// <param name="candidates">Its candidates.</param>
    /// <param name="values">The value of each; the lowest is the best, and NaN the worst. Of equal values the first is better.</param>
    public EvolutionStrategy After(Arr<Arr<double>> candidates, Arr<double> values)
    {
        double d = Mean.Count;
        var better = candidates.Zip(values).OrderBy(pair => double.IsNaN(pair.Item2) ? double.PositiveInfinity : pair.Item2)
            .Take(Population / 2).Select(pair => pair.Item1).ToArr();
        var raw = better.Map((i, _) => Elementary.Log(better.Count + 0.5) - Elementary.Log(i + 1.0)).ToArr();
        var weights = raw.Map(weight => weight / raw.Sum()).ToArr();
        var mass = 1 / weights.Sum(weight => weight * weight);

        // The usual rates of CMA-ES; those of C are (d + 2)/3 times as high, because its diagonal alone is learnt.
        var pathRate = (4 + mass / d) / (d + 4 + 2 * mass / d);
        var stepRate = (mass + 2) / (d + mass + 5);
        var oneRate = (d + 2) / 3 * 2 / ((d + 1.3) * (d + 1.3) + mass);
        var manyRate = Math.Min(1 - oneRate, (d + 2) / 3 * 2 * (mass - 2 + 1 / mass) / ((d + 2) * (d + 2) + mass));
        var damping = 1 + stepRate + 2 * Math.Max(0, Math.Sqrt((mass - 1) / (d + 1)) - 1);
        var usualLength = Math.Sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d));

        double Weighted(Func<Arr<double>, double> value) => better.Map((i, candidate) => weights[i] * value(candidate)).Sum();
        var move = Mean.Map((j, mean) => Weighted(candidate => (candidate[j] - mean) / StepSize)).ToArr();
        var stepPath = StepPath.Map((j, old) =>
            (1 - stepRate) * old + Math.Sqrt(stepRate * (2 - stepRate) * mass) * move[j] / Math.Sqrt(Variances[j])).ToArr();
        var length = Math.Sqrt(stepPath.Sum(part => part * part));
        var settled = 1 - Math.Pow(1 - stepRate, 2 * (Generation + 1));
        var isShort = length / Math.Sqrt(settled) < (1.4 + 2 / (d + 1)) * usualLength;
        var path = Path.Map((j, old) => (1 - pathRate) * old + (isShort ? Math.Sqrt(pathRate * (2 - pathRate) * mass) * move[j] : 0)).ToArr();
        var variances = Variances.Map((j, old) => (1 - oneRate - manyRate) * old + oneRate * path[j] * path[j]
            + manyRate * Weighted(candidate => (candidate[j] - Mean[j]) / StepSize * ((candidate[j] - Mean[j]) / StepSize))).ToArr();
        return new(
            Mean.Map((j, mean) => mean + StepSize * move[j]).ToArr(), variances,
            StepSize * Elementary.Exp(stepRate / damping * (length / usualLength - 1)), path, stepPath, Generation + 1);
    }
}
