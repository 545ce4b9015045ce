using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// Guidance: a worse answer o_g shows the way to a better one, o = o_g + w·(o_m − o_g), where o_m is the model's answer. The worse answer is the model's own
/// without a class (classifier-free guidance, Ho and Salimans 2022, 2207.12598, whose scale is w − 1), or the answer of a worse network (autoguidance, Karras
/// et al. 2024, 2406.02507). w = 0 is the worse answer, w = 1 the model's, and w > 1 goes beyond it. Guidance can be limited to a range of noise levels
/// (Kynkäänniemi et al. 2024, 2404.07724): outside of it, w is 1.
/// </summary>
public sealed record Guidance
{
    private Guidance(NetworkSource against, double scale, double least, double most, double rescale) =>
        (Against, Scale, Least, Most, Rescale) = (against, scale, least, most, rescale);

    /// <summary>No guidance: the model's answer.</summary>
    public static Guidance None { get; } = new(NetworkSource.Unconditional, 1, 0, double.PositiveInfinity, 0);

    /// <summary>Who gives the worse answer.</summary>
    public NetworkSource Against { get; }

    /// <summary>w, finite.</summary>
    public double Scale { get; }

    /// <summary>The smallest σ/a at which guidance acts.</summary>
    public double Least { get; }

    /// <summary>The largest σ/a at which guidance acts; ∞ for all.</summary>
    public double Most { get; }

    /// <summary>φ in [0, 1]; see <see cref="GuidedOutput.Rescale"/>.</summary>
    public double Rescale { get; }

    /// <summary>Guidance of a scale.</summary>
    /// <param name="scale">w, finite.</param>
    /// <param name="against">Who gives the worse answer: <see cref="NetworkSource.Unconditional"/> or <see cref="NetworkSource.Guide"/>.</param>
    /// <param name="range">The noise levels σ/a at which it acts, 0 ≤ Least &lt; Most, ∞ allowed; null for all.</param>
    /// <param name="rescale">φ, in [0, 1].</param>
    /// <returns>The guidance, or every fault.</returns>
    public static Validation<Error, Guidance> Of(
        double scale, NetworkSource against = NetworkSource.Unconditional, (double Least, double Most)? range = null, double rescale = 0)
    {
        var (least, most) = range ?? (0, double.PositiveInfinity);
        return (Check.That("guidance-scale", scale, double.IsFinite(scale), "must be finite"),
                Check.NoiseRange("guidance-range", least, most),
                Check.That("guidance-rescale", rescale, rescale is >= 0 and <= 1, "must lie in [0, 1]"))
            .Apply((_, _, _) => new Guidance(against, scale, least, most, rescale));
    }

    /// <summary>The factors of (o_g, o_m) where guidance acts.</summary>
    public LinearPair Factors => new(1 - Scale, Scale);

    /// <summary>The output at a level.</summary>
    public GuidedOutput At(NoiseLevel level)
    {
        var acts = level.Lambda >= -Elementary.Log(Most) && level.Lambda <= -Elementary.Log(Least);
        return !acts || Scale == 1 ? GuidedOutput.Plain
            : Scale == 0 ? new(Array(new NetworkTerm(Against, 1)), 0)
            : new(Array(new NetworkTerm(Against, Factors.First), new NetworkTerm(NetworkSource.Model, Factors.Second)), Rescale);
    }
}
