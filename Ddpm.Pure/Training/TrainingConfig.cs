using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Training;

/// <summary>A model: what is needed to sample from trained weights.</summary>
/// <param name="Network">The network.</param>
/// <param name="Schedule">The noise schedule; as many steps as the network's embedding has rows.</param>
/// <param name="Prediction">What the network predicts.</param>
/// <param name="Preset">How its samples are made and shown by default.</param>
public sealed record DiffusionModel(UNetConfig Network, NoiseSchedule Schedule, Prediction Prediction, Preset Preset)
{
    /// <summary>
    /// The default way to sample: the preset's for this prediction, capped at the steps that the schedule has. If that has no plan on this schedule, all steps
    /// of ddpm; on a schedule that is no Markov chain, ddim.
    /// </summary>
    public SamplingOptions UsualSampling
    {
        get
        {
            var wanted = Capped(Preset.SamplingOf(Prediction));
            bool HasPlan(SamplingOptions options) => options.Compile(Schedule, Prediction, Preset.ClipSample).Bind(plan => plan.InFloat32()).IsSuccess;
            return WithVariance(HasPlan(wanted) ? wanted : Schedule is VariancePreservingSchedule ? new() : new() { Sampler = "ddim" });
        }
    }

    /// <summary>
    /// The default way to sample a run that kept the weights of <see cref="Preset.GuideEpoch"/>. It is guided if the preset guides and the preset's own
    /// sampling suits the model.
    /// </summary>
    /// <param name="epochs">The epochs of the run, ≥ 1.</param>
    public SamplingOptions UsualSamplingAfter(int epochs) =>
        Preset.UsualGuideEpoch(epochs).IsSome && UsualSampling == Capped(Preset.Sampling) ? Capped(Preset.Guided!) : UsualSampling;

    /// <summary>Completes a user's sampling options for this model.</summary>
    /// <param name="options">The options. If they ask for ddpm and name no variance, a network that learns the variance decides it.</param>
    /// <returns>The options; or an error if they ask for a learned variance, and the network learns none.</returns>
    public Validation<Error, SamplingOptions> SamplingWith(SamplingOptions options) =>
        options.Variance == Ancestral.LearnedName && !Network.LearnsVariance
            ? Check.Fail<SamplingOptions>("variance", options.Variance, "needs a run that was trained with --learn-variance")
            : WithVariance(options);

    private SamplingOptions Capped(SamplingOptions options) =>
        options.SamplingSteps is { } steps ? options with { SamplingSteps = Math.Min(steps, options.MostStepsOn(Schedule)) } : options;

    private SamplingOptions WithVariance(SamplingOptions options) =>
        Network.LearnsVariance && options.Variance is null && options.Sampler == new Ancestral().Name
            ? options with { Variance = Ancestral.LearnedName }
            : options;
}

/// <summary>A training run, checked: nothing downstream checks again.</summary>
public sealed record TrainingConfig
{
    private TrainingConfig(
        TrainingOptions options, DiffusionModel model, LossWeighting lossWeighting, Precision precision, TimestepSampling timestepSampling,
        TimestepDensity timestepDensity, Option<ExponentialMovingAverage> average, GradientSum gradientSum) =>
        (Options, Model, LossWeighting, Precision, TimestepSampling, TimestepDensity, Average, GradientSum) =
        (options, model, lossWeighting, precision, timestepSampling, timestepDensity, average, gradientSum);

    /// <summary>The options as the user gave them.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The model to train.</summary>
    public DiffusionModel Model { get; }

    /// <summary>The name of the network: the preset's, unless the user chose another.</summary>
    public string NetworkName => Options.Network ?? Model.Preset.Network;

    /// <summary>The name of the timestep embedding.</summary>
    public string EmbeddingName => Choices.Embeddings.First(choice => choice.Item2 == Model.Network.Embedding).Item1;

    /// <summary>The weight of each noise level in the loss.</summary>
    public LossWeighting LossWeighting { get; }

