using Ddpm.Pure.Schedules;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;

namespace Ddpm.Properties;

/// <summary>What the levels of a schedule keep: a² + σ² = 1, a = 1 (EDM), or a + σ = 1 (rectified flow).</summary>
public enum Formulation
{
    VariancePreserving,
    Edm,
    RectifiedFlow,
}

/// <summary>The levels of a chain in every formulation: x scaled, λ the same.</summary>
internal static class Formulations
{
    public static Gen<Formulation> Any { get; } =
        Gen.Frequency((2, Gen.Constant(Formulation.VariancePreserving)), (1, Gen.Constant(Formulation.Edm)), (1, Gen.Constant(Formulation.RectifiedFlow)));

    /// <summary>The schedule with each x divided by a or by a + σ. Where no image is left, EDM's σ would be infinite, so rectified flow replaces it.</summary>
    public static NoiseSchedule In(this VariancePreservingSchedule chain, Formulation formulation)
    {
        if (formulation == Formulation.VariancePreserving)
        {
            return chain;
        }

        var divides = formulation == Formulation.Edm && chain[chain.Steps - 1].HasImage;
        NoiseLevel Scaled(NoiseLevel level)
        {
            var scale = divides ? level.A : level.A + level.Sigma;
            return new(divides ? 0 : level.LogSquaredA - 2 * Math.Log(scale), level.NoiseVariance / (scale * scale));
        }

        return NoiseSchedule.FromLevels(chain.Levels.Map(Scaled), Enumerable.Range(0, chain.Steps).Select(t => (double)t).ToArr()).Valid();
    }

    /// <summary>What x is multiplied by from the chain to the other schedule.</summary>
    public static double Scale(VariancePreservingSchedule chain, NoiseSchedule other, int t) => other[t].Sigma / chain[t].Sigma;
}
