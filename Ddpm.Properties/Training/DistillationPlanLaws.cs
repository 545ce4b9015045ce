using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Random;
using Ddpm.Pure.Training;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Training;

/// <summary>What a step of a distillation computes.</summary>
[Properties(Arbitrary = [typeof(Generators), typeof(DistillationPlanLaws)])]
public sealed class DistillationPlanLaws
{
    private const int Pixels = 5;

    public static Arbitrary<DistillationPlan> Plans() =>
        (from images in Gen.Choose(40, 4000)
         from batch in Gen.Choose(1, 40)
         from evaluations in Gen.Choose(1, 4)
         from updates in Gen.Choose(1, 4)
         from lead in Gen.Choose(0, 30)
         from seed in Gen.Choose(0, int.MaxValue)
         select Plan(new()
         {
             Images = images,
             BatchSize = batch,
             Evaluations = evaluations,
             CriticUpdates = updates,
             CriticLead = lead,
             Seed = (ulong)seed,
         })).ToArbitrary();

    /// <summary>The student is trained at the timesteps at which it is sampled by default, the noisiest first.</summary>
    [Law]
    public bool The_student_learns_the_evaluations_that_it_is_sampled_with(DistillationPlan plan)
    {
        var sampled = plan.Options.Sampling.Compile(plan.Model.Schedule, plan.Model.Prediction, clipSample: true).Valid();
        return sampled == plan.Sampling && sampled.Lines.Count == plan.Options.Evaluations;
    }

    /// <summary>One evaluation alone visits the first timestep of several.</summary>
    [Law]
    public bool Fewer_evaluations_begin_where_all_do(DistillationPlan plan) =>
        (plan.Options.Sampling with { SamplingSteps = 1 }).TimestepsOn(plan.Model.Schedule).Valid().Values[0] == plan.Sampling.Lines[0].Timestep;

    [Law]
    public bool Each_evaluation_has_its_share_of_the_images_in_order(DistillationPlan plan, Place n)
    {
        var step = plan.Step(n.In(plan.Steps));
        var counts = Enumerable.Range(0, plan.Options.Evaluations).Select(evaluation => step.Evaluations.Count(own => own == evaluation)).ToArray();
        return step.Evaluations.SequenceEqual(step.Evaluations.Order()) && counts.Sum() == plan.Options.BatchSize && counts.Max() - counts.Min() <= 1;
    }

    /// <summary>The critic learns in every step, and the student moves after the lead, once for so many of the critic's updates.</summary>
    [Law]
    public bool The_student_follows_the_critic(DistillationPlan plan) => Enumerable.Range(0, plan.Steps).All(n =>
        plan.Step(n) is var step
        && step.Student.IsSome == (n >= plan.Lead && (n - plan.Lead) % plan.Options.CriticUpdates == 0)
        && step.Critic.LearningRate > 0);

    [Law]
    public bool The_lead_is_no_more_than_a_tenth(DistillationPlan plan) =>
        plan.Lead <= plan.Options.CriticLead && 10 * plan.Lead <= plan.Steps && (plan.Lead == plan.Options.CriticLead || 10 * (plan.Lead + 1) > plan.Steps);

    [Law]
    public bool Timesteps_are_on_the_schedule_and_images_are_judged_where_some_image_is_left(DistillationPlan plan, Place n)
    {
        var (step, steps) = (plan.Step(n.In(plan.Steps)), plan.Model.Schedule.Steps);
        return step.Judged.All(t => t >= steps / 50 && t < 0.9 * steps) && step.Learned.All(t => t >= 0 && t < steps);
    }

    /// <summary>So no share, number of threads or batch size changes it.</summary>
    [Law]
    public bool The_noise_of_an_image_depends_on_the_seed_its_number_and_the_step_alone(DistillationPlan plan, Place n, byte first, byte count, byte evaluation)
    {
        var step = plan.Step(n.In(plan.Steps));
        float[] Noise(StreamName name, int part) =>
        [
            .. from image in Enumerable.Range(first, count + 1)
               from pixel in Enumerable.Range(part * Pixels, Pixels)
               select new RandomStream(plan.Options.Seed, name).At(image, step.Number).Normal(pixel),
        ];
        float[] Filled(Action<float[]> fill)
        {
            var noise = new float[(count + 1) * Pixels];
            fill(noise);
            return noise;
        }

        return Filled(noise => step.FillStart(evaluation, first, count + 1, noise)).SequenceEqual(Noise(StreamName.DistillationImages, evaluation))
            && Filled(noise => step.FillJudging(first, count + 1, noise)).SequenceEqual(Noise(StreamName.DistillationNoise, 0))
            && Filled(noise => step.FillLearning(first, count + 1, noise)).SequenceEqual(Noise(StreamName.DistillationNoise, 1));
    }

    /// <summary>If the student answers what the plan wants, the image that its answer implies is the wanted one.</summary>
    [Law]
    public bool The_wanted_answer_implies_the_wanted_image(DistillationPlan plan, Place evaluation, Pixel x, Pixel image)
    {
        var line = plan.Sampling.Lines[evaluation.In(plan.Options.Evaluations)];
        var (output, weight) = plan.Target(evaluation.In(plan.Options.Evaluations));
        return weight > 0 && Closeness.Near(image.Value, line.Estimate.Of(x.Value, output.Of(x.Value, image.Value)), 1e-12);
    }

    [Fact]
    public void Every_fault_is_reported()
    {
        var model = TinyTraining.Config(1, classes: 3).Model;
        Assert.Equal(
            ["batch-size must be at least 1, got 0", "images must be at least 1, got 0", "evaluations must lie in [1, 8], got 9",
             "critic-updates must be at least 1, got 0", "critic-lead must be at least 0, got -1"],
            DistillationPlan.Of(new() { Images = 0, BatchSize = 0, Evaluations = 9, CriticUpdates = 0, CriticLead = -1 }, model).Faults());
        Assert.Equal(
            ["learning-rate must lie in (0, 1), got 1", "critic-learning-rate must lie in (0, 1), got 0", "ema-decay must lie in [0, 1), got 1",
             "conditional must be off: only runs without classes can be distilled, got True"],
            DistillationPlan.Of(new() { LearningRate = 1, CriticLearningRate = 0, EmaDecay = 1, Evaluations = 1 }, model).Faults());
    }

    private static DistillationPlan Plan(DistillationOptions options) =>
        DistillationPlan.Of(options, TrainingConfig.Of(TinyTraining.Standard, ImageSize.Square(12), 1).Valid().Model).Valid();
}