    /// <summary>The number format of the network.</summary>
    public Precision Precision { get; }

    /// <summary>How timesteps are drawn.</summary>
    public TimestepSampling TimestepSampling { get; }

    /// <summary>How often each timestep is drawn.</summary>
    public TimestepDensity TimestepDensity { get; }

    /// <summary>The moving average of the weights that samples are made with; none to sample with the weights themselves.</summary>
    public Option<ExponentialMovingAverage> Average { get; }

    /// <summary>The order in which the gradients of a batch's shares are added.</summary>
    public GradientSum GradientSum { get; }

    /// <summary>
    /// The longest schedule. Measured with the standard network: a checkpoint takes 400 bytes a step, 10 MB in all; training takes some 20 MB more than with a
    /// thousand steps, and so does a plan of all steps. Runs of earlier versions with more steps are refused.
    /// </summary>
    public const int MostSteps = 10_000;

    /// <summary>
    /// The greatest standard deviation of the noise in what a network sees: twice what it is on variance-preserving levels, on rectified flow, and with EDM's
    /// scaling. Without scaling it is 80 on EDM's own levels.
    /// </summary>
    private const double MostInputNoise = 2;

    /// <summary>The noise schedule that options describe.</summary>
    /// <param name="options">The options; only those of the schedule are read.</param>
    /// <returns>The schedule, or what is wrong.</returns>
    public static Validation<Error, NoiseSchedule> ScheduleOf(TrainingOptions options) =>
        Check.That("steps", options.Steps, options.Steps <= MostSteps, Invariant($"must be at most {MostSteps}"))
            .Bind(_ => NoiseSchedule.Families.Find("schedule", options.Schedule))
            .Bind(family => family.Build(new(
                options.Steps, options.MinBeta, options.MaxBeta, options.CosineOffset,
                options.FlowShift, options.SigmaMin, options.SigmaMax, options.SigmaRho)))
            .Map(built => options.ZeroTerminalSnr && built is VariancePreservingSchedule chain ? chain.WithZeroTerminalSnr() : built);

    /// <summary>Checks the schedule, and that the prediction can be trained and sampled on its levels.</summary>
    internal static Validation<Error, Unit> CheckSchedule(TrainingOptions options) => ScheduleOf(options).Bind(levels => CheckLevels(options, levels));

    /// <summary>Checks everything that can be checked without data.</summary>
    /// <param name="options">The options as the user gave them.</param>
    /// <param name="imageSize">Height and width of the images.</param>
    /// <param name="imageChannels">Their channels.</param>
    /// <param name="classes">The number of classes; 0 for images without labels.</param>
    /// <returns>The configuration, or every fault at once.</returns>
    public static Validation<Error, TrainingConfig> Of(TrainingOptions options, ImageSize imageSize, int imageChannels, int classes = 0)
    {
        var preset = Choices.Presets.Find("preset", options.Preset);
        var schedule = ScheduleOf(options);
        var network = NetworkOf(options, preset.Match(found => found.Network, _ => Preset.Standard.Network), imageSize, imageChannels, classes);
        var model = (preset, PredictionOf(options), schedule, network)
            .Apply((chosen, prediction, levels, layers) => new DiffusionModel(
                layers with { NetworkTimes = levels.NetworkTimes }, levels, prediction, chosen));
        var training = (
                Choices.LossWeightings.Find("loss-weight", options.LossWeight).Bind(build => build(options)),
                Choices.Precisions.Find("precision", options.Precision),
                Choices.TimestepSamplings.Find("timestep-sampling", options.TimestepSampling),
                DensityOf(options),
                (Optional(options.EmaDecay).Map(ExponentialMovingAverage.Of).Sequence(), Choices.GradientSums.Find("gradient-sum", options.GradientSum))
                    .Apply((average, sum) => (average, sum)))
            .Apply((weights, precision, timesteps, density, ends) => (weights, precision, timesteps, density, ends.average, ends.sum));
        var rest = (
                (CheckOwners(options), UNetOptions.CheckOwner(options, options.Network ?? preset.Match(found => found.Network, _ => new DiffusersUNet().Name)))
                    .Apply((_, _) => unit),
                schedule.Match(levels => CheckLevels(options, levels), _ => unit),
                (Choices.LearningRates.Find("learning-rate-schedule", options.LearningRateSchedule), Choices.Optimisers.Find("optimiser", options.Optimiser))
                    .Apply((_, _) => unit),
                Check.That("conditional", options.Conditional, !options.Conditional || classes >= 2, "needs images with labels of at least two classes"),
                TrainingOption.CheckRanges(options))
            .Apply((_, _, _, _, _) => unit);
        return (model, training, rest).Apply((built, how, _) =>
            new TrainingConfig(options, built, how.weights, how.precision, how.timesteps, how.density, how.average, how.sum));
    }

