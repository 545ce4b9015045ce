using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Host.Data;
using Ddpm.Host.Pictures;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using TorchSharp;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>The test images that a run measures its loss on.</summary>
/// <param name="Images">How many there are.</param>
/// <param name="Sha256">Of their uncompressed IDX file.</param>
internal sealed record HeldOutReceipt(int Images, string Sha256)
{
    /// <summary>What to record of test images.</summary>
    public static HeldOutReceipt Of(LoadedDataSet test) => new(test.Images.Count, test.ImagesSha256);
}

/// <summary>The data a run was trained on.</summary>
/// <param name="Name">The data set.</param>
/// <param name="Origin">Where it came from.</param>
/// <param name="Sha256">Of the training images' uncompressed IDX file.</param>
/// <param name="Images">How many were trained on.</param>
/// <param name="Size">Height and width.</param>
/// <param name="Channels">Channels.</param>
/// <param name="ClassNames">What the classes are called, where the data set itself does not say.</param>
/// <param name="Background">What showed through the pictures of a folder; none of other data, and of receipts of earlier versions.</param>
/// <param name="HeldOut">The test images that it measures its loss on; null if it measures none, as runs of earlier versions.</param>
internal sealed record DataReceipt(
    string Name, string Origin, string Sha256, int Images, ImageSize Size, int Channels, IReadOnlyList<string>? ClassNames = null, string? Background = null,
    HeldOutReceipt? HeldOut = null)
{
    /// <summary>What a class is called: its number where nothing else is known.</summary>
    public string ClassName(int label) => ClassNames is { } names
        ? label < names.Count ? names[label] : Invariant($"{label}")
        : DataSetDescription.Named(Name).Match(known => known.ClassName(label), _ => Invariant($"{label}"));

    /// <summary>How many classes have a name.</summary>
    [JsonIgnore]
    public int Classes => ClassNames?.Count ?? DataSetDescription.Named(Name).Match(known => known.ClassNames.Count, _ => 0);

    /// <summary>What pictures became.</summary>
    [JsonIgnore]
    public PictureShape Shape => new(Size, Channels);

    /// <summary>The folder or file that a person named; none of data that are fetched. Of pictures the folder of both parts.</summary>
    [JsonIgnore]
    public Option<string> Place
    {
        get
        {
            if (Origin.StartsWith(LoadedDataSet.InFile, StringComparison.Ordinal))
            {
                return Origin[LoadedDataSet.InFile.Length..];
            }

            if (!Origin.StartsWith(LoadedDataSet.InFolder, StringComparison.Ordinal))
            {
                return None;
            }

            var there = Origin[LoadedDataSet.InFolder.Length..];
            return !Name.EndsWith('/') || Path.GetFileName(Path.TrimEndingDirectorySeparator(there)) == Name.TrimEnd('/')
                ? there
                : Optional(Path.GetDirectoryName(there)).Filter(both => both.Length > 0);
        }
    }

    /// <summary>Whether it was these images, as far as their part tells: of test images no checksum is kept.</summary>
    public bool IsOf(LoadedDataSet loaded) => loaded.Split == DataSplit.Train ? loaded.ImagesSha256 == Sha256 : loaded.Description.Name == Name;

    /// <summary>That it was others.</summary>
    public Error IsNotOf(LoadedDataSet loaded) => loaded.Shape != Shape
        ? Error.New($"the run was trained on images of {Shape}, but these are {loaded.Shape}: "
            + "leave out --image-size and --channels")
        : loaded.Background is { } behind && Background is { } before && behind != before
        ? Error.New($"the run was trained with the background {before}, but these pictures have {behind}: leave out --background")
        : Error.New($"the run was trained on other images ({Origin}) than the ones in {loaded.Origin}: give the same images with --data"
        + (loaded.Background is not null && Background is null
            ? "; if they are the same, an earlier version decoded and scaled them differently, and its run cannot be resumed or compared: train it again"
            : ""));
}

