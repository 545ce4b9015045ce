using Ddpm.Pure.Diffusion;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Diffusion;

/// <summary>Where a student's image moves.</summary>
[Properties(Arbitrary = [typeof(Generators), typeof(DistributionMatchingLaws)])]
public sealed class DistributionMatchingLaws
{
    /// <summary>An image of a student with the estimates of teacher and critic.</summary>
    public sealed record Judgement(float[] Image, float[] Real, float[] Fake)
    {
        public float[] Wanted
        {
            get
            {
                var wanted = new float[Image.Length];
                DistributionMatching.Wanted(Image, Real, Fake, wanted);
                return wanted;
            }
        }
    }

    public static Arbitrary<Judgement> Judgements() =>
        (from pixels in Gen.Choose(1, 30)
         from image in Numbers(pixels)
         from real in Numbers(pixels)
         from fake in Numbers(pixels)
         select new Judgement(image, real, fake)).ToArbitrary();

    /// <summary>If teacher and critic agree, both distributions are equal as far as they know.</summary>
    [Law]
    public bool An_image_that_both_estimate_alike_stays(Judgement judged) => (judged with { Fake = judged.Real }).Wanted.SequenceEqual(judged.Image);

    /// <summary>The critic of a student that makes one image only returns that image. Then the image moves towards the teacher's, by 1 on average.</summary>
    [Law]
    public bool A_student_of_one_image_moves_towards_the_teacher(Judgement judged)
    {
        var wanted = (judged with { Fake = judged.Image }).Wanted;
        var moves = wanted.Zip(judged.Image, (to, from) => (double)to - from).ToArray();
        return moves.Zip(judged.Image.Zip(judged.Real, (from, to) => to - from), (move, way) => move * way).All(product => product >= 0)
            && Closeness.Near(1, moves.Average(Math.Abs), 1e-5);
    }

    /// <summary>Teacher and critic change places: the image moves the other way. A double is rounded to a float at either end.</summary>
    [Law]
    public bool The_move_is_linear_in_the_difference_of_the_estimates(Judgement judged, Fraction part)
    {
        var mixed = judged.Real.Zip(judged.Fake, (real, fake) => real + (float)part.Value * (fake - real)).ToArray();
        var (whole, less) = (judged.Wanted, (judged with { Fake = mixed }).Wanted);
        return Enumerable.Range(0, whole.Length).All(i => Closeness.Near(
            part.Value * (whole[i] - judged.Image[i]), less[i] - judged.Image[i], 1e-3 * (1 + Math.Abs(whole[i]))));
    }

    /// <summary>A network that returns the student's image itself must not make the move infinite.</summary>
    [Fact]
    public void A_teacher_that_changes_nothing_leaves_a_finite_move() =>
        Assert.All(new Judgement([0.5f, -1], [0.5f, -1], [1, -1]).Wanted, number => Assert.InRange(number, -501, 501));

    /// <summary>An error of o is an error of the image times D/σ, so the weighted squared error is the image's.</summary>
    [Law]
    public bool A_weighted_error_of_the_output_is_the_error_of_its_image(Prediction prediction, TwoTimesteps t, Pixel error)
    {
        if (t.T.A < 1e-3)
        {
            return true; // nothing is left of the image
        }

        var image = prediction.CleanImage(t.T).Second * error.Value;
        return Closeness.NearRelative(image * image, DistributionMatching.Weight(prediction, t.T) * error.Value * error.Value, 1e-6);
    }

    private static Gen<float[]> Numbers(int pixels) => Gen.Choose(-1000, 1000).Select(n => n / 1000f).ArrayOf(pixels);
}
