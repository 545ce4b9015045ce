using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Random;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Training;

/// <summary>
/// The plan of a run: a pure function from (configuration, number of images, step) to the step's images, timesteps and noise.
/// The noise of image i in epoch e depends on (seed, i, e) alone, not on the batch; so does its timestep with independent sampling. Stratified timesteps depend
/// on the seed, the step, the place in the batch and the batch size. With importance sampling, timesteps also depend on the losses of earlier steps
/// (<see cref="TimestepHistory"/>). A run resumes from a step number, and from that history with importance sampling.
/// </summary>
public sealed record TrainingPlan
{
    private TrainingPlan(TrainingConfig config, int imageCount, StepCount steps, LearningRate learningRate) =>
        (Config, ImageCount, Steps, LearningRate, Timesteps, Muon) =
        (config, imageCount, steps, learningRate, new(config.Options.Steps, config.TimestepDensity.Cumulative(config.Model.Schedule)),
            Choices.Optimisers[config.Options.Optimiser](new(config.Model.Network.Parameters)));

    /// <summary>The run's configuration.</summary>
    public TrainingConfig Config { get; }

    /// <summary>The number of images, ≥ 1.</summary>
    public int ImageCount { get; }

    /// <summary>The number of steps.</summary>
    public StepCount Steps { get; }

    /// <summary>The learning rate of each step.</summary>
    public LearningRate LearningRate { get; }

    /// <summary>The matrices that Muon updates; none if Adam updates all weights.</summary>
    public Option<Muon> Muon { get; }

    /// <summary>What timesteps are drawn from, except with importance sampling.</summary>
    internal TimestepDistribution Timesteps { get; }

    /// <summary>The plan of a run.</summary>
    /// <param name="config">The run's configuration.</param>
    /// <param name="imageCount">The number of images, ≥ 1.</param>
    /// <returns>The plan; or an error if there are no images, or too many steps to count.</returns>
    public static Validation<Error, TrainingPlan> Of(TrainingConfig config, int imageCount) =>
        from steps in StepCount.Of(imageCount, config.Options.BatchSize, config.Options.Epochs)
        from rate in Choices.LearningRates[config.Options.LearningRateSchedule](config.Options.LearningRate, config.Options.WarmUpSteps, steps.Total)
        select new TrainingPlan(config, imageCount, steps, rate);

    /// <summary>The plan of epoch e ≥ 0. Each epoch has its own order of the images.</summary>
    public EpochPlan Epoch(int epoch) =>
        new(this, epoch, Permutation.Of(new RandomStream(Config.Options.Seed, StreamName.Shuffling).At(0, epoch), ImageCount));
}

/// <summary>One pass over the images.</summary>
/// <param name="Plan">The plan of the run.</param>
/// <param name="Epoch">e ≥ 0.</param>
/// <param name="Order">A permutation of the images.</param>
public sealed record EpochPlan(TrainingPlan Plan, int Epoch, Arr<int> Order)
{
    /// <summary>A step of this epoch.</summary>
    /// <param name="k">Its number in the epoch, k ∈ [0, Steps.PerEpoch).</param>
    /// <param name="history">The losses of the steps before. Only importance sampling reads it; none for no losses.</param>
    public TrainingStep Step(int k, Option<TimestepHistory> history = default)
    {
        var options = Plan.Config.Options;
        var first = k * options.BatchSize;
        var count = Math.Min(options.BatchSize, Order.Count - first);
        var images = Enumerable.Range(first, count).Select(place => Order[place]).ToArr();
        var stream = new RandomStream(options.Seed, StreamName.Timesteps);
        var number = Epoch * Plan.Steps.PerEpoch + k;
        double Stratified(int place) => (stream.At(0, number).Uniform(0) + (double)place / count) % 1;
        var past = Plan.Config.TimestepSampling == TimestepSampling.Importance ? history.IfNone(() => TimestepHistory.Start(options.Steps)) : null;
        var distribution = past?.Distribution ?? Plan.Timesteps;
        var timesteps = Plan.Config.TimestepSampling == TimestepSampling.Stratified
            ? images.Map((place, _) => distribution.At(Stratified(place))).ToArr()
            : images.Map(i => distribution.Of(stream.At(i, Epoch)));
        var importance = Optional(past?.Factors).Map(factors => timesteps.Map(t => factors[t]));
        var flips = new RandomStream(options.Seed, StreamName.Flips);
        var withheld = new RandomStream(options.Seed, StreamName.LabelDropout);
        var changes = new RandomStream(options.Seed, StreamName.GeometricAugmentation);
        var model = Plan.Config.Model;
        return new(
            number,
            Epoch,
            images,
            images.Map(i => options.Flip && flips.At(i, Epoch).Below(0, 2) == 1),
            images.Map(i => options.Conditional && withheld.At(i, Epoch).Uniform(0) < options.LabelDropout),
            timesteps,
            timesteps.Map(t => Plan.Config.LossWeighting.Weight(model.Prediction, model.Schedule[t])),
            new(Plan.LearningRate.At(number), Optional(options.ClipNorm), options.WeightDecay, Plan.Config.Average.Map(average => average.DecayAt(number)))
            {
                Muon = Plan.Muon,
                Sum = Plan.Config.GradientSum,
            },
            new RandomStream(options.Seed, StreamName.TrainingNoise),
            importance,
            options.Augment > 0 ? images.Map(i => GeometricAugmentation.Of(changes.At(i, Epoch), options.Augment)) : None);
    }
}

