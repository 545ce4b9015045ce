using System.Runtime.InteropServices;
using System.Text.Json;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Checkpoints;

/// <summary>A checkpoint's metadata: everything beside the tensors that is needed to rebuild the network and resume training.</summary>
/// <param name="Options">The run's options.</param>
/// <param name="ImageSize">Height and width of the images.</param>
/// <param name="ImageChannels">Their channels.</param>
/// <param name="Progress">The progress of the run.</param>
/// <param name="Classes">The number of the network's classes.</param>
public sealed record CheckpointHeader(TrainingOptions Options, ImageSize ImageSize, int ImageChannels, TrainingProgress Progress, int Classes = 0)
{
    /// <summary>The configuration in the header, or all its faults.</summary>
    public Validation<Error, TrainingConfig> Config => TrainingConfig.Of(Options, ImageSize, ImageChannels, Classes);
}

/// <summary>
/// A checkpoint as a safetensors file: weights under the state-dict names of the original PyTorch module, Adam's moments under the same names with the prefixes
/// <see cref="FirstMoment"/> and <see cref="SecondMoment"/>, and metadata with the header and a checksum of all tensors.
/// </summary>
public static class Checkpoint
{
    /// <summary>The prefix of Adam's m.</summary>
    public const string FirstMoment = "adam.exp_avg.";

    /// <summary>The prefix of Adam's v.</summary>
    public const string SecondMoment = "adam.exp_avg_sq.";

    /// <summary>The prefix of the average of the weights.</summary>
    public const string Average = "ema.";

    /// <summary>The names of the losses of each timestep, and of their numbers: the state of importance sampling.</summary>
    public const string TimestepLosses = "importance.losses", TimestepCounts = "importance.counts";

    private const string HeaderKey = "ddpm", ChecksumKey = "checksum", HeaderChecksumKey = "ddpm-sha256";

