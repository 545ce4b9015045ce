using Ddpm.Pure.Schedules;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// Distribution matching distillation (Yin et al. 2023, 2311.18828, eq. 7; two time scales: Yin et al. 2024, 2405.14867). A student makes images x_0 in one
/// evaluation. Its images are noised, x = a·x_0 + σ·ε, and two networks estimate the image from x: the teacher, which knows real images (r), and a critic,
/// which learns the student's images as they change (f). Both are means over their images, so r − f is σ²/a times the gradient of
/// ln(density of noised real images) − ln(density of noised student's images). The student's image moves along it, which lowers the Kullback–Leibler
/// divergence of the two densities. If both densities are equal, nothing moves.
/// </summary>
public static class DistributionMatching
{
    /// <summary>
    /// The least mean distance that a move is divided by. It matters only if the teacher returns the student's image unchanged.
    /// </summary>
    private const double LeastDistance = 1e-3;

    /// <summary>
    /// The image that the student should have made: x_0 + (r − f)/m with m = mean|x_0 − r| over the pixels, so that all noise levels move it alike (eq. 8).
    /// </summary>
    /// <param name="image">x_0, the student's image.</param>
    /// <param name="real">r, the teacher's estimate.</param>
    /// <param name="fake">f, the critic's estimate.</param>
    /// <param name="wanted">Receives the image; as many numbers as the others.</param>
    public static void Wanted(ReadOnlySpan<float> image, ReadOnlySpan<float> real, ReadOnlySpan<float> fake, Span<float> wanted)
    {
        var distance = 0.0;
        for (var i = 0; i < image.Length; i++)
        {
            distance += Math.Abs((double)image[i] - real[i]);
        }

        var factor = 1 / Math.Max(distance / image.Length, LeastDistance);
        for (var i = 0; i < image.Length; i++)
        {
            wanted[i] = (float)(image[i] + factor * ((double)real[i] - fake[i]));
        }
    }

    /// <summary>The weight of a squared error of the output, so that it counts as the squared error of the image that the output implies: (σ/D)².</summary>
    /// <param name="prediction">What the student predicts.</param>
    /// <param name="level">The level that it starts from, with an image that the output determines.</param>
    public static double Weight(Prediction prediction, NoiseLevel level) => 1 / prediction.OutputErrorPerImageError(level);
}