/// <summary>What computed a run.</summary>
/// <param name="Ddpm">This program's version.</param>
/// <param name="TorchSharp">TorchSharp's version.</param>
/// <param name="Libtorch">libtorch's version.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="System">The operating system and processor architecture.</param>
/// <param name="Device">The device.</param>
/// <param name="Threads">The threads that libtorch used.</param>
/// <param name="Accumulate">In how many parts a GPU computed each batch.</param>
internal sealed record MachineReceipt(
    string Ddpm, string TorchSharp, string Libtorch, string Runtime, string System, string Device, int Threads, int Accumulate = 1)
{
    /// <summary>This machine.</summary>
    /// <param name="device">The device.</param>
    /// <param name="accumulate">In how many parts it computes each batch.</param>
    public static MachineReceipt Here(string device, int accumulate = 1) => new(
        VersionOf(typeof(MachineReceipt).Assembly),
        VersionOf(typeof(torch).Assembly),
        torch.__version__,
        RuntimeInformation.FrameworkDescription,
        $"{RuntimeInformation.OSDescription} {RuntimeInformation.ProcessArchitecture}",
        device,
        torch.get_num_threads(),
        accumulate);

    /// <summary>What differs on another machine, "name: this → other".</summary>
    public Seq<string> DifferencesTo(MachineReceipt other) => toSeq(typeof(MachineReceipt).GetProperties()
        .Where(property => !Equals(property.GetValue(this), property.GetValue(other)))
        .Select(property => $"{JsonNamingPolicy.KebabCaseLower.ConvertName(property.Name)}: {property.GetValue(this)} → {property.GetValue(other)}").ToArray());

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}

/// <summary>What a run was distilled from.</summary>
/// <param name="Run">The name of the run that taught it.</param>
/// <param name="WeightsSha256">Of that run's weights.</param>
/// <param name="Options">How.</param>
internal sealed record DistillationReceipt(string Run, string WeightsSha256, DistillationOptions Options);

/// <summary>The weights that training started from.</summary>
/// <param name="Source">Where they were: a file, a run's folder or a run's name.</param>
/// <param name="Sha256">Of their tensors (<see cref="Gpu.Checkpoints.StartingWeights.Sha256"/>).</param>
internal sealed record StartingWeightsReceipt(string Source, string Sha256);

