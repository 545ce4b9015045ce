using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Diffusion;

/// <summary>The negative log-likelihood of images, in bits for each of their D numbers: the bits that a model needs to store one number.</summary>
public static class BitsPerDimension
{
    private const double Ln2 = 0.6931471805599453;

    /// <summary>Converts nats to bits.</summary>
    public static double FromNats(double nats) => nats / Ln2;

    /// <summary>Converts the nats of a whole image to bits per dimension.</summary>
    /// <param name="nats">−ln p(image); any finite number.</param>
    /// <param name="dimension">D ≥ 1, the numbers in an image.</param>
    /// <returns>nats/(D·ln 2), or every fault.</returns>
    public static Validation<Error, double> OfImage(double nats, int dimension) =>
        (Check.That("nats", nats, double.IsFinite(nats), "must be finite"), Check.AtLeast("dimension", dimension, 1))
            .Apply((total, d) => FromNats(total / d));

    /// <summary>
    /// The bits per dimension of a model that gives every level of a number the same probability: log₂ of the number of levels, 8 for bytes.
    /// </summary>
    /// <param name="levels">The number of levels, ≥ 1.</param>
    /// <returns>log₂ levels, or the fault.</returns>
    public static Validation<Error, double> OfUniform(int levels) =>
        Check.AtLeast("levels", levels, 1).Map(number => FromNats(Elementary.Log(number)));
}
