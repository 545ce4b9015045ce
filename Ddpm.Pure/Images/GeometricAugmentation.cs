using Ddpm.Pure.Numerics;
using Ddpm.Pure.Random;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Images;

/// <summary>
/// A random change of a training image that the network is told about (Karras et al. 2022, 2206.00364, appendix F.2 and table 6). The network learns changed
/// images together with their labels, and samples with labels 0, so that no change leaks into samples.
/// </summary>
/// <param name="Mirrored">a_0: whether the image is mirrored left to right.</param>
/// <param name="UpsideDown">a_1: whether it is mirrored top to bottom.</param>
/// <param name="Size">a_2: log₂ of the factor of its size, in fifths.</param>
/// <param name="Turn">a_3: its clockwise rotation in (−π, π).</param>
/// <param name="Direction">a_4: the direction of its stretching in (−π, π).</param>
/// <param name="Stretch">a_5: log₂ of the factor in that direction, in fifths. Across it, the image shrinks by the same factor.</param>
/// <param name="Right">a_6: its shift to the right, in eighths of its width.</param>
/// <param name="Down">a_7: its shift down, in eighths of its height.</param>
public readonly record struct GeometricAugmentation(
    bool Mirrored, bool UpsideDown, double Size, double Turn, double Direction, double Stretch, double Right, double Down)
{
    /// <summary>The number of <see cref="Labels"/>.</summary>
    public const int LabelCount = 9;

    // log₂ A_scale = log₂ A_aniso, and A_trans.
    private const double LogScale = 0.2, Shift = 1.0 / 8, Ln2 = 0.6931471805599453;

    // Each transformation has its own position for whether it is made, and for each number that it takes.
    private const int Mirror = 0, Invert = 1, InvertCoin = 2, Resize = 3, Rotate = 4, Angle = 5, Pull = 6, PullAngle = 7, Move = 8;
    private const int FirstNormal = 12;

    /// <summary>
    /// The augmentation from draws. As in the authors' code, half of all images are mirrored left to right; mirroring top to bottom (of half of those that it
    /// is made on), scaling, rotation, stretching and shifting are each made with a probability. Numbers are uniform angles and standard normals.
    /// </summary>
    /// <param name="draws">The draws of an image in an epoch.</param>
    /// <param name="probability">A_prob, in (0, 1].</param>
    public static GeometricAugmentation Of(Draws draws, double probability)
    {
        bool Made(int position) => draws.Uniform(position) < probability;
        double Within(int position) => (2 * draws.Uniform(position) - 1) * Math.PI;
        double Normal(int number) => draws.Normal(FirstNormal + number);
        var (pulled, moved) = (Made(Pull), Made(Move));
        return new(
            draws.Below(Mirror, 2) == 1,
            Made(Invert) && draws.Below(InvertCoin, 2) == 1,
            Made(Resize) ? Normal(0) : 0,
            Made(Rotate) ? Within(Angle) : 0,
            pulled ? Within(PullAngle) : 0,
            pulled ? Normal(1) : 0,
            moved ? Normal(2) : 0,
            moved ? Normal(3) : 0);
    }

    /// <summary>The change as one map of the picture: mirrored, scaled, rotated, stretched, then shifted.</summary>
    /// <param name="height">H, which shifts down are parts of.</param>
    /// <param name="width">W, which shifts to the right are parts of.</param>
    public AffineMap Map(int height, int width)
    {
        var (size, stretch) = (PowerOfTwo(LogScale * Size), PowerOfTwo(LogScale * Stretch));
        return AffineMap.Scaling(Mirrored ? -size : size, UpsideDown ? -size : size)
            .Then(AffineMap.Rotation(Turn))
            .Then(AffineMap.Rotation(-Direction)).Then(AffineMap.Scaling(stretch, 1 / stretch)).Then(AffineMap.Rotation(Direction))
            .Then(AffineMap.Translation(Shift * width * Right, Shift * height * Down));
    }

    /// <summary>
    /// What the network is told: a_0, a_1, a_2, cos a_3 − 1, sin a_3, a_5·cos a_4, a_5·sin a_4, a_6, a_7. All are 0 if the image is not changed.
    /// </summary>
    public Arr<double> Labels => Array(
        Mirrored ? 1 : 0, UpsideDown ? 1 : 0, Size, Elementary.Cos(Turn) - 1, Elementary.Sin(Turn),
        Stretch * Elementary.Cos(Direction), Stretch * Elementary.Sin(Direction), Right, Down);

    private static double PowerOfTwo(double exponent) => Elementary.Exp(exponent * Ln2);
}