/// <summary>run.json: what was run on what, and where its checkpoints are.</summary>
/// <param name="Options">The run's options.</param>
/// <param name="Data">The data.</param>
/// <param name="Machine">The machine that ran it last.</param>
/// <param name="Last">The last checkpoint's file name, once there is one.</param>
/// <param name="Best">The file name of the checkpoint of the best epoch (<see cref="BestByHeldOut"/>), once there is one.</param>
/// <param name="Progress">How far the last checkpoint is.</param>
/// <param name="Finished">Whether the run is complete.</param>
/// <param name="Recording">What it leaves behind; absent from the receipts of earlier versions.</param>
/// <param name="WeightsSha256">Of the trained weights once the run is complete: the checksum of the format's tensors under their state-dict names.</param>
/// <param name="Distilled">What the run was distilled from; null if it was not. Options and data are those of the run that taught it.</param>
/// <param name="FromWeights">The weights that training started from; null for random ones.</param>
/// <param name="Sampling">The default way to sample it, if it was imported with one.</param>
internal sealed record RunReceipt(
    TrainingOptions Options, DataReceipt Data, MachineReceipt Machine, string? Last, string? Best, TrainingProgress Progress, bool Finished,
    Recording? Recording = null, string? WeightsSha256 = null, DistillationReceipt? Distilled = null, StartingWeightsReceipt? FromWeights = null,
    SamplingReceipt? Sampling = null)
{
    /// <summary>The run's model, with the default way to sample it.</summary>
    public DiffusionModel ModelOf(TrainingConfig config) => Sampling is { } own ? own.Of(config.Model) : config.Model;

    /// <summary>What the run leaves behind.</summary>
    [JsonIgnore]
    public Recording Recorded => Recording ?? new();

    /// <summary>
    /// Whether the best epoch is the one with the lowest loss on test images, not over the epoch's own images. A run that averages its weights is sampled with
    /// its last checkpoint, so its best epoch keeps its meaning.
    /// </summary>
    [JsonIgnore]
    public bool BestByHeldOut => Data.HeldOut is not null && Options.EmaDecay is null;

    /// <summary>
    /// The checkpoint to sample with: the best, or the last where its weights are averaged. The loss of an epoch is that of the weights on their way; of their
    /// average it says nothing, and that is the better the longer it was made.
    /// </summary>
    [JsonIgnore]
    public string? Sampled => Options.EmaDecay is null ? Best ?? Last : Last;

    /// <summary>Whether what was measured with a checkpoint still tells of the run; images of no checkpoint do not grow old.</summary>
    public bool IsSampledBy(string? checkpoint) => checkpoint is null || checkpoint == Sampled;

    /// <summary>
    /// Whether a checkpoint is this run's, as far as the receipt tells: it was made with these options for images of this shape, it stands where the receipt
    /// says, and it holds the weights of a complete run. The loss of the best epoch tells even runs apart that have the same options and other images.
    /// </summary>
    /// <param name="name">The checkpoint's file name, one that the receipt names.</param>
    /// <param name="header">What it says of itself.</param>
    /// <param name="weightsSha256">The checksum of its weights, as in <see cref="WeightsSha256"/>; none if it has only the weights to sample with.</param>
    /// <returns>Nothing; or how it differs, and what to do.</returns>
    public Fin<Unit> Owns(string name, CheckpointHeader header, Func<Option<string>> weightsSha256)
    {
        var options = (header.Options with { Epochs = Options.Epochs }).DifferencesTo(Options);
        var shape = (header.ImageSize, header.ImageChannels) == (Data.Size, Data.Channels)
            ? Seq<string>()
            : Seq1(Invariant($"images: {header.ImageSize}×{header.ImageChannels} → {Data.Shape}"));
        var best = name == Best || name == Last ? Difference("best epoch and its loss", BestOf(header.Progress), BestOf(Progress)) : [];
        var last = name == Last ? Difference("step", header.Progress.Step, Progress.Step) : [];
        var weights = name == Last && WeightsSha256 is { } known
            ? weightsSha256().Map(found => Difference("weights-sha256", found, known)).IfNone([])
            : [];
        return options + shape + best + last + weights is { IsEmpty: false } differences
            ? Error.New($"it does not belong to run.json, or was changed: {differences.Listed("; ")}; "
                + "put the run's own checkpoint back, or import the weights as a new run")
            : unit;

        static string BestOf(TrainingProgress progress) => Invariant($"{progress.BestEpoch}, {progress.BestLoss:R}");
        static Seq<string> Difference<T>(string of, T here, T there) => Equals(here, there) ? [] : Seq1(Invariant($"{of}: {here} → {there}"));
    }

    /// <summary>The number of steps after an epoch.</summary>
    public int StepAfter(int epoch) => epoch * StepCount.InEpoch(Data.Images, Options.BatchSize);

    /// <summary>Whether the weights came from elsewhere, and nothing was trained here.</summary>
    [JsonIgnore]
    public bool IsImported => Data.Images == 0;

    /// <summary>Whether `train` made the weights: then it can resume and repeat the run.</summary>
    [JsonIgnore]
    public bool IsTrained => !IsImported && Distilled is null;

    /// <summary>What to say to make such a run: of a person's own pictures, where they are and what becomes of them too, as far as their name tells.</summary>
    public Seq<string> ToArguments()
    {
        var options = "train".Cons(Options.ToArguments());
        return OwnData.IsEmpty
            ? options
            : options + OwnData + Option("--image-size", Data.Size.Numbers) + Option("--channels", Array(Data.Channels)) + Background;

        static Seq<string> Option(string name, Arr<int> numbers) => name.Cons(numbers.Map(number => Invariant($"{number}")).ToSeq());
    }

    /// <summary>What to say of what shows through pictures, if it is not the usual.</summary>
    private Seq<string> Background =>
        Data.Background is { } name && name != Pure.Images.Background.White.ToString() ? Seq("--background", name) : Seq<string>();

    /// <summary>Where the images are, if they are of no data set that is known by name.</summary>
    [JsonIgnore]
    public Seq<string> OwnData => DataSetDescription.Named(Data.Name).IsSucc ? Seq<string>() : Seq("--data", Data.Name.TrimEnd('/'));

    private static readonly JsonSerializerOptions Format = new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    }.WithEdition();

    private bool IsPossible => Progress.IsPossible && (Last is not null || Progress == TrainingProgress.Start)
        && new[] { Last, Best }.All(name => name is null || RunFolder.CheckpointStep(name).Map(RunFolder.CheckpointName) == name);

    /// <summary>The receipt as JSON.</summary>
    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Format), (byte)'\n'];

    /// <summary>A receipt from JSON, or what is wrong with it.</summary>
    public static Fin<RunReceipt> FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<RunReceipt>(json, Format) is { Options: not null, Data: not null, Machine: not null, Progress: not null } receipt
                ? receipt.IsPossible ? receipt : Damaged("its progress, or the name of a checkpoint, is impossible")
                : Damaged("it lacks options, data, machine or progress");
        }
        catch (NewerEditionException e)
        {
            return Error.New(e.Message);
        }
        catch (JsonException e)
        {
            return Damaged($"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} is not valid");
        }
    }

    private static Error Damaged(string what) => Error.New($"it is not the receipt of a run, or it is damaged: {what}");
}
