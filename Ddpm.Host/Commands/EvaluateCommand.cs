using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Classification;
using Ddpm.Gpu.Likelihood;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Host.Data;
using Ddpm.Host.Evaluation;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`evaluate`: how near generated images are to real ones. EVALUATION.md is its protocol.</summary>
internal static class EvaluateCommand
{
    private const int UsualCount = 10_000, FewestImages = 4, UsualBoundImages = 256, SamplesAtATime = 2_000;

    private static readonly TrainingOptions Defaults = new();

    /// <summary>Images to judge, and what is known of them.</summary>
    private sealed record Judged(ImageSet Images, SamplesReport Report, string Dataset, LanguageExt.Option<BoundReport> Bound);

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("evaluate", "Measure how near a run's samples, or given images, are to real ones");
        var run = new RunOptions(command, "The run to judge");
        var sampler = new SamplerOptions(command, withNetwork: false);
        var data = new DataOptions(command);
        var machine = new MachineOptions(command);
        CommandLine.Option<string?> images = new("--images") { Description = "Judge these images instead of a run's samples: bytes N×H×W or N×H×W×C", HelpName = "NPY" };
        CommandLine.Option<string?> labels = new("--labels") { Description = "The class of each of --images, N bytes: gives the classification accuracy score too", HelpName = "NPY" };
        CommandLine.Option<int> count = new("--count") { Description = "How many samples", DefaultValueFactory = _ => UsualCount };
        CommandLine.Option<ulong> seed = new("--seed") { Description = "The seed of the samples' noise and of the bound's", DefaultValueFactory = _ => SampleCommand.Request.Default.Seed };
        CommandLine.Option<bool?> clip = new("--clip") { Description = "Clip each estimate of the image to [-1, 1]: true or false [default: as the run's preset does]" };
        CommandLine.Option<double?> guidance = new("--guidance-scale") { Description = "The guidance scale of a run that was trained with --conditional [default: 1]" };
        CommandLine.Option<int> boundImages = new("--bound-images") { Description = "On how many test images the bits per dimension are measured; 0 for not at all", DefaultValueFactory = _ => UsualBoundImages };
        CommandLine.Option<string?> classifier = new("--classifier") { Description = "Use the features of this classifier, made by train-classifier [default: the one that comes with the program]", HelpName = "FILE" };
        CommandLine.Option<string?> script = new("--features") { Description = "Use the features of this TorchScript module, as FID does those of Inception", HelpName = "PT" };
        CommandLine.Option<string?> to = new("--to") { Description = "The folder for evaluation.json and neighbours.png [default: the run's]", HelpName = "DIR" };
        foreach (var option in (CommandLine.Option[])[images, labels, count, seed, guidance, clip, boundImages, classifier, script, to])
        {
            command.Add(option);
        }

