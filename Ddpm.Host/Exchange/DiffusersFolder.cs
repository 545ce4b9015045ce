using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Pure.Embeddings;
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

namespace Ddpm.Host.Exchange;

/// <summary>
/// A folder of diffusers: a pipeline (model_index.json, unet/, scheduler/), or the files of a UNet2DModel alone. Its images are in [−1, 1], as here.
/// </summary>
/// <param name="Path">The folder.</param>
internal sealed record DiffusersFolder(string Path)
{
    private const string Config = "config.json", Weights = "diffusion_pytorch_model.safetensors", Pickle = "diffusion_pytorch_model.bin";

    private const string Scheduler = "scheduler_config.json", Index = "model_index.json", Version = "0.30.0";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Saves the model as a run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="otherwise">What the folder may not say: the data set and, without a scheduler, the diffusion.</param>
    /// <param name="imageSize">Height and width of the images, if the user says; else the folder's own.</param>
    /// <param name="namesData">Whether the user named the data set. If not, classes have numbers.</param>
    /// <param name="report">Gets a line for each value without effect.</param>
    /// <param name="stop">Ends the work.</param>
    /// <returns>The header of the run's checkpoint; or every fault, and nothing is written.</returns>
    public Fin<CheckpointHeader> Save(
        RunFolder folder, TrainingOptions otherwise, Option<ImageSize> imageSize, bool namesData, Action<string> report, CancellationToken stop)
    {
        var unet = File.Exists(In("unet", Config)) ? In("unet") : Path;
        var scheduler = toSeq(new[] { In("scheduler", Scheduler), In(Scheduler) }).Find(File.Exists);
        return from config in Folders.Read(System.IO.Path.Combine(unet, Config), stop)
               from levels in scheduler.Map(file => Folders.Read(file, stop).Map(bytes => (File: file, Bytes: bytes))).Sequence()
               from components in Components(stop)
               from known in (
                       DiffusersNetwork.Read(System.IO.Path.Combine(unet, Config), config),
                       levels.Match(
                           file => DiffusersScheduler.Read(file.File, file.Bytes, otherwise),
                           () => (new DiffusersScheduler(otherwise, None), Seq1($"{Path} has no {Scheduler}: noise schedule and prediction are as given"))))
                   .Apply((network, schedule) => (network.Network, schedule.Scheduler, Remarks: network.Remarks + schedule.Remarks + components)).OrFailure()
               from size in (imageSize | known.Network.SampleSize).ToFin(Error.New(
                   ExitCode.Usage, $"{System.IO.Path.Combine(unet, Config)}: sample_size is null: give --image-size"))
               let header = HeaderOf(known.Network, known.Scheduler.Options, size)
               from training in header.Config.OrFailure()
               from read in ReadWeights(unet, stop)
               from weights in StateDict.Fitted(read.File, DiffusersNames.Current, training.Model.Network).At(read.Path)
               from built in Checkpoint.Network(weights, training.Model.Network, CPU)
               from saved in use(built, network => Checkpoint.LoadWeights(weights, network).Bind(theta => stop.IsCancellationRequested
                   ? Errors.Cancelled
                   : ImportedWeights.Save(folder, header, network, theta, namesData, read.Origin, known.Scheduler.Sampling)))
               select Reported(header, known.Remarks, report);
    }

