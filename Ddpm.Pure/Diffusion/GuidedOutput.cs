using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Diffusion;

/// <summary>Who answers for (x, timestep).</summary>
public enum NetworkSource
{
    /// <summary>The model, with the class of each image if the model knows classes.</summary>
    Model,

    /// <summary>The model without a class.</summary>
    Unconditional,

    /// <summary>A worse network, with the class of each image if it knows classes.</summary>
    Guide,
}

/// <summary>One evaluation of a network, and its factor in the output.</summary>
/// <param name="Source">Who answers.</param>
/// <param name="Factor">The factor of the answer.</param>
public readonly record struct NetworkTerm(NetworkSource Source, double Factor);

/// <summary>The output that a line of a plan uses: o = Σ Factor·answer, from left to right.</summary>
/// <param name="Terms">The answers, at least one. Each costs one evaluation of a network.</param>
/// <param name="Rescale">
/// φ in [0, 1] (Lin et al. 2024, 2305.08891, eqs. 14 to 16): o ← (1 − φ + φ·d_m/d)·o, separately for each image, where d and d_m are the standard deviations
/// of the numbers in o and in the model's answer. It is not affine, so 0 leaves it out.
/// </param>
public sealed record GuidedOutput(Arr<NetworkTerm> Terms, double Rescale)
{
    /// <summary>The model's answer alone.</summary>
    public static GuidedOutput Plain { get; } = new(Array(new NetworkTerm(NetworkSource.Model, 1)), 0);
}