        command.Add(TrainClassifier());
        command.SetAction(said => Session.Run(said, (view, stop) =>
            from named in run.Named(said)
            from given in Readable(said.GetValue(images), said.GetValue(labels), named)
            from _ in (Check.AtLeast("--count", said.GetValue(count), FewestImages), Check.That("--bound-images", said.GetValue(boundImages), said.GetValue(boundImages) is 0 or >= 2, "must be 0, or at least 2 for an error to be told")).Apply((_, _) => unit).OrUsage()
            from device in machine.Prepare(said)
            from judged in given.Match(
                set => FinSucc(new Judged(set, SamplesReport.Of(said.GetValue(images)!, set), data.Dataset(said).IfNone(Defaults.Dataset), None)),
                () => Sampled(
                    named.IfNone(() => throw new System.Diagnostics.UnreachableException()), device,
                    new(0, said.GetValue(count), said.GetValue(seed), sampler.Said(said), said.GetValue(clip), "fixed", SamplesAtATime, null, said.GetValue(guidance)),
                    said.GetValue(boundImages), (name, split) => data.Load(said, name, view, stop, split), view, stop))
            from train in data.Load(said, judged.Dataset, view, stop)
            from test in data.Load(said, judged.Dataset, view, stop, DataSplit.Test)
            from fits in (train.Images.Height, train.Images.Channels) == (judged.Images.Height, judged.Images.Channels)
                ? FinSucc(unit)
                : Error.New($"the images are {judged.Images.Height}×{judged.Images.Width}×{judged.Images.Channels}, and those of {train.Description.Title} {train.Images.Height}×{train.Images.Width}×{train.Images.Channels}: name the data that they imitate with --dataset or --data")
            from features in FeatureSource.Open(Optional(said.GetValue(script)), Optional(said.GetValue(classifier)), train, device)
            from report in use(features, source => Comparison.Measure(source, judged.Images, judged.Report, train, test, view, stop))
            from score in Score(judged.Images, train, test, device, view, stop)
            let whole = report with { BitsPerDimension = judged.Bound.MatchUnsafe(bound => bound, () => null), ClassificationAccuracyScore = score.MatchUnsafe(found => found, () => null) }
            let folder = new RunFolder(said.GetValue(to) ?? named.Match(chosen => chosen.Path, () => "."))
            from __ in Folders.Create(folder.Path)
            from ___ in AtomicFile.Write(folder.Within("evaluation.json"), whole.ToJson())
            from ____ in AtomicFile.Write(folder.Within("neighbours.png"), Png.Encode(NeighbourPicture.Draw(judged.Images, train.Images)))
            select fun(() =>
            {
                whole.Table().Iter(view.Line);
                view.Line($"wrote {folder.Within("evaluation.json")}");
                view.Line($"wrote {folder.Within("neighbours.png")}");
            })()));
        return command;
    }

    /// <summary>The images that were named instead of a run, with their labels.</summary>
    private static Fin<LanguageExt.Option<ImageSet>> Readable(string? images, string? labels, LanguageExt.Option<RunFolder> run) => (images, labels, run.IsSome) switch
    {
        (null, null, true) => LanguageExt.Option<ImageSet>.None,
        (null, not null, _) => Error.New(ExitCode.Usage, "--labels needs the images that they are of: name them with --images"),
        (not null, _, false) => from array in Bytes(images)
                                from classes in Optional(labels).Map(Bytes).Sequence()
                                from set in Set(array, classes).At(images)
                                select Some(set),
        _ => Error.New(ExitCode.Usage, "what is to be judged? Name a run with --run NAME or images with --images FILE.npy, one of them"),
    };

    private static Fin<NpyArray> Bytes(string path) =>
        (from bytes in Folders.Read(path)
         from array in Npy.Read(bytes)
         from _ in array.Type == NpyType.U1 ? FinSucc(unit) : Error.New("it holds no bytes (uint8)")
         select array).At(path);

    private static Fin<ImageSet> Set(NpyArray array, LanguageExt.Option<NpyArray> labels)
    {
        var shape = array.Shape.Map(size => (int)Math.Min(size, int.MaxValue)).ToArr();
        return shape.Count is not (3 or 4) || shape[0] < FewestImages || shape[1] != shape[2]
            ? Error.New($"it is an array of {string.Join("×", shape)}, and must hold at least four square images, N×H×H or N×H×H×C")
            : ImageSet.Create(shape[0], shape[1], shape[2], shape.Count == 4 ? shape[3] : 1, array.Data, labels.Map(all => all.Data)).OrFailure();
    }

    /// <summary>A run's samples, and its bits per dimension where they are wanted.</summary>
    private static Fin<Judged> Sampled(
        RunFolder folder, Device device, SampleCommand.Request request, int boundImages, Func<string, DataSplit, Fin<LoadedDataSet>> load, IView view, CancellationToken stop) =>
        from receipt in folder.Receipt()
        from name in FinSucc(receipt.Best ?? receipt.Last)
        from checkpoint in folder.ReadCheckpoint(name)
        from config in checkpoint.Header.Config.OrFailure().At(folder.Unusable(name!))
        from wanted in SampleCommand.Checked.From(request, config.Model, receipt.Data.ClassName)
        from judged in use(new UNet(config.Model.Network, ScalarType.Float32, device), network =>
            from theta in Checkpoint.LoadWeights(checkpoint.File, network).At(folder.Unusable(name!))
            from all in use(theta, weights =>
                from images in Generate(network, weights, wanted, view, stop)
                from bound in boundImages == 0
                    ? FinSucc(LanguageExt.Option<BoundReport>.None)
                    : from test in load(receipt.Options.Dataset, DataSplit.Test)
                      from measured in Bound(network, weights, config.Model, test.Images.Take(boundImages), new(request.Seed, ReverseVariance.Beta, wanted.Setting.ClipSample), view, stop)
                      select Some(measured)
                select new Judged(
                    images,
                    new(folder.Path, images.Count, request.Seed, request.Sampling.Sampler, wanted.Plan.Lines.Count, wanted.Setting.ClipSample, name, Checkpoint.WeightsSha256(network, weights)),
                    receipt.Options.Dataset, bound))
            select all)
        select judged;

    /// <summary>The samples as they would be written: on the fixed scale, rounded to 8 bits.</summary>
    private static Fin<ImageSet> Generate(UNet network, Tensor theta, SampleCommand.Checked wanted, IView view, CancellationToken stop)
    {
        var (channels, size, count) = (network.Config.ImageChannels, network.Config.ImageSize, wanted.Images.Count);
        var pixels = channels * size * size;
        var levels = new byte[checked(count * pixels)];
        var pieces = Enumerable.Range(0, (count - 1) / SamplesAtATime + 1).Select(piece => piece * SamplesAtATime);
        using var bar = view.Bar($"sampling {count} images");
        var (sampler, lines) = (new ImageSampler(network, wanted.Plan), wanted.Plan.Lines.Count);
        foreach (var first in pieces)
        {
            var here = Math.Min(SamplesAtATime, count - first);
            var made = sampler.Sample(
                theta, wanted.Images with { First = wanted.Images.First + first, Count = here }, [],
                (done, total) => bar.Report((int)((first + (double)here * done / total) / count * 10_000), 10_000), stop);
            if (made.Case is Error fault)
            {
                return fault;
            }

            made.Iter(moments => new PixelScale.Fixed().ToLevels(moments[^1].Values.Span, channels, size, size, levels.AsSpan(first * pixels, here * pixels)));
        }

        return ImageSet.Create(count, size, size, channels, levels, wanted.Images.Condition.Map(condition =>
            (ReadOnlyMemory<byte>)Enumerable.Range(wanted.Images.First, count).Select(image => (byte)condition.ClassOf(image)).ToArray())).OrFailure();
    }

    private static Fin<BoundReport> Bound(
        UNet network, Tensor theta, DiffusionModel model, ImageSet images, BoundSetting setting, IView view, CancellationToken stop)
    {
        using var bar = view.Bar("bits per dimension");
        return BoundMeasurement.Measure(network, theta, model, images, setting, bar.Report, stop).Map(bounds => BoundReport.Of(bounds, setting));
    }

    /// <summary>The same classifier trained on the generated images with their classes, and its accuracy on real ones (Ravuri and Vinyals 2019).</summary>
    private static Fin<LanguageExt.Option<ScoreReport>> Score(
        ImageSet images, LoadedDataSet train, LoadedDataSet test, Device device, IView view, CancellationToken stop)
    {
        if (images.Labels.IsNone)
        {
            return LanguageExt.Option<ScoreReport>.None;
        }

        var recipe = Recipe(train.Description.Name);
        return from config in ClassifierConfig.Create(images.Height, images.Channels, train.Images.Classes).OrFailure()
               from known in images.Labels.Exists(labels => labels.ToArray().Any(label => label >= config.Classes))
                   ? Error.New($"a label of the images is no class of {train.Description.Title}: there are {config.Classes}, counted from 0")
                   : FinSucc(unit)
               from accuracy in Trained(config, recipe, images, test.Images, device, "classifier of generated images", (trained, right) => FinSucc(right), view, stop)
               select Some(new ScoreReport(accuracy, test.Images.Count, recipe.Epochs, recipe.Seed));
    }

    /// <summary>Half of a garment's images may be mirrored, and none of a digit's.</summary>
    private static ClassifierRecipe Recipe(string dataset) => new() { Mirror = dataset == DataSetDescription.FashionMnist.Name };

    private static Fin<T> Trained<T>(
        ClassifierConfig config, ClassifierRecipe recipe, ImageSet train, ImageSet test, Device device, string title, Func<TrainedClassifier, double, Fin<T>> then, IView view,
        CancellationToken stop)
    {
        Fin<TrainedClassifier> made;
        using (var bar = view.Bar(title))
        {
            made = ClassifierTraining.Train(config, recipe, train, device, (done, total, loss) => bar.Report(done, total, Invariant($"loss {loss:F4}")), stop);
        }

        return made.Bind(classifier => use(classifier, trained =>
        {
            using var bar = view.Bar("test images");
            return then(trained, trained.Accuracy(test, bar.Report, stop));
        }));
    }

    private static CommandLine.Command TrainClassifier()
    {
        var command = new CommandLine.Command("train-classifier", "Train the small classifier whose features samples are judged by");
        var data = new DataOptions(command);
        var machine = new MachineOptions(command);
        var defaults = new ClassifierRecipe();
        CommandLine.Option<int> epochs = new("--epochs") { Description = "Passes over the images", DefaultValueFactory = _ => defaults.Epochs };
        CommandLine.Option<int> limit = new("--limit") { Description = "Train on the first so many images", DefaultValueFactory = _ => int.MaxValue };
        CommandLine.Option<ulong> seed = new("--seed") { Description = "The seed of its weights, order and changes", DefaultValueFactory = _ => defaults.Seed };
        CommandLine.Option<string> to = new("--to") { Description = "The file to write", DefaultValueFactory = _ => "classifier.safetensors", HelpName = "FILE" };
        foreach (var option in (CommandLine.Option[])[epochs, limit, seed, to])
        {
            command.Add(option);
        }

        command.SetAction(said => Session.Run(said, (view, stop) =>
            from recipe in (Recipe(data.Dataset(said).IfNone(Defaults.Dataset)) with { Epochs = said.GetValue(epochs), Seed = said.GetValue(seed) }).Checked().OrUsage()
            from device in machine.Prepare(said)
            from train in data.Load(said, data.Dataset(said).IfNone(Defaults.Dataset), view, stop)
            from test in data.Load(said, data.Dataset(said).IfNone(Defaults.Dataset), view, stop, DataSplit.Test)
            from config in ClassifierConfig.Create(train.Images.Height, train.Images.Channels, train.Images.Classes).OrFailure()
            from _ in Trained(config, recipe, train.Images.Take(said.GetValue(limit)), test.Images, device, "training the classifier", (trained, accuracy) =>
            {
                var header = new ClassifierHeader(config.ImageSize, config.ImageChannels, config.Classes, recipe, train.Description.Name, train.ImagesSha256, accuracy);
                view.Line(Invariant($"{accuracy:P2} of {test.Images.Count} test images are told right"));
                return AtomicFile.Write(said.GetValue(to)!, Safetensors.Write(ClassifierFile.Save(header, trained)));
            }, view, stop)
            select fun(() => view.Line($"wrote {said.GetValue(to)}"))()));
        return command;
    }
}
