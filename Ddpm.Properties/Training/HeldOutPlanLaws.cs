using Ddpm.Pure.Options;
using Ddpm.Pure.Random;
using Ddpm.Pure.Training;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Training;

/// <summary>Which test images stand at which timestep with which noise, after every epoch.</summary>
[Properties(Arbitrary = [typeof(TrainingGenerators)])]
public sealed class HeldOutPlanLaws
{
    private const int Pixels = 5;

    [Law]
    public bool Noise_and_timestep_depend_on_the_seed_and_the_image_alone(TrainingPlan plan, byte images, byte more)
    {
        var other = TrainingGenerators.Plan(plan.Config.Options with { BatchSize = 7, Epochs = 9 }, 3);
        var (few, many) = (HeldOutPlan.Of(plan, images + 1), HeldOutPlan.Of(other, images + 1 + more));
        return few.Images.SequenceEqual(many.Images.Take(images + 1)) && few.Timesteps.SequenceEqual(many.Timesteps.Take(images + 1))
            && Noise(few, 0, images + 1).SequenceEqual(Noise(many, 0, images + 1));
    }

    [Law]
    public bool The_noise_of_an_image_is_its_own_wherever_a_share_begins(TrainingPlan plan, byte first, byte count)
    {
        var stream = new RandomStream(plan.Config.Options.Seed, StreamName.HeldOutNoise);
        var heldOut = HeldOutPlan.Of(plan, 5000);
        return Noise(heldOut, first, count + 1).SequenceEqual(
            heldOut.Images.Skip(first).Take(count + 1).SelectMany(image => Enumerable.Range(0, Pixels).Select(stream.At(image, 0).Normal)));
    }

    [Law]
    public bool Images_weigh_as_in_training(TrainingPlan plan)
    {
        var (heldOut, model) = (HeldOutPlan.Of(plan, 40), plan.Config.Model);
        return heldOut.Weights.SequenceEqual(heldOut.Timesteps.Map(t => plan.Config.LossWeighting.Weight(model.Prediction, model.Schedule[t])));
    }

    /// <summary>All of up to 1000 images; of more, 1000 in equal steps, because folders are sorted by class.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(999, 1)]
    [InlineData(1000, 1)]
    [InlineData(10_000, 10)]
    public void A_thousand_images_at_most_are_measured(int test, int step)
    {
        var images = HeldOutPlan.Of(TrainingGenerators.Plan(TinyTraining.Standard, 10), test).Images;
        Assert.Equal(Enumerable.Range(0, Math.Min(test, 1000)).Select(k => k * step), images);
    }

    /// <summary>
    /// The multiples of the golden ratio are so even that the count in an eighth differs from its share of a thousand by at most 2. Independent draws have a
    /// standard deviation of 10.
    /// </summary>
    [Theory]
    [InlineData("linear", "epsilon")]
    [InlineData("rectified-flow", "flow")]
    [InlineData("edm", "edm")]
    public void Timesteps_are_spread_evenly_over_the_density_of_training(string schedule, string prediction)
    {
        const int bins = 8, images = 1000;
        for (ulong seed = 0; seed < 20; seed++)
        {
            var plan = TrainingGenerators.Plan(new TrainingOptions { Schedule = schedule, Prediction = prediction, Seed = seed }, 10);
            var timesteps = HeldOutPlan.Of(plan, images).Timesteps;
            var edges = Enumerable.Range(0, bins + 1).Select(bin => bin == bins ? int.MaxValue : plan.Timesteps.At((double)bin / bins)).ToArray();
            Assert.All(Enumerable.Range(0, bins), bin =>
            {
                // The timestep at an edge belongs to both of its neighbours.
                var (inside, touching) = (
                    timesteps.Count(t => t > edges[bin] && t < edges[bin + 1]), timesteps.Count(t => t >= edges[bin] && t <= edges[bin + 1]));
                Assert.True(inside - 2 <= images / bins && touching + 2 >= images / bins, $"bin {bin} of seed {seed}: {inside} to {touching}");
            });
        }
    }

    private static float[] Noise(HeldOutPlan plan, int first, int count)
    {
        var noise = new float[count * Pixels];
        plan.FillNoise(first, count, noise);
        return noise;
    }
}