    /// <summary>The files of a run's model, by their paths in the folder; model_index.json last.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The files; or why diffusers has no such model.</returns>
    public static Validation<Error, Seq<(string Path, ReadOnlyMemory<byte> Bytes)>> Files(TrainedModel model)
    {
        var (config, options) = (model.Model.Network, model.Receipt.Options);
        if (config.Family is not DiffusersUNet)
        {
            return Fault($"the network {config.Family.Name} is no {DiffusersNetwork.ClassName}, and diffusers cannot read it: train with --network unet, "
                + "or export --format onnx");
        }

        if (!config.Embedding.Exists(embedding => embedding is SinusoidalEmbedding.Halves))
        {
            return Fault($"diffusers' {DiffusersNetwork.ClassName} has no embedding of timesteps like this network's: train with one of the embeddings halves");
        }

        // Samples are not told of augmentation, and UNet2DModel has no place for it.
        var weights = StoredWeights.Of("", model.Network.Layout, model.Theta)
            .Where(tensor => !EmbeddingConditions.IsOfAugmentation(tensor.Name)).OrderBy(tensor => tensor.Name, StringComparer.Ordinal);
        return DiffusersScheduler.Write(options, Optional(model.Receipt.Sampling), model.Model.Preset.ClipSample, config.LearnsVariance, Version)
            .Map(scheduler => Seq(
                ("unet/" + Config, Text(DiffusersNetwork.Write(config, Version))),
                ("unet/" + Weights, Safetensors.Write(SafetensorsFile.Of(weights, HashMap(("format", "pt"))).OrThrow())),
                ("scheduler/" + Scheduler, Text(scheduler)),
                (Index, Text(new()
                {
                    ["_class_name"] = scheduler["_class_name"]!.GetValue<string>() == "DDIMScheduler" ? "DDIMPipeline" : "DDPMPipeline",
                    ["_diffusers_version"] = Version,
                    ["scheduler"] = new JsonArray("diffusers", scheduler["_class_name"]!.GetValue<string>()),
                    ["unet"] = new JsonArray("diffusers", DiffusersNetwork.ClassName),
                }))));

        static Validation<Error, Seq<(string, ReadOnlyMemory<byte>)>> Fault(string message) =>
            Validation<Error, Seq<(string, ReadOnlyMemory<byte>)>>.Fail(Seq1(Error.New(message)));
    }

    private static ReadOnlyMemory<byte> Text(JsonObject json) => System.Text.Encoding.UTF8.GetBytes(json.ToJsonString(Indented) + "\n");

    private static CheckpointHeader HeaderOf(DiffusersNetwork known, TrainingOptions options, ImageSize size)
    {
        var embedding = Choices.Embeddings.First(choice => choice.Value == Some<SinusoidalEmbedding>(known.Embedding)).Name;
        return new(
            options.With(known.Network) with
            {
                Preset = "standard",
                Embedding = embedding,
                Conditional = known.Classes > 0,
                LearnVariance = known.LearnsVariance,
            },
            size, known.ImageChannels, TrainingProgress.Start, known.Classes);
    }

    private string In(params string[] names) => System.IO.Path.Combine([Path, .. names]);

    /// <summary>A line for each part of the pipeline that is neither the network nor its scheduler.</summary>
    private Fin<Seq<string>> Components(CancellationToken stop) => !File.Exists(In(Index))
        ? Seq<string>()
        : from bytes in Folders.Read(In(Index), stop)
          from index in JsonConfig.Parse(In(Index), bytes)
          select index.Unread().Filter(name => name is not ("unet" or "scheduler")).Map(name => index.Remark(name, "only unet and scheduler are imported"));

    private static Fin<(string Path, SafetensorsFile File, string Origin)> ReadWeights(string unet, CancellationToken stop)
    {
        var paths = toSeq(new[] { Weights, Pickle }.Select(name => System.IO.Path.Combine(unet, name)).ToArray());
        return from path in paths.Find(File.Exists).ToFin(Error.New($"there is neither {Weights} nor {Pickle} in {unet}"))
               from bytes in Folders.Read(path, stop)
               from file in (TorchFile.IsMeant(bytes.Span) ? TorchFile.Read(bytes) : Safetensors.Read(bytes)).At(path)
               select (path, file, $"imported from {path}, SHA-256 {Convert.ToHexStringLower(SHA256.HashData(bytes.Span))}");
    }

    private static CheckpointHeader Reported(CheckpointHeader header, Seq<string> remarks, Action<string> report)
    {
        remarks.Iter(report);
        return header;
    }
}
