using Ddpm.Pure.Random;
using LanguageExt;

namespace Ddpm.Pure.Training;

/// <summary>
/// How the loss on held-out images is measured: at which timestep each image stands, with which noise, and how much its error counts. It is the training loss
/// on images that the run does not train on, with the same density of timesteps, the same weights, and the class of each image.
/// The noise of test image i depends on (seed, i) alone, and the timestep of the k-th measured image on (seed, k). Both are the same in every epoch, so two
/// epochs differ in the network's weights only.
/// </summary>
public sealed record HeldOutPlan
{
    /// <summary>The most images that are measured.</summary>
    public const int MostImages = 1000;

    /// <summary>1/φ, where φ is the golden ratio: its multiples, modulo 1, spread evenly over [0, 1), however many there are.</summary>
    private const double GoldenFraction = 0.6180339887498949;

    private HeldOutPlan(Arr<int> images, Arr<int> timesteps, Arr<double> weights, RandomStream noise) =>
        (Images, Timesteps, Weights, Noise) = (images, timesteps, weights, noise);

    /// <summary>The numbers of the measured images among the test images, in order.</summary>
    public Arr<int> Images { get; }

    /// <summary>The timestep of each.</summary>
    public Arr<int> Timesteps { get; }

    /// <summary>The loss weight of each.</summary>
    public Arr<double> Weights { get; }

    /// <summary>The random stream of the noise.</summary>
    public RandomStream Noise { get; }

    /// <summary>The plan of a run: all its test images, or 1000 of them, evenly spread, because pictures in folders are sorted by class.</summary>
    /// <param name="training">The run.</param>
    /// <param name="testImages">The number of test images, ≥ 1.</param>
    public static HeldOutPlan Of(TrainingPlan training, int testImages)
    {
        var config = training.Config;
        var count = Math.Min(testImages, MostImages);
        var images = Enumerable.Range(0, count).Select(i => (int)((long)i * testImages / count)).ToArr();
        var start = new RandomStream(config.Options.Seed, StreamName.HeldOutTimesteps).At(0, 0).Uniform(0);
        var timesteps = images.Map((k, _) => training.Timesteps.At((start + k * GoldenFraction) % 1)).ToArr();
        return new(
            images,
            timesteps,
            timesteps.Map(t => config.LossWeighting.Weight(config.Model.Prediction, config.Model.Schedule[t])),
            new(config.Options.Seed, StreamName.HeldOutNoise));
    }

    /// <summary>Fills ε of some of the images, one after another.</summary>
    /// <param name="first">The place of the first of them in <see cref="Images"/>.</param>
    /// <param name="count">How many.</param>
    /// <param name="destination"><paramref name="count"/> equal parts.</param>
    public void FillNoise(int first, int count, Span<float> destination)
    {
        var pixels = destination.Length / count;
        for (var i = 0; i < count; i++)
        {
            Noise.At(Images[first + i], 0).FillNormals(destination.Slice(i * pixels, pixels));
        }
    }
}