    /// <summary>The network. The schedule reports a wrong number of steps, so the network is built with one that it accepts.</summary>
    private static Validation<Error, UNetConfig> NetworkOf(TrainingOptions options, string presetNetwork, ImageSize imageSize, int imageChannels, int classes)
    {
        var steps = Math.Clamp(options.Steps, 1, MostSteps);
        var network = NetworkFamily.All.Find("network", options.Network ?? presetNetwork)
            .Bind(family => family is DiffusersUNet ? UNetOptions.NetworkOf(options).Map(unet => (NetworkFamily)unet) : family)
            .Bind(family => UNetConfig.Of(family, imageSize, imageChannels, steps, options.Conditional ? classes : 0, options.Width));
        var learning = network.Map(built => built with { LearnsVariance = options.LearnVariance, KnowsAugmentation = options.Augment > 0 });
        return options.Embedding is { } name
            ? learning.Bind(built => Choices.Embeddings.Find("embedding", name).Map(embedding => built with { Embedding = embedding }))
            : learning;
    }

    /// <summary>The prediction that options describe.</summary>
    internal static Validation<Error, Prediction> PredictionOf(TrainingOptions options) => Prediction.All.Find("prediction", options.Prediction)
        .Bind(found => found is Prediction.Edm && options.SigmaData is { } deviation ? Prediction.Edm.Of(deviation) : found);

    /// <summary>
    /// How often timesteps are drawn: as the user asks, else as the schedule's authors draw them. With importance sampling, the losses decide, and the loss is
    /// the uniform mean.
    /// </summary>
    private static Validation<Error, TimestepDensity> DensityOf(TrainingOptions options)
    {
        if (Choices.TimestepSamplings.Find(options.TimestepSampling) == Some(TimestepSampling.Importance))
        {
            return BelongsTo("the timestep samplings independent and stratified", "timestep-density", options.TimestepDensity, isUsed: false)
                .Bind(_ => WithoutNumbers(new TimestepDensity.Uniform()));
        }

        var usual = NoiseSchedule.Families.Find(options.Schedule).Map(family => family.UsualDensity).IfNone("uniform");
        return TimestepDensity.All.Find("timestep-density", options.TimestepDensity ?? usual).Bind(density =>
            density is TimestepDensity.LogNormal normal
                ? TimestepDensity.LogNormal.Of(options.NoiseMean ?? normal.Mean, options.NoiseDeviation ?? normal.Deviation)
                : WithoutNumbers(density));

        Validation<Error, TimestepDensity> WithoutNumbers(TimestepDensity density) => (
                BelongsTo("the timestep densities logit-normal and log-normal", "noise-mean", options.NoiseMean, isUsed: false),
                BelongsTo("the timestep densities logit-normal and log-normal", "noise-deviation", options.NoiseDeviation, isUsed: false))
            .Apply((_, _) => density);
    }