    private static readonly JsonSerializerOptions Json = new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    }.WithEdition();

    /// <summary>The file of a training state.</summary>
    public static SafetensorsFile Save(CheckpointHeader header, UNet network, TrainingState state)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        var tensors = Seq1(StoredWeights.Of(UNetConfig.EmbeddingName, network.TimeEmbedding))
            .Concat(StoredWeights.Of("", network.Layout, state.Weights))
            .Concat(StoredWeights.Of(FirstMoment, network.Layout, state.FirstMoment))
            .Concat(StoredWeights.Of(SecondMoment, network.Layout, state.SecondMoment))
            .Concat(state.Average is { } average ? StoredWeights.Of(Average, network.Layout, average) : [])
            .Concat(state.History is { } history ? Stored(history) : []);
        var bare = SafetensorsFile.Of(tensors, HashMap<string, string>()).OrThrow();
        var text = JsonSerializer.Serialize(header, Json);
        var metadata = HashMap((HeaderKey, text), (HeaderChecksumKey, Sha256(text)), (ChecksumKey, Safetensors.Checksum(bare)));
        return SafetensorsFile.Of(bare.Tensors, metadata).OrThrow();
    }

    /// <summary>The embedding and the weights alone, with a prefix before their names.</summary>
    internal static SafetensorsFile Weights(UNet network, Tensor theta, string prefix)
    {
        var embedding = StoredWeights.Of(prefix + UNetConfig.EmbeddingName, network.TimeEmbedding);
        var tensors = Seq1(embedding).Concat(StoredWeights.Of(prefix, network.Layout, theta));
        return SafetensorsFile.Of(tensors, HashMap<string, string>()).OrThrow();
    }

    /// <summary>The checksum (<see cref="Safetensors.Checksum"/>) of the weights, without the timestep embedding and Adam's moments.</summary>
    public static string WeightsSha256(UNet network, Tensor theta)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        var weights = toSeq(StoredWeights.Of("", network.Layout, theta));
        return Safetensors.Checksum(SafetensorsFile.Of(weights, HashMap<string, string>()).OrThrow());
    }

    /// <summary>The same checksum for the trained weights in a file; none if the file is <see cref="ForSampling"/>.</summary>
    /// <param name="file">A file with all weights of the network.</param>
    /// <param name="config">The network.</param>
    public static Option<string> WeightsSha256(SafetensorsFile file, UNetConfig config) => IsForSampling(file)
        ? None
        : Safetensors.Checksum(SafetensorsFile.Of(
            config.Parameters.Choose(parameter => file.Find(parameter.Name)), HashMap<string, string>()).OrThrow());

    /// <summary>
    /// A checkpoint to give away, a quarter as large: the header, the timestep embedding, and the weights to sample with under their state-dict names. No
    /// training can resume from it.
    /// </summary>
    /// <param name="file">A checkpoint.</param>
    public static SafetensorsFile ForSampling(SafetensorsFile file)
    {
        var prefix = IsAveraged(file) ? Average : "";
        bool IsKept(string name) =>
            name == UNetConfig.EmbeddingName || (name.StartsWith(prefix, StringComparison.Ordinal) && !IsOfTraining(name[prefix.Length..]));
        var tensors = file.Tensors.Filter(tensor => IsKept(tensor.Name)).Map(tensor => tensor.Name == UNetConfig.EmbeddingName
            ? tensor
            : SafetensorsTensor.Of(tensor.Name[prefix.Length..], tensor.Type, tensor.Shape, tensor.Data).OrThrow());
        var bare = SafetensorsFile.Of(tensors, HashMap<string, string>()).OrThrow();
        return SafetensorsFile.Of(bare.Tensors, file.Metadata.AddOrUpdate(ChecksumKey, Safetensors.Checksum(bare))).OrThrow();
    }

    /// <summary>Whether a file says that it is a checkpoint.</summary>
    public static bool IsOne(SafetensorsFile file) => file.Metadata.ContainsKey(HeaderKey);

    /// <summary>Reads the header of a checkpoint. Checks its checksums first, and that all its numbers are finite.</summary>
    /// <param name="file">The file.</param>
    /// <returns>The header, or the fault of the file.</returns>
    public static Fin<CheckpointHeader> Header(SafetensorsFile file)
    {
        var (text, checksum) = (file.Metadata.Find(HeaderKey), file.Metadata.Find(ChecksumKey));
        if (text.IsNone || checksum.IsNone)
        {
            return Error.New($"it is not a checkpoint of this program: its metadata lacks '{(text.IsNone ? HeaderKey : ChecksumKey)}'");
        }

        if (checksum != Some(Safetensors.Checksum(file)))
        {
            return Error.New("its tensors do not match its checksum, so it was damaged after it was written: use another checkpoint");
        }

        // Checkpoints of earlier versions have no checksum of the header.
        if (file.Metadata.Find(HeaderChecksumKey).Exists(stored => stored != Sha256(text.IfNone(""))))
        {
            return Error.New("its configuration does not match its checksum, so it was damaged after it was written: use another checkpoint");
        }

        var finite = RealNumbers.AreFinite(file.Tensors);
        if (finite.IsFail)
        {
            return Error.New($"{((Error)finite).Message}: use another checkpoint");
        }

        try
        {
            return JsonSerializer.Deserialize<CheckpointHeader>(text.IfNone(""), Json) is { Options: not null, Progress.IsPossible: true } header
                ? header
                : Error.New("its configuration is incomplete");
        }
        catch (NewerEditionException e)
        {
            return Error.New(e.Message);
        }
        catch (JsonException e)
        {
            return Error.New(FormattableString.Invariant($"its configuration is not valid at byte {e.BytePositionInLine + 1}"));
        }
    }

    /// <summary>
    /// Checks that a file's weights and embedding have a network's shapes, and that the file has no other tensors than a training state. Call it before
    /// allocating anything of the network's size.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="config">The network.</param>
    /// <param name="withEmbedding">Whether the file must have the timestep embedding.</param>
    /// <returns>Nothing; or the tensors that do not fit.</returns>
    public static Fin<Unit> Fits(SafetensorsFile file, UNetConfig config, bool withEmbedding = true)
    {
        var stored = file.Tensors.ToDictionary(tensor => tensor.Name);
        var wanted = withEmbedding || stored.ContainsKey(UNetConfig.EmbeddingName) ? config.Parameters.Add(TableOf(config)) : config.Parameters;
        var known = Seq("", FirstMoment, SecondMoment, Average).Bind(prefix => config.Parameters.Map(parameter => prefix + parameter.Name).ToSeq());
        var unknown = toSeq(stored.Keys.Except(known.Add(UNetConfig.EmbeddingName).Add(TimestepLosses).Add(TimestepCounts)).ToArray());
        return StoredWeights.Complete(stored, "", wanted).Bind<Unit>(_ =>
            unknown.IsEmpty ? unit : Error.New($"its network has no tensors named {unknown.Map(Quote).Listed(", ")}: use another checkpoint"));
    }

    /// <summary>The timestep embedding of a network as a tensor of its file.</summary>
    internal static Parameter TableOf(UNetConfig config) =>
        new(UNetConfig.EmbeddingName, Array(config.Timesteps, config.EmbeddingDimension), new Initialization.Constant(0));

    /// <summary>The network for a file's weights, with the file's own timestep embedding: a frozen table is a part of the weights.</summary>
    /// <param name="file">The file.</param>
    /// <param name="config">The network.</param>
    /// <param name="device">The network's device.</param>
    /// <returns>The network, which the caller owns; or the tensors that are missing or have another shape.</returns>
    public static Fin<UNet> Network(SafetensorsFile file, UNetConfig config, Device device) =>
        Fits(file, config, withEmbedding: config.Embedding.IsNone).Map(_ => WithTable(file, config, device));

    /// <summary>A network with the timestep embedding in a file; with the formula's if the file has none.</summary>
    internal static UNet WithTable(SafetensorsFile file, UNetConfig config, Device device) => new(
        config, ScalarType.Float32, device, file.Find(UNetConfig.EmbeddingName).Map(table => (ReadOnlyMemory<double>)StoredWeights.Wide(table)));

    /// <summary>The training state in a checkpoint.</summary>
    /// <param name="file">The file.</param>
    /// <param name="network">The network of the weights.</param>
    /// <param name="updates">The number of updates made.</param>
    /// <returns>The state; or every tensor that is missing, unknown or has another shape; or that the file is <see cref="ForSampling"/>.</returns>
    public static Fin<TrainingState> Load(SafetensorsFile file, UNet network, int updates) => IsForSampling(file)
        ? Error.New("it has the weights to sample with but no state of Adam, so training cannot resume: repeat the run with train --from")
        : LoadState(file, network, updates);

    private static Fin<TrainingState> LoadState(SafetensorsFile file, UNet network, int updates) =>
        from weights in Vector(file, "", network)
        from first in Vector(file, FirstMoment, network)
        from second in Vector(file, SecondMoment, network)
        from average in IsAveraged(file) ? Vector(file, Average, network).Map(Some) : Option<Tensor>.None
        from history in History(file, network.Config.Timesteps)
        select new TrainingState(
            weights, first, second, updates, average.MatchUnsafe(vector => vector, () => null), history.MatchUnsafe(found => found, () => null));

    private static SafetensorsTensor[] Stored(TimestepHistory history) =>
    [
        SafetensorsTensor.Of(
            TimestepLosses, SafetensorsType.F64, Array<long>(history.Counts.Count, TimestepHistory.Length),
            MemoryMarshal.AsBytes(history.Losses.ToArray().AsSpan()).ToArray()).OrThrow(),
        SafetensorsTensor.Of(
            TimestepCounts, SafetensorsType.I32, Array<long>(history.Counts.Count),
            MemoryMarshal.AsBytes(history.Counts.ToArray().AsSpan()).ToArray()).OrThrow(),
    ];

    /// <summary>The losses of each timestep in a file; none if it has none. A file with one of the two tensors, or with others, is refused.</summary>
    private static Fin<Option<TimestepHistory>> History(SafetensorsFile file, int steps)
    {
        var (losses, counts) = (file.Find(TimestepLosses), file.Find(TimestepCounts));
        if (losses.IsNone && counts.IsNone)
        {
            return Option<TimestepHistory>.None;
        }

        bool Fits(Option<SafetensorsTensor> tensor, SafetensorsType type, Arr<long> shape) =>
            tensor.Exists(found => found.Type == type && found.Shape == shape);
        if (!Fits(losses, SafetensorsType.F64, Array<long>(steps, TimestepHistory.Length)) || !Fits(counts, SafetensorsType.I32, Array<long>(steps)))
        {
            return Error.New($"its losses of timesteps ({TimestepLosses}, {TimestepCounts}) do not fit {steps} timesteps: use another checkpoint");
        }

        T[] Numbers<T>(Option<SafetensorsTensor> tensor)
            where T : unmanaged => tensor.Match(found => MemoryMarshal.Cast<byte, T>(found.Data.Span).ToArray(), () => []);
        return TimestepHistory.Of(Numbers<double>(losses).ToArr(), Numbers<int>(counts).ToArr()).ToFin().Map(Some);
    }

    /// <summary>The weights to sample with: the average, if the file has one.</summary>
    /// <param name="file">The file.</param>
    /// <param name="network">The network of the weights.</param>
    /// <returns>θ; or every tensor that is missing or has another shape.</returns>
    public static Fin<Tensor> LoadWeights(SafetensorsFile file, UNet network) => Vector(file, IsAveraged(file) ? Average : "", network);

    private static Fin<Tensor> Vector(SafetensorsFile file, string prefix, UNet network) =>
        StoredWeights.Vector(file, prefix, network.Layout, network.Type, network.Device);

    private static bool IsAveraged(SafetensorsFile file) => file.Tensors.Exists(tensor => tensor.Name.StartsWith(Average, StringComparison.Ordinal));

    private static bool IsForSampling(SafetensorsFile file) => !file.Tensors.Exists(tensor => tensor.Name.StartsWith(FirstMoment, StringComparison.Ordinal));

    private static bool IsOfTraining(string name) => name is TimestepLosses or TimestepCounts
        || name.StartsWith(FirstMoment, StringComparison.Ordinal) || name.StartsWith(SecondMoment, StringComparison.Ordinal);

    private static string Sha256(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
}
