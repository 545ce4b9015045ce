using Ddpm.Gpu.Classification;
using Ddpm.Gpu.Likelihood;
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
    private const int UsualBoundImages = 256;

    private static readonly TrainingOptions Defaults = new();

    /// <summary>Images to judge, and what is known of them.</summary>
    private sealed record Judged(ImageSet Images, SamplesReport Report, string Dataset, LanguageExt.Option<PictureShape> Shape, LanguageExt.Option<BoundReport> Bound);

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("evaluate", "Measure how near a run's samples, or given images, are to real ones");
        var run = new RunOptions(command, "The run to judge");
        var sampler = new SamplerOptions(command, withNetwork: true);
        var data = new DataOptions(command);
        var machine = new MachineOptions(command);
        var judging = new JudgingOptions(command);
        CommandLine.Option<string?> images = new("--images") { Description = "Judge these images instead of a run's samples: bytes N×H×W or N×H×W×C", HelpName = "NPY" };
        CommandLine.Option<string?> labels = new("--labels") { Description = "The class of each of --images, N integers: gives the classification accuracy score too", HelpName = "NPY" };
        CommandLine.Option<int> boundImages = new("--bound-images") { Description = "On how many test images the bits per dimension are measured; 0 for not at all", DefaultValueFactory = _ => UsualBoundImages };
        CommandLine.Option<string?> to = new("--to") { Description = "The folder for evaluation.json and neighbours.png [default: the run's]", HelpName = "DIR" };
        command.AddGroup("Measurement", images, labels, boundImages, to);

        command.Add(TrainClassifier());
        command.Add(EvaluateStepsCommand.Create());
        command.SetAction(said => Session.Run(said, (view, stop) =>
            from named in run.Named(said)
            from given in Readable(said.GetValue(images), said.GetValue(labels), named)
            from _ in (judging.Count(said), Check.That("--bound-images", said.GetValue(boundImages), said.GetValue(boundImages) is 0 or >= 2, "must be 0, or at least 2 for an error to be told")).Apply((_, _) => unit).OrUsage()
            from device in machine.Prepare(said)
            from judged in given.Match(
                named => FinSucc(new Judged(named.Images, named.Report, data.Dataset(said).IfNone(Defaults.Dataset), None, None)),
                () => Sampled(
                    named.IfNone(() => throw new System.Diagnostics.UnreachableException()), device,
                    judging.Request(said, usual => sampler.Said(said, usual)),
                    said.GetValue(boundImages), (name, split, shape) => data.Load(said, name, view, stop, split, shape), view, stop))
            from train in data.Load(said, judged.Dataset, view, stop, shape: judged.Shape)
            from test in data.Load(said, judged.Dataset, view, stop, DataSplit.Test, judged.Shape)
            from fits in (train.Images.Height, train.Images.Channels) == (judged.Images.Height, judged.Images.Channels)
                ? FinSucc(unit)
                : Error.New($"the images are {Described(judged.Images)}, and those of {train.Description.Title} {Described(train.Images)}: name the data that they imitate with --dataset or --data")
            from features in judging.Features(said, train, device)
            from report in use(features, source =>
                from comparison in Comparison.With(source, train, test, judged.Images.Count, view, stop)
                from measured in comparison.Measure(judged.Images, judged.Report, view, stop)
                select measured)
            from score in Score(judged.Images, train, test, device, view, stop)
            let whole = report with { BitsPerDimension = judged.Bound.MatchUnsafe(bound => bound, () => null), ClassificationAccuracyScore = score.MatchUnsafe(found => found, () => null) }
            let folder = new RunFolder(said.GetValue(to) ?? named.Match(chosen => chosen.Path, () => "."))
            from __ in Folders.Create(folder.Path)
            from ___ in AtomicFile.Write(folder.Within("evaluation.json"), whole.ToJson())
            from ____ in AtomicFile.Write(folder.Within("neighbours.png"), Png.Encode(NeighbourPicture.Draw(judged.Images, train.Images)))
            select fun(() =>
            {
                whole.Table().Iter(view.Result);
                view.Result($"wrote {folder.Within("evaluation.json")}");
                view.Result($"wrote {folder.Within("neighbours.png")}");
            })()));
        return command.WithExample("--run clothes --sampler unipc-2 --sampling-steps 20");
    }

    /// <summary>The images that were named instead of a run, with their labels.</summary>
    private static Fin<LanguageExt.Option<(ImageSet Images, SamplesReport Report)>> Readable(string? images, string? labels, LanguageExt.Option<RunFolder> run) => (images, labels, run.IsSome) switch
    {
        (null, null, true) => LanguageExt.Option<(ImageSet, SamplesReport)>.None,
        (null, not null, _) => Error.New(ExitCode.Usage, "--labels needs the images that they are of: name them with --images"),
        (not null, _, false) => from bytes in Folders.Read(images)
                                from array in Npy.Read(bytes).Bind(Levels).At(images)
                                from classes in Optional(labels).Map(path => Folders.Read(path).Bind(read => Npy.Read(read).Bind(Classes).At(path))).Sequence()
                                from set in Set(array, classes).At(images)
                                select Some((set, new SamplesReport(images, set.Count, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes.Span))))),
        _ => Error.New(ExitCode.Usage, "what is to be judged? Name a run with --run NAME or images with --images FILE.npy, one of them"),
    };

    private static string Described(ImageSet images) => $"{images.Height}×{images.Width}×{images.Channels}";

    private static Fin<NpyArray> Levels(NpyArray array) => array.Type == NpyType.U1 ? array : Error.New("it holds no bytes (uint8)");

    /// <summary>Labels as bytes, from any integers: NumPy's own are of 64 bits.</summary>
    private static Fin<ReadOnlyMemory<byte>> Classes(NpyArray array)
    {
        if (array.Type == NpyType.U1)
        {
            return array.Data;
        }

        if (array.Type != NpyType.I8 && array.Type != NpyType.I4 && array.Type != NpyType.U4)
        {
            return Error.New($"it holds no integers, but {array.Type}");
        }

        var (size, classes) = (array.Type.ItemBytes, new byte[array.Data.Length / array.Type.ItemBytes]);
        for (var i = 0; i < classes.Length; i++)
        {
            var integer = array.Data.Span.Slice(i * size, size);
            if (integer[1..].ContainsAnyExcept((byte)0))
            {
                return Error.New(Invariant($"label {i} is none in [0, 255]"));
            }

            classes[i] = integer[0];
        }

        return (ReadOnlyMemory<byte>)classes;
    }

    private static Fin<ImageSet> Set(NpyArray array, LanguageExt.Option<ReadOnlyMemory<byte>> labels)
    {
        var shape = array.Shape.Map(size => (int)Math.Min(size, int.MaxValue)).ToArr();
        return shape.Count is not (3 or 4) || shape[0] < JudgingOptions.Fewest || shape[1] != shape[2]
            ? Error.New($"it is an array of {string.Join("×", shape)}, and must hold at least four square images, N×H×H or N×H×H×C")
            : ImageSet.Create(shape[0], shape[1], shape[2], shape.Count == 4 ? shape[3] : 1, array.Data, labels).OrFailure();
    }

    /// <summary>A run's samples, and its bits per dimension where they are wanted.</summary>
    private static Fin<Judged> Sampled(
        RunFolder folder, Device device, SampleCommand.Request request, int boundImages, Func<string, DataSplit, PictureShape, Fin<LoadedDataSet>> load, IView view, CancellationToken stop) =>
        TrainedModel.Use(folder, device, model =>
            from wanted in SampleCommand.Checked.From(request, model.Model, model.Receipt.Data.ClassName)
            from plan in wanted.Plan(model, view, stop)
            from images in SamplesToJudge.Of(model, wanted, plan, view, stop)
            let dataset = model.Receipt.Options.Dataset
            from bound in boundImages == 0
                ? FinSucc(LanguageExt.Option<BoundReport>.None)
                : from test in load(dataset, DataSplit.Test, model.Receipt.Data.Shape)
                  from measured in Bound(model, test.Images.Take(boundImages), new(request.Seed, ReverseVariance.Beta, wanted.Setting.ClipSample), view, stop)
                  select Some(measured)
            select new Judged(images, SamplesReport.Of(folder.Path, model, request, wanted, plan), dataset, model.Receipt.Data.Shape, bound));

    private static Fin<BoundReport> Bound(TrainedModel model, ImageSet images, BoundSetting setting, IView view, CancellationToken stop)
    {
        using var bar = view.Bar("bits per dimension");
        return BoundMeasurement.Measure(model.Network, model.Theta, model.Model, images, setting, bar.Report, stop).Map(bounds => BoundReport.Of(bounds, setting));
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
        command.AddGroup("Training", epochs, limit, seed, to);

        command.SetAction(said => Session.Run(said, (view, stop) =>
            from recipe in (Recipe(data.Dataset(said).IfNone(Defaults.Dataset)) with { Epochs = said.GetValue(epochs), Seed = said.GetValue(seed) }).Checked().OrUsage()
            from device in machine.Prepare(said)
            from train in data.Load(said, data.Dataset(said).IfNone(Defaults.Dataset), view, stop)
            from test in data.Load(said, data.Dataset(said).IfNone(Defaults.Dataset), view, stop, DataSplit.Test)
            from config in ClassifierConfig.Create(train.Images.Height, train.Images.Channels, train.Images.Classes).OrFailure()
            from _ in Trained(config, recipe, train.Images.Take(said.GetValue(limit)), test.Images, device, "training the classifier", (trained, accuracy) =>
            {
                var header = new ClassifierHeader(config.ImageSize, config.ImageChannels, config.Classes, recipe, train.Description.Name, train.ImagesSha256, accuracy);
                view.Result(Invariant($"{accuracy:P2} of {test.Images.Count} test images are told right"));
                return AtomicFile.Write(said.GetValue(to)!, Safetensors.Write(ClassifierFile.Save(header, trained)));
            }, view, stop)
            select fun(() => view.Result($"wrote {said.GetValue(to)}"))()));
        return command.WithExample("--to fashion-mnist.safetensors");
    }
}
