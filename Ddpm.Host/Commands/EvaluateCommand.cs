using Ddpm.Gpu.Classification;
using Ddpm.Gpu.Likelihood;
using Ddpm.Host.Data;
using Ddpm.Host.Evaluation;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Data;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Options;
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
    private sealed record Judged(ImageSet Images, SamplesReport Report, LanguageExt.Option<BoundReport> Bound);

    /// <summary>What is to be judged, once it is known to fit what it is compared with.</summary>
    /// <param name="Load">Loads what the images are compared with.</param>
    /// <param name="Size">The images' size and channels.</param>
    /// <param name="Name">What they are called.</param>
    /// <param name="Classes">How many classes their labels tell, if they have any.</param>
    /// <param name="Make">Makes them, and the bound of test images.</param>
    private sealed record Candidate(Func<DataSplit, Fin<LoadedDataSet>> Load, PictureShape Size, string Name, LanguageExt.Option<int> Classes, Func<ImageSet, Fin<Judged>> Make);

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
        // Everything that can be wrong is looked at before an image is made.
        Fin<Unit> Judge(CommandLine.ParseResult said, Candidate candidate, RunFolder target, Device device, IView view, CancellationToken stop) =>
            from train in candidate.Load(DataSplit.Train)
            from test in candidate.Load(DataSplit.Test)
            from _ in JudgingOptions.Comparable(Seq(train, test), candidate.Size, candidate.Name)
            from scored in candidate.Classes.Map(classes => Scorable(classes, candidate.Size, train)).Sequence()
            from features in judging.Features(said, train, device, stop)
            from __ in Folders.Create(target.Path)
            from found in use(features, source =>
                from judged in candidate.Make(test.Images)
                from comparison in Comparison.With(source, train, test, judged.Images.Count, view, stop)
                from report in comparison.Measure(judged.Images, judged.Report, view, stop)
                select (Judged: judged, Report: report))
            from score in scored.Map(config => Score(config, found.Judged.Images, train, test, device, view, stop)).Sequence()
            let whole = found.Report with { BitsPerDimension = found.Judged.Bound.MatchUnsafe(bound => bound, () => null), ClassificationAccuracyScore = score.MatchUnsafe(told => told, () => null) }
            from ___ in target.Write(target.Within("evaluation.json"), whole.ToJson())
            from ____ in target.Write(target.Within("neighbours.png"), Png.Encode(NeighbourPicture.Draw(found.Judged.Images, train.Images)))
            select fun(() =>
            {
                whole.Table().Iter(view.Result);
                view.Result($"wrote {target.Within("evaluation.json")}");
                view.Result($"wrote {target.Within("neighbours.png")}");
            })();

        command.SetAction(said => Session.Run(said, (view, stop) =>
            from named in run.Named(said)
            from given in Readable(said.GetValue(images), said.GetValue(labels), named, stop)
            from _ in (judging.Count(said), Check.That("--bound-images", said.GetValue(boundImages), said.GetValue(boundImages) is 0 or >= 2, "must be 0, or at least 2 for an error to be told")).Apply((_, _) => unit).OrUsage()
            from __ in given.IsSome ? AsTheyAre(said.Given([.. sampler.All, .. judging.OfSamples, boundImages])) : unit
            from device in machine.Prepare(said)
            let target = new RunFolder(said.GetValue(to) ?? named.Match(chosen => chosen.Path, () => "."))
            from judged in given.Match(
                found => Judge(said, Given(found.Images, found.Report, (split, size) => data.Load(said, data.Dataset(said).IfNone(Defaults.Dataset), view, split, size, stop)), target, device, view, stop),
                () => from folder in run.Required(said)
                      from done in TrainedModel.Use(folder, device, model =>
                          from _ in FinSucc(model.Warn(view))
                          from candidate in Sampled(folder, model, judging.Request(said, usual => sampler.Said(said, usual)), split => data.LoadOf(said, model.Receipt, view, stop, split), said.GetValue(boundImages), view, stop)
                          from written in Judge(said, candidate, target, device, view, stop)
                          select written)
                      select done)
            select judged));
        return command.WithExample("--run clothes --sampler unipc-2 --sampling-steps 20");
    }

    /// <summary>The images that were named instead of a run, with their labels.</summary>
    private static Fin<LanguageExt.Option<(ImageSet Images, SamplesReport Report)>> Readable(
        string? images, string? labels, LanguageExt.Option<RunFolder> run, CancellationToken stop) => (images, labels, run.IsSome) switch
        {
            (null, null, true) => LanguageExt.Option<(ImageSet, SamplesReport)>.None,
            (null, not null, _) => Error.New(ExitCode.Usage, "--labels needs the images that they are of: name them with --images"),
            (not null, _, false) => from bytes in Folders.Read(images, stop)
                                    from array in Array(bytes).Bind(Levels).At(images)
                                    from classes in Optional(labels).Map(path => Folders.Read(path, stop).Bind(read => Array(read).Bind(Classes).At(path))).Sequence()
                                    from set in Set(array, classes).At(images)
                                    select Some((set, new SamplesReport(images, set.Count, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes.Span))))),
            _ => Error.New(ExitCode.Usage, "what is to be judged? Name a run with --run NAME or images with --images FILE.npy, one of them"),
        };

    private static Fin<NpyArray> Levels(NpyArray array) => array.Type == NpyType.U1 ? array : Error.New(
        $"it holds {array.Type}, and images are levels from 0 to 255 as bytes: save them with numpy.save(file, levels.round().clip(0, 255).astype('uint8')), "
        + "values in [0, 1] times 255 first");

    /// <summary>An array of a file, or a hint where it is another file of NumPy's.</summary>
    private static Fin<NpyArray> Array(ReadOnlyMemory<byte> file) => file.Span.StartsWith("PK"u8)
        ? Error.New("it is a zip, as an .npz of several arrays: save the one array with numpy.save")
        : Npy.Read(file);

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
        return shape.Count is not (3 or 4) || shape[0] < JudgingOptions.Fewest || shape[1] != shape[2] || (shape.Count == 4 && shape[3] is not (1 or 3))
            ? Error.New($"it is an array of {string.Join("×", shape)}, and must hold at least four square images, N×H×H or N×H×H×C with C 1 or 3")
            : ImageSet.Create(shape[0], shape[1], shape[2], shape.Count == 4 ? shape[3] : 1, array.Data, labels).OrFailure();
    }

    /// <summary>Images of a file come from no sampler.</summary>
    private static Fin<Unit> AsTheyAre(Seq<string> said) => said.IsEmpty
        ? unit
        : Error.New(ExitCode.Usage, $"--images are judged as they are: leave out {string.Join(" and ", said)}, which tell how a run's samples are made");

    /// <summary>Images that are there.</summary>
    private static Candidate Given(ImageSet images, SamplesReport report, Func<DataSplit, PictureShape, Fin<LoadedDataSet>> load)
    {
        var size = new PictureShape(images.Height, images.Channels);
        return new(split => load(split, size), size, "the images", images.Labels.Map(_ => images.Classes), _ => new Judged(images, report, None));
    }

    /// <summary>A run's samples, and its bits per dimension where they are wanted.</summary>
    private static Fin<Candidate> Sampled(
        RunFolder folder, TrainedModel model, SamplingRequest request, Func<DataSplit, Fin<LoadedDataSet>> load, int boundImages, IView view, CancellationToken stop) =>
        from wanted in SampleJob.From(request, model.Model, model.Receipt.Data.ClassName)
        let network = model.Network.Config
        select new Candidate(load, new(network.ImageSize, network.ImageChannels), "the run's images", Some(network.Classes).Filter(classes => classes > 0), test =>
            from plan in wanted.Plan(model, view, stop)
            from images in SamplesToJudge.Of(model, wanted, plan, view, stop)
            from bound in boundImages == 0
                ? FinSucc(LanguageExt.Option<BoundReport>.None)
                : Bound(model, test.Take(boundImages), new(request.Seed, ReverseVariance.Beta, wanted.Setting.ClipSample), view, stop).Map(Some)
            select new Judged(images, SamplesReport.Of(folder.Path, model, request, wanted, plan), bound));

    private static Fin<BoundReport> Bound(TrainedModel model, ImageSet images, BoundSetting setting, IView view, CancellationToken stop)
    {
        using var bar = view.Bar("bits per dimension");
        return BoundMeasurement.Measure(model.Network, model.Theta, model.Model, images, setting, bar.Report, stop).Map(bounds => BoundReport.Of(bounds, setting));
    }

    /// <summary>The classifier that generated images with so many classes can teach.</summary>
    private static Fin<ClassifierConfig> Scorable(int classes, PictureShape size, LoadedDataSet train) =>
        from config in ClassifierConfig.Create(size.Size, size.Channels, train.Images.Classes).OrFailure()
        from _ in classes > config.Classes
            ? Error.New($"a label of the images is no class of {train.Description.Title}: there are {config.Classes}, counted from 0")
            : FinSucc(unit)
        select config;

    /// <summary>The same classifier trained on the generated images with their classes, and its accuracy on real ones (Ravuri and Vinyals 2019).</summary>
    private static Fin<ScoreReport> Score(
        ClassifierConfig config, ImageSet images, LoadedDataSet train, LoadedDataSet test, Device device, IView view, CancellationToken stop)
    {
        var recipe = Recipe(train.Description.Name);
        return Trained(config, recipe, images, test.Images, device, "classifier of generated images", (trained, right) => FinSucc(right), view, stop)
            .Map(accuracy => new ScoreReport(accuracy, test.Images.Count, recipe.Epochs, recipe.Seed));
    }

    /// <summary>Half of a garment's images may be mirrored, and none of a digit's.</summary>
    private static ClassifierRecipe Recipe(string dataset) => new() { Mirror = dataset == DataSetDescription.FashionMnist.Name };

    private static Fin<T> Trained<T>(
        ClassifierConfig config, ClassifierRecipe recipe, ImageSet train, ImageSet test, Device device, string title, Func<TrainedClassifier, double, Fin<T>> then, IView view,
        CancellationToken stop)
    {
        Fin<TrainedClassifier> Made(ClassifierPlan plan)
        {
            using var bar = view.Bar(title);
            return ClassifierTraining.Train(config, plan, train, device, (done, total, loss) => bar.Report(done, total, Invariant($"loss {loss:F4}")), stop);
        }

        return ClassifierPlan.Of(recipe, train.Count).OrUsage().Bind(Made).Bind(classifier => use(classifier, trained =>
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
            from asked in ((defaults with { Epochs = said.GetValue(epochs), Seed = said.GetValue(seed) }).Checked(), Check.AtLeast("--limit", said.GetValue(limit), 1)).Apply((recipe, _) => recipe).OrUsage()
            let path = said.GetValue(to)!
            from _ in Directory.Exists(path) ? Error.New(ExitCode.Usage, $"--to must be a file, and {path} is a folder") : Folders.Create(Path.GetDirectoryName(Path.GetFullPath(path))!)
            from device in machine.Prepare(said)
            from train in data.Load(said, data.Dataset(said).IfNone(Defaults.Dataset), view, stop)
            from test in data.Load(said, data.Dataset(said).IfNone(Defaults.Dataset), view, stop, DataSplit.Test)
            from fits in test.Fits(new(train.Images.Height, train.Images.Channels), "the training images")
            from config in ClassifierConfig.Create(train.Images.Height, train.Images.Channels, train.Images.Classes).OrFailure()
            let recipe = asked with { Mirror = Recipe(train.Description.Name).Mirror }
            from done in Trained(config, recipe, train.Images.Take(said.GetValue(limit)), test.Images, device, "training the classifier", (trained, accuracy) =>
            {
                var header = new ClassifierHeader(config.ImageSize, config.ImageChannels, config.Classes, recipe, train.Description.Name, train.ImagesSha256, accuracy);
                view.Result(Invariant($"{accuracy:P2} of {test.Images.Count} test images are told right"));
                return AtomicFile.Write(path, Safetensors.Write(ClassifierFile.Save(header, trained)), stop);
            }, view, stop)
            select fun(() => view.Result($"wrote {path}"))()));
        return command.WithExample("--to fashion-mnist.safetensors");
    }
}