    /// <summary>Refuses numbers of one schedule, of one prediction, or of one loss weighting, that are given with another.</summary>
    internal static Validation<Error, Unit> CheckOwners(TrainingOptions options)
    {
        Validation<Error, Unit> OfSchedule(string name)
        {
            string[] owners = [.. NoiseSchedule.Families.Where(row => row.Value.Options.Contains(name)).Select(row => row.Name)];
            var value = TrainingOption.All.First(option => option.Name == name).Of(options);
            var allowed = $"the schedule{(owners.Length > 1 ? "s" : "")} {string.Join(", ", owners)}";
            return BelongsTo(allowed, name, value is false ? null : value, owners.Contains(options.Schedule));
        }

        var ofSchedules = NoiseSchedule.Families.SelectMany(row => row.Value.Options, (_, name) => name).Distinct().Select(OfSchedule).ToArr();
        return (
                ofSchedules.Sequence(),
                BelongsTo("the prediction edm", "sigma-data", options.SigmaData, options.Prediction == "edm"),
                BelongsTo("the loss weight min-snr", "min-snr-gamma", options.MinSnrGamma, options.LossWeight == "min-snr"))
            .Apply((_, _, _) => unit);
    }

    private static Validation<Error, Unit> BelongsTo(string owners, string name, object? value, bool isUsed) =>
        value is null || isUsed ? unit : Check.Fail<Unit>(name, Invariant($"{value}").ToLowerInvariant(), $"works only with {owners}");

    /// <summary>Refuses schedules on which training or sampling would divide by zero, or show the network numbers of any size.</summary>
    private static Validation<Error, Unit> CheckLevels(TrainingOptions options, NoiseSchedule levels) =>
        // Another check reports an unknown prediction.
        (Prediction.All.Find(options.Prediction).Match(
                prediction => (CheckEstimate(prediction, levels[levels.Steps - 1]), CheckInput(prediction, levels)).Apply((_, _) => unit),
                () => unit),
            CheckNoise(options, levels)).Apply((_, _) => unit);

    /// <summary>With an ε-prediction, the estimate of the image divides by a in float32.</summary>
    private static Validation<Error, Unit> CheckEstimate(Prediction prediction, NoiseLevel last)
    {
        bool InFloat32(Prediction some) => float.IsFinite((float)some.CleanImage(last).Second);
        return InFloat32(prediction)
            ? unit
            : Check.Fail<Unit>("prediction", prediction.Name,
                Invariant($"must be {Prediction.NamesWhere(InFloat32)} with a schedule that leaves ")
                + Invariant($"{(last.HasImage ? Invariant($"only {last.A:G2}") : "nothing")} ")
                + $"of the image (there, {prediction.Name} does not determine it)");
    }

    /// <summary>x whose variance grows with the noise must be scaled for the network.</summary>
    private static Validation<Error, Unit> CheckInput(Prediction prediction, NoiseSchedule levels)
    {
        bool Scaled(Prediction some) => levels.Levels.ForAll(level => some.InputScale(level) * level.Sigma <= MostInputNoise);
        return Scaled(prediction)
            ? unit
            : Check.Fail<Unit>("prediction", prediction.Name, Invariant(
                $"must be {Prediction.NamesWhere(Scaled)} with a schedule whose noise reaches σ = {levels[levels.Steps - 1].Sigma:G3} ")
                + "(others do not scale x down)");
    }

    /// <summary>Noise that float32 rounds to 0 is never seen in training, and samplers divide by it.</summary>
    private static Validation<Error, Unit> CheckNoise(TrainingOptions options, NoiseSchedule levels)
    {
        for (var t = 0; t < levels.Steps; t++)
        {
            var variance = levels[t].NoiseVariance;
            if ((float)variance == 0)
            {
                return Check.Fail<Unit>("schedule", options.Schedule, Invariant(
                    $"must add more noise (after timestep {t}, float32 rounds its variance σ² = {variance:G3} to 0)"));
            }
        }

        return unit;
    }
}
