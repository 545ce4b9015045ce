using Ddpm.Pure.Images;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Random;
using Ddpm.Pure.Training;
using FsCheck.Xunit;
using LanguageExt;
using LanguageExt.Common;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Training;

[Properties(Arbitrary = [typeof(TrainingGenerators)])]
public sealed class TrainingPlanLaws
{
    [Law]
    public bool Each_epoch_visits_every_image_exactly_once(TrainingPlan plan, byte epoch) =>
        Steps(plan, epoch).SelectMany(step => step.Images).Order().SequenceEqual(Enumerable.Range(0, plan.ImageCount));

    [Fact]
    public void A_plan_without_images_or_with_more_steps_than_can_be_counted_is_refused()
    {
        var options = new TrainingOptions { BatchSize = 1, Epochs = int.MaxValue };
        Validation<Error, TrainingPlan> Of(int images) => TrainingPlan.Of(TrainingConfig.Of(options, ImageSize.Square(28), 1).Valid(), images);
        Assert.Equal(int.MaxValue, Of(1).Valid().Steps.Total);
        Assert.Equal("epochs must make at most 2147483647 steps, got 2147483647", Assert.Single(Of(2).Faults()));
        Assert.Equal("images must be at least 1, got 0", Assert.Single(Of(0).Faults()));
        Assert.Equal(
            ["batch-size must be at least 1, got 0", "epochs must be at least 1, got 0", "images must be at least 1, got -1"],
            StepCount.Of(-1, 0, 0).Faults().Order());
    }

    [Law]
    public bool Every_step_but_the_last_is_a_whole_batch_and_the_last_holds_the_rest(TrainingPlan plan)
    {
        var counts = Steps(plan, 0).Select(step => step.Images.Count).ToArray();
        return counts.SkipLast(1).All(count => count == plan.Config.Options.BatchSize)
            && counts[^1] >= 1 && counts[^1] <= plan.Config.Options.BatchSize && counts.Sum() == plan.ImageCount;
    }

    [Law]
    public bool Steps_are_numbered_through_the_run(TrainingPlan plan) =>
        Enumerable.Range(0, plan.Config.Options.Epochs).SelectMany(epoch => Steps(plan, epoch).Select(step => (step.Number, step.Epoch)))
            .SequenceEqual(Enumerable.Range(0, plan.Steps.Total).Select(n => (n, n / plan.Steps.PerEpoch)));

    [Law]
    public bool Timestep_and_noise_of_an_image_do_not_depend_on_the_batch_size(TrainingPlan plan, byte epoch, byte otherSize)
    {
        var options = plan.Config.Options with { TimestepSampling = "independent" };
        var other = TrainingGenerators.Plan(options with { BatchSize = 1 + otherSize }, plan.ImageCount);
        return Drawn(TrainingGenerators.Plan(options, plan.ImageCount), epoch).SequenceEqual(Drawn(other, epoch));
    }

    /// <summary>The places of Muon's matrices in θ move where the map stands before them.</summary>
    [Law]
    public bool Augmentation_changes_nothing_else_of_a_step_and_nothing_at_all_without(TrainingPlan plan, byte epoch)
    {
        TrainingStep[] Of(double augment) => [.. Steps(TrainingGenerators.Plan(plan.Config.Options with { Augment = augment }, plan.ImageCount), epoch)];
        return Of(0).Zip(Of(0.3), (plain, augmented) =>
            plain.Augmentations.IsNone && augmented.Augmentations.IsSome
            && (augmented with { Augmentations = default, Update = augmented.Update with { Muon = plain.Update.Muon } }) == plain).All(same => same);
    }

    [Law]
    public bool The_augmentation_of_an_image_depends_on_the_seed_the_image_and_the_epoch_alone(TrainingPlan any, byte epoch, byte otherSize)
    {
        var options = any.Config.Options with { Augment = 0.5 };
        (int, GeometricAugmentation)[] Changes(int batch, int parts) =>
        [
            .. from step in Steps(TrainingGenerators.Plan(options with { BatchSize = batch }, any.ImageCount), epoch)
               from share in BatchShares.Of(step.Images.Count, Math.Min(parts, step.Images.Count))
               let part = step.Share(share.First, share.Count)
               from pair in part.Images.Zip(part.Augmentations.IfNone([]))
               orderby pair.Item1
               select pair,
        ];
        var changes = Changes(1 + otherSize, 3);
        var stream = new RandomStream(options.Seed, StreamName.GeometricAugmentation);
        return changes.Length == any.ImageCount && changes.SequenceEqual(Changes(40, 1))
            && changes.All(change => change.Item2 == GeometricAugmentation.Of(stream.At(change.Item1, epoch), 0.5));
    }