/// <summary>How a step updates the weights.</summary>
/// <param name="LearningRate">η, the learning rate.</param>
/// <param name="ClipNorm">The largest norm of the gradient; none for no gradient clipping.</param>
/// <param name="WeightDecay">λ, the weight decay: each weight loses the fraction η·λ (<see cref="Adam"/>).</param>
/// <param name="AverageDecay">The decay of the average of the weights in this step; none without an average.</param>
public sealed record WeightUpdate(
    double LearningRate, Option<double> ClipNorm = default, double WeightDecay = 0, Option<double> AverageDecay = default)
{
    /// <summary>The rule of the update.</summary>
    public Adam Adam { get; init; } = new();

    /// <summary>The matrices that Muon updates in place of Adam; none if Adam updates all.</summary>
    public Option<Muon> Muon { get; init; }

    /// <summary>The order in which the gradients of the batch's shares are added.</summary>
    public GradientSum Sum { get; init; }
}

/// <summary>One training step.</summary>
/// <param name="Number">The step's number in the run, from 0.</param>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Images">The indices of its images.</param>
/// <param name="Flipped">Whether each image is mirrored left to right.</param>
/// <param name="Unlabelled">Whether the class of each image is withheld (label dropout).</param>
/// <param name="Timesteps">The timestep of each image.</param>
/// <param name="Weights">The loss weight of each image, without its importance.</param>
/// <param name="Update">How the weights change.</param>
/// <param name="Noise">The random stream of the noise.</param>
/// <param name="Importance">With importance sampling, the factor 1/(T·p_t) of each image's whole loss.</param>
/// <param name="Augmentations">How each image is changed after it was mirrored, and what the network is told of it; none in a run without.</param>
public sealed record TrainingStep(
    int Number,
    int Epoch,
    Arr<int> Images,
    Arr<bool> Flipped,
    Arr<bool> Unlabelled,
    Arr<int> Timesteps,
    Arr<double> Weights,
    WeightUpdate Update,
    RandomStream Noise,
    Option<Arr<double>> Importance = default,
    Option<Arr<GeometricAugmentation>> Augmentations = default)
{
    /// <summary>A part of the step: some of its images, with their timesteps and weights.</summary>
    public TrainingStep Share(int first, int count) => this with
    {
        Images = Images.Skip(first).Take(count).ToArr(),
        Flipped = Flipped.Skip(first).Take(count).ToArr(),
        Unlabelled = Unlabelled.Skip(first).Take(count).ToArr(),
        Timesteps = Timesteps.Skip(first).Take(count).ToArr(),
        Weights = Weights.Skip(first).Take(count).ToArr(),
        Importance = Importance.Map(factors => factors.Skip(first).Take(count).ToArr()),
        Augmentations = Augmentations.Map(changes => changes.Skip(first).Take(count).ToArr()),
    };

    /// <summary>The random numbers that decide which units of each image's layers are dropped (<see cref="Networks.Dropout"/>).</summary>
    public Arr<Draws> Dropout
    {
        get
        {
            var stream = new RandomStream(Noise.Seed, StreamName.Dropout);
            return Images.Map(image => stream.At(image, Epoch)).ToArr();
        }
    }

    /// <summary>Fills ε of all images, one after another. <paramref name="destination"/> is N equal parts for N images.</summary>
    public void FillNoise(Span<float> destination)
    {
        var pixels = destination.Length / Images.Count;
        for (var i = 0; i < Images.Count; i++)
        {
            Noise.At(Images[i], Epoch).FillNormals(destination.Slice(i * pixels, pixels));
        }
    }
}
