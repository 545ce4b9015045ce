using Ddpm.Pure.Optimisation;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Training;

public sealed class EvolutionStrategyLaws
{
    private static EvolutionStrategy Minimised(Func<Arr<double>, double> function, int dimension, int generations, ulong seed = 1)
    {
        var search = EvolutionStrategy.At(Enumerable.Repeat(3.0, dimension).ToArr(), 1);
        for (var generation = 0; generation < generations; generation++)
        {
            var candidates = search.Candidates(seed);
            search = search.After(candidates, candidates.Map(function).ToArr());
        }

        return search;
    }

    private static double Ellipsoid(Arr<double> x) => x.Map((j, value) => Math.Pow(100, j / (x.Count - 1.0)) * value * value).Sum();

    /// <summary>Each coordinate of the ellipsoid has another scale, up to 100. The error is 1e-8 of the start's, far from where progress ends.</summary>
    [Theory]
    [InlineData(2, 200)]
    [InlineData(5, 300)]
    [InlineData(20, 800)]
    public void It_finds_the_minimum_of_an_ellipsoid(int dimension, int generations) =>
        Assert.InRange(Ellipsoid(Minimised(Ellipsoid, dimension, generations).Mean), 0, 1e-7);

    [Fact]
    public void Only_the_order_of_the_values_counts()
    {
        var search = Minimised(Ellipsoid, 4, 10);
        var scaled = Minimised(x => Math.Exp(Ellipsoid(x) / 1000) - 7, 4, 10);
        Assert.Equal(search.Mean, scaled.Mean);
    }

    [Fact]
    public void NaN_is_worse_than_any_number()
    {
        var search = Minimised(Ellipsoid, 3, 3);
        var candidates = search.Candidates(5);
        var values = candidates.Map(Ellipsoid).ToArr();
        var worst = values.ToList().IndexOf(values.Max());
        Assert.Equal(search.After(candidates, values), search.After(candidates, values.SetItem(worst, double.NaN)));
    }

    [Fact]
    public void A_seed_gives_the_same_candidates_and_another_seed_others()
    {
        var search = Minimised(Ellipsoid, 3, 2);
        Assert.Equal(search.Candidates(9), search.Candidates(9));
        Assert.NotEqual(search.Candidates(9), search.Candidates(10));
        Assert.Equal(7, search.Population);
    }
}
