using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// Classifier-free guidance (Ho and Salimans 2022): o = o_u + w·(o_c − o_u), from an unconditional and a conditional output. w = 0 is the
/// unconditional output, w = 1 the conditional one, and w > 1 exaggerates the condition. The paper's scale is w − 1.
/// </summary>
public sealed record Guidance
{
    private Guidance(double scale) => Scale = scale;

    /// <summary>w, finite.</summary>
    public double Scale { get; }

    /// <summary>The guided output, as factors of (o_u, o_c).</summary>
    public LinearPair Output => new(1 - Scale, Scale);

    /// <summary>The guidance of a scale.</summary>
    /// <param name="scale">w, finite.</param>
    /// <returns>The guidance, or what is wrong with the scale.</returns>
    public static Validation<Error, Guidance> Of(double scale) =>
        Check.That("guidance-scale", scale, double.IsFinite(scale), "must be finite").Map(valid => new Guidance(valid));
}
