using Ddpm.Pure.Random;
using LanguageExt;

namespace Ddpm.Pure.Optimisation;

/// <summary>A distribution of timesteps.</summary>
/// <param name="Steps">T ≥ 1.</param>
/// <param name="Cumulative">The probability of a timestep of at most t, for each t; none if all are equally probable.</param>
internal sealed record TimestepDistribution(int Steps, Option<Arr<double>> Cumulative)
{
    /// <summary>The timestep below which a fraction u ∈ [0, 1) of all draws lies.</summary>
    public int At(double u) => Cumulative.Match(sums => FirstAbove(sums, u), () => (int)(u * Steps));

    /// <summary>The timestep that random numbers give.</summary>
    public int Of(Draws draws) => Cumulative.IsNone ? draws.Below(0, Steps) : At(draws.Uniform(0));

    private static int FirstAbove(Arr<double> sums, double u)
    {
        var (low, high) = (0, sums.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = sums[middle] > u ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