    [Law]
    public bool Timesteps_lie_in_0_T(TrainingPlan plan, byte epoch) =>
        Steps(plan, epoch).SelectMany(step => step.Timesteps).All(t => t >= 0 && t < plan.Config.Options.Steps);

    [Law]
    public bool Each_image_weighs_what_its_timestep_does(TrainingPlan plan, byte epoch) => Steps(plan, epoch).All(step => step.Weights.SequenceEqual(
        step.Timesteps.Map(t => plan.Config.LossWeighting.Weight(plan.Config.Model.Prediction, plan.Config.Model.Schedule[t]))));

    /// <summary>B points at equal distances on a circle: an arc of length F holds B·F of them, but for less than one.</summary>
    [Law]
    public bool In_a_stratified_batch_the_density_says_how_many_timesteps_lie_below_any_but_for_one(TrainingPlan any, byte epoch)
    {
        var plan = TrainingGenerators.Plan(any.Config.Options with { TimestepSampling = "stratified" }, any.ImageCount);
        var cumulative = Cumulative(plan.Config);
        return Steps(plan, epoch).All(step => cumulative.Index().All(part =>
            Math.Abs(step.Timesteps.Count(t => t <= part.Index) - step.Timesteps.Count * part.Item) <= 1 + Rounding(step.Timesteps.Count)));

        // u + k/B rounds once; a point that rounds across an end of the arc counts there.
        static double Rounding(int count) => 4 * Epsilon * count;
    }

    /// <summary>20,000 images, each with its own draw. A count in a bin of probability p has the variance n·p·(1 − p).</summary>
    [Theory]
    [InlineData("linear", "epsilon", null)]
    [InlineData("rectified-flow", "flow", null)]
    [InlineData("edm", "edm", null)]
    [InlineData("cosine", "velocity", "log-normal")]
    [InlineData("edm", "edm", "uniform")]
    public void Independent_timesteps_follow_the_density(string schedule, string prediction, string? density)
    {
        const int images = 20_000, steps = 200, bins = 8;
        var options = new TrainingOptions
        {
            Schedule = schedule,
            Prediction = prediction,
            TimestepDensity = density,
            Steps = steps,
            BatchSize = images,
            TimestepSampling = "independent",
            Seed = 7,
        };
        var plan = TrainingGenerators.Plan(options, images);
        var timesteps = plan.Epoch(0).Step(0).Timesteps;
        double[] upTo = [0, .. Cumulative(plan.Config)];
        Assert.All(Enumerable.Range(0, bins), bin =>
        {
            int first = bin * steps / bins, end = (bin + 1) * steps / bins;
            var p = upTo[end] - upTo[first];
            Assert.InRange(
                timesteps.Count(t => t >= first && t < end) - images * p, -5 * Math.Sqrt(images * p * (1 - p)) - 1, 5 * Math.Sqrt(images * p * (1 - p)) + 1);
        });
    }

    [Law]
    public bool Images_are_mirrored_only_when_asked_and_then_by_the_image_and_the_epoch(TrainingPlan plan, byte epoch)
    {
        var stream = new RandomStream(plan.Config.Options.Seed, StreamName.Flips);
        return Steps(plan, epoch).All(step => step.Flipped.SequenceEqual(
            step.Images.Map(image => plan.Config.Options.Flip && stream.At(image, epoch).Uniform(0) > 0.5)));
    }

    [Law]
    public bool Classes_are_withheld_only_in_conditional_runs_and_then_by_the_image_and_the_epoch(TrainingPlan plan, byte epoch)
    {
        var (options, stream) = (plan.Config.Options, new RandomStream(plan.Config.Options.Seed, StreamName.LabelDropout));
        return Steps(plan, epoch).All(step => step.Unlabelled.SequenceEqual(
            step.Images.Map(image => options.Conditional && stream.At(image, epoch).Uniform(0) < options.LabelDropout)));
    }

    [Law]
    public bool Each_step_has_its_learning_rate_and_the_run_s_limit_decay_and_average(TrainingPlan plan, byte epoch) => Steps(plan, epoch).All(step =>
        step.Update == new WeightUpdate(
            plan.LearningRate.At(step.Number), LanguageExt.Prelude.Optional(plan.Config.Options.ClipNorm), plan.Config.Options.WeightDecay,
            plan.Config.Average.Map(average => average.DecayAt(step.Number)))
        {
            Muon = plan.Muon,
            Sum = plan.Config.GradientSum,
        });

