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
        Validation<Error, TrainingPlan> Of(int images) => TrainingPlan.Of(TrainingConfig.Of(options, 28, 1).Valid(), images);
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

    [Law]
    public bool Timesteps_lie_in_0_T(TrainingPlan plan, byte epoch) =>
        Steps(plan, epoch).SelectMany(step => step.Timesteps).All(t => t >= 0 && t < plan.Config.Options.Steps);

    [Law]
    public bool Each_image_weighs_what_its_timestep_does(TrainingPlan plan, byte epoch) => Steps(plan, epoch).All(step => step.Weights.SequenceEqual(
        step.Timesteps.Map(t => plan.Config.LossWeighting.Weight(plan.Config.Model.Prediction, plan.Config.Model.Schedule[t]))));

    [Law]
    public bool Stratified_timesteps_of_a_batch_fall_one_into_each_of_as_many_equal_parts(TrainingPlan any, byte epoch)
    {
        var options = any.Config.Options with { TimestepSampling = "stratified", Steps = 1000, TimestepDensity = "uniform", NoiseMean = null };
        var plan = TrainingGenerators.Plan(options, any.ImageCount);
        return Steps(plan, epoch).All(step =>
        {
            var (sorted, count) = (step.Timesteps.Order().ToArray(), step.Timesteps.Count);
            // Neighbours round the circle lie T/B apart, but for rounding down.
            return Enumerable.Range(0, count).All(i => Math.Abs((sorted[(i + 1) % count] - sorted[i] + (i + 1 == count ? 1000 : 0)) - 1000.0 / count) <= 1);
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
            plan.Config.Average.Map(average => average.DecayAt(step.Number))));

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
