using Ddpm.Gpu.Networks;
using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Checkpoints;

/// <summary>
/// A network's weights for exchange with other programs: tensors under the state-dict names of the original PyTorch module, with or without a prefix, and
/// nothing about a run.
/// </summary>
public static class StateDict
{
    /// <summary>PyTorch's prefix of the names if the UNet is a member of the diffusion module.</summary>
    public const string Prefix = "network.";

    // Trained weights have magnitudes of about 1. A larger number means that the file is damaged, or that it is no weight.
    private const double LargestTrained = 1e4;

    private const string ModernInput = "in.weight", ModernOutput = "out.conv.weight", TutorialOutput = "conv_out.weight", Shortcut = ".shortcut.";

    /// <summary>The file of a network's weights.</summary>
    /// <param name="network">The network.</param>
    /// <param name="theta">Its weights.</param>
    /// <param name="prefix">The prefix of each name.</param>
    public static SafetensorsFile Of(UNet network, Tensor theta, string prefix = "")
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        return Checkpoint.Weights(network, theta, prefix);
    }

    /// <summary>
    /// Converts another program's weights to this program's names, and infers the network from names, shapes and the table of timestep embeddings.
    /// </summary>
    /// <param name="file">The file: one network's tensors, all with the same prefix or none. If it also holds an average, the average is taken.</param>
    /// <param name="options">Known facts that the weights cannot tell: schedule and prediction.</param>
    /// <param name="imageSize">The image size, used if the weights do not tell it.</param>
    /// <returns>
    /// A run's header, the tensors in float32 under their own names, and remarks for the user; or each tensor that is missing, has another shape, is unknown to
    /// the network or does not fit float32; or an error if no network of this program has such weights.
    /// </returns>
    public static Fin<(CheckpointHeader Header, SafetensorsFile Weights, Seq<string> Remarks)> Describe(
        SafetensorsFile file, TrainingOptions options, ImageSize imageSize) =>
        from names in StateDictNames.Of(file.Tensors.Select(tensor => tensor.Name))
        let stored = file.Tensors.ToDictionary(tensor => tensor.Name)
        from header in Header(stored, names, options, imageSize)
        from config in header.Config.ToFin()
        let network = config.Model.Network
        let own = network.Parameters.Map(parameter => parameter.Name).Add(UNetConfig.EmbeddingName).ToSeq()
        let taken = own.Choose(name => names.Find(name, stored.ContainsKey).Map(key => (Name: name, Stored: stored[key]))).Strict()
        let left = Left(file, taken.Map(tensor => tensor.Stored.Name))
        from weights in Narrowed(taken).Bind(converted => Fitting(converted, network, Unknown(left, names, own)))
        let embedding = taken.Find(tensor => tensor.Name == UNetConfig.EmbeddingName)
            .Bind(tensor => weights.Find(UNetConfig.EmbeddingName).Map(table => EmbeddingOf(table, network, Precision(tensor.Stored.Type))))
        let completed = header.Options with { Embedding = embedding.MatchUnsafe(name => name, () => null) }
        select (header with { Options = completed }, weights, Warnings(names, left, weights));

    /// <summary>The tensors of a network in float32, from a file that has them and no others.</summary>
    /// <param name="file">The file.</param>
    /// <param name="nameOf">The network's own name for a tensor of the file.</param>
    /// <param name="network">The network.</param>
    /// <returns>The tensors; or each that is missing, has another shape, is unknown to the network or does not fit float32.</returns>
    internal static Fin<SafetensorsFile> Fitted(SafetensorsFile file, Func<string, string> nameOf, UNetConfig network)
    {
        var own = network.Parameters.Map(parameter => parameter.Name).ToSeq().ToHashSet();
        var named = toSeq(file.Tensors.Map(tensor => (Name: nameOf(tensor.Name), Stored: tensor)));
        return Narrowed(named.Filter(tensor => own.Contains(tensor.Name)).Strict())
            .Bind(weights => Fitting(weights, network, named.Filter(tensor => !own.Contains(tensor.Name)).Map(tensor => tensor.Stored.Name).Strict()));
    }

    /// <summary>What the weights tell of their run, with the given options for the rest.</summary>
    internal static Fin<CheckpointHeader> Header(SafetensorsFile file, TrainingOptions options, ImageSize imageSize) =>
        from names in StateDictNames.Of(file.Tensors.Select(tensor => tensor.Name))
        from header in Header(file.Tensors.ToDictionary(tensor => tensor.Name), names, options, imageSize)
        select header;

    /// <summary>A warning about weights that are too large for a trained network: its images may be noise.</summary>
    /// <param name="weights">Weights, or a checkpoint. Adam's moments do not count as weights.</param>
    internal static Option<string> Remark(SafetensorsFile weights) =>
        RealNumbers.Beyond(weights.Tensors.Filter(IsWeight), LargestTrained) is { IsEmpty: false } large
        ? $"warning: these weights are larger than any training makes them, so images may be noise: {large.Listed("; ")}"
        : None;

    private static bool IsWeight(SafetensorsTensor tensor) =>
        !tensor.Name.StartsWith(Checkpoint.FirstMoment, StringComparison.Ordinal)
        && !tensor.Name.StartsWith(Checkpoint.SecondMoment, StringComparison.Ordinal);

    private static Seq<string> Warnings(StateDictNames names, Seq<string> left, SafetensorsFile weights) => Seq(
        names.Others.IsEmpty ? None : Some($"it holds the weights and their average: imported the average, whose names begin with {Quote(names.Prefix)}"),
        left.IsEmpty ? None : Some(Invariant($"left out {left.Count} tensors that sampling does not need: {left.Map(Quote).Listed(", ")}")),
        Remark(weights)).Somes();

    private static Seq<string> Left(SafetensorsFile file, Seq<string> taken) => toSeq(file.Tensors.Select(tensor => tensor.Name).Except(taken).ToArray());

    private static Seq<string> Unknown(Seq<string> left, StateDictNames names, Seq<string> own)
    {
        var known = own.ToHashSet();
        return toSeq(left.Where(name => !names.IsBeside(name, known.Contains)).ToArray());
    }

    /// <summary>The tensors in float32 under their own names; or each tensor that does not fit float32.</summary>
    private static Fin<SafetensorsFile> Narrowed(Seq<(string Name, SafetensorsTensor Stored)> taken)
    {
        var (tensors, faults) = (new List<SafetensorsTensor>(), new List<string>());
        foreach (var (name, stored) in taken)
        {
            RealNumbers.Narrowed(stored).Match(
                Succ: tensor => tensors.Add(SafetensorsTensor.Of(name, tensor.Type, tensor.Shape, tensor.Data).OrThrow()),
                Fail: found => faults.AddRange(found.Map(fault => fault.Message)));
        }

        return faults.Count > 0 ? Error.New(toSeq(faults.ToArray()).Listed("; ")) : SafetensorsFile.Of(tensors, HashMap<string, string>()).ToFin();
    }

    /// <summary>The weights, if they are complete and the network has a place for the rest of the file.</summary>
    private static Fin<SafetensorsFile> Fitting(SafetensorsFile weights, UNetConfig network, Seq<string> unknown)
    {
        var faults = Seq(
            Checkpoint.Fits(weights, network, withEmbedding: false).Match(_ => None, fault => Some(fault.Message)),
            unknown.IsEmpty ? None : Some($"the network has no tensors named {unknown.Map(Quote).Listed(", ")}: remove them from the file")).Somes();
        return faults.IsEmpty ? weights : Error.New(string.Join("; ", faults));
    }

    private static Fin<CheckpointHeader> Header(
        Dictionary<string, SafetensorsTensor> stored, StateDictNames names, TrainingOptions options, ImageSize imageSize)
    {
        Arr<long> Shape(string name, int rank) =>
            names.Find(name, stored.ContainsKey).Map(key => stored[key].Shape).Filter(shape => shape.Count == rank).IfNone(Arr<long>.Empty);
        int Size(long size) => (int)Math.Min(size, int.MaxValue);
        var (norm, input, block) = (Shape(StateDictNames.TutorialLandmark, 3), Shape(ModernInput, 4), Shape(StateDictNames.ModernLandmark, 4));
        var classes = Shape(UNetConfig.ClassEmbeddingName, 2) is { IsEmpty: false } embedding ? Size(embedding[0]) - 1 : 0;
        var steps = Shape(UNetConfig.EmbeddingName, 2) is { IsEmpty: false } times ? Size(times[0]) : options.Steps;
        var known = options with { Steps = steps, Conditional = classes > 0 };
        // A network that learns the variance has two outputs of the image's channels.
        TrainingOptions Learning(string output, long channels) => known with { LearnVariance = Shape(output, 4) is [var outs, ..] && outs == 2 * channels };
        bool IsShortcut(string name) => name.StartsWith(names.Prefix, StringComparison.Ordinal) && name.Contains(Shortcut, StringComparison.Ordinal);
        string Tutorial() => stored.Keys.Any(IsShortcut) ? "standard" : "original";
        return (norm.IsEmpty, input.IsEmpty || block.IsEmpty) switch
        {
            (false, _) => new CheckpointHeader(
                Learning(TutorialOutput, norm[0]) with { Network = Tutorial() }, new(Size(norm[1]), Size(norm[2])), Size(norm[0]), TrainingProgress.Start,
                classes),
            (_, false) => new CheckpointHeader(
                Learning(ModernOutput, input[1]) with { Network = "modern", Width = Size(block[0]) }, imageSize, Size(input[1]), TrainingProgress.Start,
                classes),
            _ => Error.New($"its {StateDictNames.TutorialLandmark} or {StateDictNames.ModernLandmark} has a shape that no network of this program has"),
        };
    }

    /// <summary>The name of a timestep embedding: the formula that the table follows within its precision, or the name for "as in the file".</summary>
    private static string EmbeddingOf(SafetensorsTensor table, UNetConfig config, double precision)
    {
        var theirs = StoredWeights.Wide(table);
        bool Follows(SinusoidalEmbedding formula) => theirs.Length == config.Timesteps * config.EmbeddingDimension
            && formula.Table(config.NetworkTimes, config.EmbeddingDimension)
                .ToArray()
                .Zip(theirs, (our, their) => Math.Abs(our - their))
                .All(difference => difference <= precision);

        // The network's own formula comes first: short tables of several formulas are alike.
        return Choices.Embeddings.AsEnumerable()
            .OrderBy(choice => choice.Item2 != config.Embedding)
            .Where(choice => choice.Item2.Exists(Follows))
            .Select(choice => choice.Item1)
            .FirstOrDefault(Choices.EmbeddingAsInFile);
    }

    /// <summary>
    /// The largest distance of a table's numbers in [−1, 1] from the formula: one unit in the last place of the type, plus the error of float32 angles of a
    /// thousand radians.
    /// </summary>
    private static double Precision(SafetensorsType type) => 1e-4 + type.Name switch
    {
        "F16" => 1.0 / 2048,
        "BF16" => 1.0 / 256,
        _ => 0,
    };
}
