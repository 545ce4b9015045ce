using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Random;
using Ddpm.Pure.Training;
using FsCheck;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>Which units are dropped is a function of (seed, image, epoch, layer, unit).</summary>
public sealed class DropoutLaws
{
    private static readonly Draws Image = new RandomStream(1, StreamName.Dropout).At(3, 2);

    [Law]
    public bool A_unit_does_not_depend_on_how_many_there_are(byte layer, PositiveInt few, PositiveInt more)
    {
        var dropout = new Dropout("", 0.4, layer % 128);
        return Kept(dropout, Image, few.Get + more.Get).Take(few.Get).SequenceEqual(Kept(dropout, Image, few.Get));
    }

    [Law]
    public bool A_unit_stays_if_its_uniform_number_reaches_the_rate(byte layer, ushort unit, byte rate)
    {
        var dropout = new Dropout("", rate / 256.0, layer % 8);
        return Kept(dropout, Image, unit + 1)[unit] == Image.Uniform((layer % 8 << 27) + unit) >= dropout.Rate;
    }

    /// <summary>10⁵ units at 5σ. The pairs of layers, images and epochs agree as often as independent ones.</summary>
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    public void The_rate_is_kept_and_layers_images_and_epochs_are_independent(double rate)
    {
        const int Count = 100_000;
        var first = Kept(new("", rate, 0), Image, Count);
        Draws[] others = [Image with { Index = 4 }, Image with { Step = 3 }, Image with { Seed = 2 }];
        bool[][] independent = [Kept(new("", rate, 1), Image, Count), .. others.Select(draws => Kept(new("", rate, 0), draws, Count))];
        Near(1 - rate, first.Count(kept => kept));
        Assert.All(independent, other => Near((1 - rate) * (1 - rate) + rate * rate, first.Zip(other, (a, b) => a == b).Count(same => same)));

        static void Near(double probability, int count) =>
            Assert.InRange(count - Count * probability, -5 * Math.Sqrt(Count * probability), 5 * Math.Sqrt(Count * probability));
    }

    /// <summary>Fifty images are four shares. Dropout changes the loss.</summary>
    [Fact]
    public void Threads_change_no_bit_of_training_with_dropout()
    {
        (double Loss, float[] Weights) Trained(double rate, int threads)
        {
            var options = TinyTraining.Standard with
            {
                Network = "unet",
                ChannelsPerLevel = Array(8, 8),
                BlocksPerLevel = 1,
                Dropout = rate,
                Steps = 12,
                BatchSize = 50,
            };
            var config = TrainingConfig.Of(options, ImageSize.Square(12), 1).Valid();
            using var network = new UNet(config.Model.Network, ScalarType.Float32, CPU);
            using var trainer = new Trainer(network, config.Model, GradientTests.Fifty, TrainingState.Initial(network, 0), new Replicas(threads));
            var plan = TrainingPlan.Of(config, GradientTests.Fifty.Count).Valid();
            var losses = Enumerable.Range(0, 2).Select(epoch => trainer.Step(plan.Epoch(epoch).Step(0)).Loss).ToArray();
            return (losses.Sum(), [.. trainer.State.Weights.data<float>()]);
        }

        var alone = Trained(0.3, 1);
        Assert.Equal(alone.Loss, Trained(0.3, 3).Loss);
        Assert.Equal(alone.Weights, Trained(0.3, 3).Weights);
        Assert.NotEqual(alone.Loss, Trained(0, 1).Loss);
    }

    private static bool[] Kept(Dropout layer, Draws draws, int count)
    {
        var kept = new bool[count];
        layer.Fill(draws, kept);
        return kept;
    }
}
