using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Diffusion;

/// <summary>The negative log-likelihood of images in bits for each of their D numbers: what a model would need to store one of them.</summary>
public static class BitsPerDimension
{
    private const double Ln2 = 0.6931471805599453;

    /// <summary>Bits of a number of nats.</summary>
    public static double FromNats(double nats) => nats / Ln2;

    /// <summary>Bits per dimension of the nats of a whole image.</summary>
    /// <param name="nats">−ln p(image); any finite number.</param>
    /// <param name="dimension">D ≥ 1, the numbers in an image.</param>
    /// <returns>nats/(D·ln 2), or every fault.</returns>
    public static Validation<Error, double> OfImage(double nats, int dimension) =>
        (Check.That("nats", nats, double.IsFinite(nats), "must be finite"), Check.AtLeast("dimension", dimension, 1))
            .Apply((total, d) => FromNats(total / d));

    /// <summary>The bits of a model to which all levels of a number are equally likely: log₂ of their number, 8 for bytes.</summary>
    /// <param name="levels">The number of levels, ≥ 1.</param>
    /// <returns>log₂ levels, or the fault.</returns>
    public static Validation<Error, double> OfUniform(int levels) =>
        Check.AtLeast("levels", levels, 1).Map(number => FromNats(Elementary.Log(number)));
}
