using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using FsCheck;
using FsCheck.Fluent;

namespace Ddpm.Properties.Training;

public static class TrainingGenerators
{
    internal const int Classes = 4;

    internal static Gen<TrainingOptions> Options { get; } =
        // The network of ddpm-cifar10 fits no images of 28×28.
        from preset in Gen.Elements(Choices.Presets.Keys.Where(name => name != "ddpm-cifar10"))
        from network in Gen.Elements<string?>([null, .. NetworkFamily.All.Keys])
        from width in Gen.Elements<int?>(null, 4, 24)
        from embedding in Gen.Elements<string?>([null, .. Choices.Embeddings.Keys.Where(name => name != Choices.EmbeddingAsInFile)])
        from schedule in Gen.Elements(NoiseSchedule.Families.Keys)
        from prediction in Gen.Elements(Prediction.All.Keys.Where(name => schedule switch
        {
            "edm" => name == "edm",
            "rectified-flow" => name != "epsilon",
            _ => true,
        }))
        from zeroSnr in prediction == "epsilon" || schedule is "edm" or "rectified-flow" ? Gen.Constant(false) : Gen.Elements(false, true)
        from timestepSampling in Gen.Elements(Choices.TimestepSamplings.Keys)
        from density in timestepSampling == "importance" ? Gen.Constant((string?)null) : Gen.Elements((string?)null, "uniform", "logit-normal", "log-normal")
        from mean in Gen.Elements((double?)null, -0.4)
        from shift in Gen.Elements((double?)null, 0.3, 3)
        from sigmaMax in Gen.Elements((double?)null, 20)
        from sigmaData in Gen.Elements((double?)null, 1, 0.3)
        from precision in Gen.Elements(Choices.Precisions.Keys)
        from lossWeight in Gen.Elements(Choices.LossWeightings.Keys)
        from gamma in Gen.Elements((double?)null, 1, 0.5)
        from offset in Gen.Elements((double?)null, 0, 0.02)
        from limit in Gen.Frequency((2, Gen.Constant((int?)null)), (1, Gen.Choose(1, 1000).Select(n => (int?)n)))
        from epochs in Gen.Choose(1, 5)
        from batchSize in Gen.Frequency((4, Gen.Choose(1, 40)), (1, Gen.Elements(1, 128, int.MaxValue)))
        from steps in Gen.Frequency((4, Gen.Choose(1, 50)), (1, Gen.Elements(1, 1000)))
        from clipNorm in Gen.Elements((double?)null, 1e-3, 1)
        from rates in Gen.Elements(Choices.LearningRates.Keys)
        from optimiser in Gen.Elements(Choices.Optimisers.Keys)
        from sum in Gen.Elements(Choices.GradientSums.Keys)
        from warmUp in Gen.Choose(0, 20)
        from weightDecay in Gen.Elements(0, 0.01)
        from emaDecay in Gen.Elements((double?)null, 0.5, 0.999)
        from flip in Gen.Elements(false, true)
        from augment in Gen.Elements(0, 0, 0.12, 1)
        from conditional in Gen.Elements(false, true)
        from labelDropout in Gen.Elements(0, 0.1, 0.5)
        from seed in Gen.Choose(0, int.MaxValue)
        select new TrainingOptions
        {
            Preset = preset,
            Network = network,
            Width = network == "modern" ? width : null,
            Embedding = embedding,
            Prediction = prediction,
            Schedule = schedule,
            ZeroTerminalSnr = zeroSnr,
            TimestepDensity = density,
            NoiseMean = density is "logit-normal" or "log-normal" ? mean : null,
            FlowShift = schedule == "rectified-flow" ? shift : null,
            SigmaMax = schedule == "edm" ? sigmaMax : null,
            SigmaData = prediction == "edm" ? sigmaData : null,
            LossWeight = lossWeight,
            MinSnrGamma = lossWeight == "min-snr" ? gamma : null,
            CosineOffset = schedule == "cosine" ? offset : null,
            Precision = precision,
            Limit = limit,
            Epochs = epochs,
            BatchSize = batchSize,
            ClipNorm = clipNorm,
            LearningRateSchedule = rates,
            Optimiser = optimiser,
            GradientSum = sum,
            WarmUpSteps = warmUp,
            WeightDecay = weightDecay,
            EmaDecay = emaDecay,
            Flip = flip,
            Augment = augment,
            Conditional = conditional,
            LabelDropout = labelDropout,
            TimestepSampling = timestepSampling,
            Steps = steps,
            Seed = (ulong)seed,
        };

    public static Arbitrary<TrainingOptions> AllOptions() => Options.ToArbitrary();

    public static Arbitrary<TrainingPlan> Plans() =>
        (from options in Options
         from images in Gen.Frequency((1, Gen.Constant(1)), (6, Gen.Choose(1, 150)))
         select Plan(options, images)).ToArbitrary();

    internal static TrainingPlan Plan(TrainingOptions options, int images) =>
        TrainingPlan.Of(TrainingConfig.Of(options, ImageSize.Square(28), 1, Classes).Valid(), images).Valid();
}
