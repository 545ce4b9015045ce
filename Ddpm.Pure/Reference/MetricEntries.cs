using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Metrics;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Reference;

/// <summary>The metrics of generated images, on two small sets of features.</summary>
internal static class MetricEntries
{
    private const int Dimension = 3;

    public static IEnumerable<ReferenceEntry> All =>
    [
        ReferenceEntry.Json("metrics.json",
            "real features 8×3 and generated ones 7×3, row by row; the squared Fréchet distance; "
            + "the kernel distance on all, and its mean and deviation over 5 subsets of 4 drawn with seed 3; precision, recall, "
            + "density and coverage for k = 1, 2, 3; bits per dimension of 1000 nats over 784 numbers and of a uniform model of 256 levels",
            "real: cos(0.3·i) + j/10 for flat i, column j; generated: sin(0.2·i) + ¼; Fréchet with N − 1 in the covariances; kernel (xᵀy/D + 1)³, unbiased",
            "Heusel et al. 2017; Bińkowski et al. 2018, eq. 4; Kynkäänniemi et al. 2019, eq. 2; Naeem et al. 2020, eqs. 3 and 4", new(1e-11, 1e-12), Metrics),
    ];

    private static Datum Metrics()
    {
        var real = Range(0, 8 * Dimension).Map(i => Elementary.Cos(0.3 * i) + i % Dimension / 10.0).ToArr();
        var generated = Range(0, 7 * Dimension).Map(i => Elementary.Sin(0.2 * i) + 0.25).ToArr();
        var (x, y) = (FeatureSet.Of(8, Dimension, real).OrThrow(), FeatureSet.Of(7, Dimension, generated).OrThrow());
        var subsets = KernelDistance.OverSubsets(x, y, 5, 4, 3).OrThrow();
        return Datum.Named(
            ("real", Datum.Of(real)),
            ("generated", Datum.Of(generated)),
            ("frechet", Datum.Of(FrechetDistance.Between(x, y).OrThrow())),
            ("kernel", Datum.Of(KernelDistance.Between(x, y).OrThrow())),
            ("kernel-over-subsets", Datum.Of([subsets.Mean, subsets.StandardDeviation])),
            ("precision-recall-density-coverage", Datum.Each(Array(1, 2, 3), k =>
            {
                var measured = PrecisionRecall.Of(x, y, k).OrThrow();
                return Datum.Of([measured.Precision, measured.Recall, measured.Density, measured.Coverage]);
            })),
            ("bits-per-dimension", Datum.Of(BitsPerDimension.OfImage(1000, 784).OrThrow())),
            ("bits-of-uniform", Datum.Of(BitsPerDimension.OfUniform(256).OrThrow())));
    }
}