    [Law]
    public bool The_learning_rate_rises_to_its_peak_and_falls_to_nothing_or_stays(TrainingPlan plan)
    {
        var (options, last) = (plan.Config.Options, plan.Steps.Total - 1);
        var rates = Enumerable.Range(0, plan.Steps.Total).Select(plan.LearningRate.At).ToArray();
        return rates.All(rate => rate > 0 && rate <= options.LearningRate)
            && (options.LearningRateSchedule == "constant"
                ? rates[last] == options.LearningRate || last + 1 < options.WarmUpSteps
                : Near(0, plan.LearningRate.At(plan.Steps.Total), 4 * Epsilon * options.LearningRate)
                    && (last < 1 || rates[last] < options.LearningRate || last <= options.WarmUpSteps));
    }

    /// <summary>In a run that is shorter than the default warm-up, the learning rate rises to the last step, and reaches its peak there.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(50)]
    public void A_short_run_of_the_default_recipe_warms_up_to_its_end(int steps)
    {
        var rate = TrainingGenerators.Plan(new TrainingOptions { Epochs = 1, BatchSize = 2 }, 2 * steps).LearningRate;
        Assert.Equal(LearningRate.Cosine.Of(2e-3, warmUpSteps: steps - 1, totalSteps: steps, finalFraction: 0).Valid(), rate);
        Assert.Equal(2e-3, rate.At(steps - 1));
    }

    [Law]
    public bool An_epoch_is_a_function_of_the_seed_and_its_number(TrainingPlan plan, byte epoch) =>
        plan.Epoch(epoch) == TrainingGenerators.Plan(plan.Config.Options, plan.ImageCount).Epoch(epoch)
        && (plan.ImageCount < 20 || plan.Epoch(epoch).Order != plan.Epoch(epoch + 1).Order);

    [Fact]
    public void The_largest_batch_size_makes_one_step_of_an_epoch()
    {
        var plan = TrainingGenerators.Plan(new TrainingOptions { BatchSize = int.MaxValue }, 60_000);
        Assert.Equal(1, plan.Steps.PerEpoch);
        Assert.Equal(60_000, plan.Epoch(0).Step(0).Images.Count);
    }

    [Law]
    public bool The_noise_of_an_image_is_its_stream_s_at_the_image_and_the_epoch(TrainingPlan plan, byte epoch)
    {
        const int pixels = 3;
        var stream = new RandomStream(plan.Config.Options.Seed, StreamName.TrainingNoise);
        return Steps(plan, epoch).All(step =>
        {
            var noise = new float[pixels * step.Images.Count];
            step.FillNoise(noise);
            return noise.SequenceEqual(step.Images.SelectMany(image => Enumerable.Range(0, pixels).Select(stream.At(image, epoch).Normal)));
        });
    }

    /// <summary>The probability of a timestep of at most t, for each t, from the definition of the density.</summary>
    private static double[] Cumulative(TrainingConfig config)
    {
        var (schedule, steps) = (config.Model.Schedule, config.Model.Schedule.Steps);
        return [.. Enumerable.Range(0, steps).Select(t => config.TimestepDensity switch
        {
            TimestepDensity.LogNormal normal when t < steps - 1 =>
                NormalDistribution.Cdf((Math.Log(schedule[t].Sigma / schedule[t].A) - normal.Mean) / normal.Deviation),
            _ => (t + 1.0) / steps,
        })];
    }

    private static TrainingStep[] Steps(TrainingPlan plan, int epoch) => [.. Enumerable.Range(0, plan.Steps.PerEpoch).Select(k => plan.Epoch(epoch).Step(k))];

    /// <summary>The timestep and the first numbers of the noise of each image, in the order of the images.</summary>
    private static IEnumerable<(int Image, int Timestep, float First, float Last)> Drawn(TrainingPlan plan, int epoch) =>
        Steps(plan, epoch).SelectMany(step =>
        {
            const int pixels = 5;
            var noise = new float[pixels * step.Images.Count];
            step.FillNoise(noise);
            return step.Images.Select((image, i) => (image, step.Timesteps[i], noise[pixels * i], noise[pixels * i + pixels - 1])).ToArray();
        }).OrderBy(drawn => drawn.image);
}
