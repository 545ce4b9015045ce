using Ddpm.Gpu.Networks;
using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Formats;
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
/// A network's weights as other programs write and read them: tensors under the state-dict names of the original PyTorch module, with or without a prefix, and nothing of a
/// run.
/// </summary>
public static class StateDict
{
    /// <summary>What PyTorch code puts before the names where the UNet is a member of the diffusion module.</summary>
    public const string Prefix = "network.";

    // Trained weights have magnitudes of about 1: a number beyond this is damage, or no weight.
    private const double LargestTrained = 1e4;

    private const string ModernInput = "in.weight", Shortcut = ".shortcut.";

    /// <summary>Weights to be written.</summary>
    /// <param name="network">The network.</param>
    /// <param name="theta">Its weights.</param>
    /// <param name="prefix">What comes before each name.</param>
    public static SafetensorsFile Of(UNet network, Tensor theta, string prefix = "")
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        return Checkpoint.Weights(network, theta, prefix);
    }

    /// <summary>Weights of another program as this one would have written them, and the network that they are of, as far as names, shapes and the table of timestep embeddings tell.</summary>
    /// <param name="file">The file: one network's tensors, each behind the same wrappers' names or none; with its average the average is taken.</param>
    /// <param name="options">What is known beside: schedule and prediction.</param>
    /// <param name="imageSize">The size of images where the weights do not tell it.</param>
    /// <returns>
    /// What a run's header says, the tensors in float32 under their own names, and what a person should know of the choice; or each tensor that is missing, of
    /// another shape, unknown to the network or without numbers that float32 holds; or why no network of this program has such weights.
    /// </returns>
    public static Fin<(CheckpointHeader Header, SafetensorsFile Weights, Seq<string> Remarks)> Describe(
        SafetensorsFile file, TrainingOptions options, int imageSize) =>
        from names in StateDictNames.Of(file.Tensors.Select(tensor => tensor.Name))
        let stored = file.Tensors.ToDictionary(tensor => tensor.Name)
        from header in Header(stored, names, options, imageSize)
        from config in header.Config.ToFin()
        let network = config.Model.Network
        let own = network.Parameters.Map(parameter => parameter.Name).Add(UNetConfig.EmbeddingName).ToSeq()
        let taken = own.Choose(name => names.Find(name, stored.ContainsKey).Map(key => (Name: name, Stored: stored[key]))).Strict()
        let left = Left(file, taken.Map(tensor => tensor.Stored.Name))
        from weights in Narrowed(taken)
        from _ in Fits(weights, network, Unknown(left, names, own))
        let embedding = taken.Find(tensor => tensor.Name == UNetConfig.EmbeddingName)
            .Bind(tensor => weights.Find(UNetConfig.EmbeddingName).Map(table => EmbeddingOf(table, network, Precision(tensor.Stored.Type))))
        let completed = header.Options with { Embedding = embedding.MatchUnsafe(name => name, () => null) }
        select (header with { Options = completed }, weights, Remarks(names, left, weights));

    /// <summary>What a person should know of numbers that no training leads to: images made with them may be noise.</summary>
    /// <param name="weights">Weights, or a checkpoint, of which Adam's moments are no weights.</param>
    public static Option<string> Remark(SafetensorsFile weights) =>
        RealNumbers.Beyond(weights.Tensors.Filter(IsWeight), LargestTrained) is { IsEmpty: false } large
        ? $"warning: no training leads to weights as large as these, so images may be noise: {large.Listed("; ")}"
        : None;

    private static bool IsWeight(SafetensorsTensor tensor) =>
        !tensor.Name.StartsWith(Checkpoint.FirstMoment, StringComparison.Ordinal) && !tensor.Name.StartsWith(Checkpoint.SecondMoment, StringComparison.Ordinal);

    private static Seq<string> Remarks(StateDictNames names, Seq<string> left, SafetensorsFile weights) => Seq(
        names.Others.IsEmpty ? None : Some($"it holds weights and their average: took the average, whose names begin with {Quote(names.Prefix)}"),
        left.IsEmpty ? None : Some(Invariant($"left out {left.Count} tensors that sampling does not need: {left.Map(Quote).Listed(", ")}")),
        Remark(weights)).Somes();

    private static Seq<string> Left(SafetensorsFile file, Seq<string> taken) => toSeq(file.Tensors.Select(tensor => tensor.Name).Except(taken).ToArray());

    private static Seq<string> Unknown(Seq<string> left, StateDictNames names, Seq<string> own)
    {
        var known = own.ToHashSet();
        return toSeq(left.Where(name => !names.IsBeside(name, known.Contains)).ToArray());
    }

    /// <summary>The tensors in float32 under their own names; or each whose numbers float32 does not hold.</summary>
    private static Fin<SafetensorsFile> Narrowed(Seq<(string Name, SafetensorsTensor Stored)> taken)
    {
        var (tensors, faults) = (new List<SafetensorsTensor>(), new List<string>());
        foreach (var (name, stored) in taken)
        {
            RealNumbers.Narrowed(stored).Match(
                Succ: tensor => tensors.Add(StoredWeights.Valid(SafetensorsTensor.Create(name, tensor.Type, tensor.Shape, tensor.Data))),
                Fail: found => faults.AddRange(found.Map(fault => fault.Message)));
        }

        return faults.Count > 0 ? Error.New(toSeq(faults.ToArray()).Listed("; ")) : SafetensorsFile.Create(tensors, HashMap<string, string>()).ToFin();
    }

    /// <summary>Whether the weights are all that a network has, and it has a place for the rest of the file.</summary>
    private static Fin<Unit> Fits(SafetensorsFile weights, UNetConfig network, Seq<string> unknown)
    {
        var faults = Seq(
            Checkpoint.Fits(weights, network, withEmbedding: false).Match(_ => None, fault => Some(fault.Message)),
            unknown.IsEmpty ? None : Some($"the network has no place for {unknown.Map(Quote).Listed(", ")}: leave them out of the file")).Somes();
        return faults.IsEmpty ? unit : Error.New(string.Join("; ", faults));
    }

    private static Fin<CheckpointHeader> Header(Dictionary<string, SafetensorsTensor> stored, StateDictNames names, TrainingOptions options, int imageSize)
    {
        Arr<long> Shape(string name, int rank) =>
            names.Find(name, stored.ContainsKey).Map(key => stored[key].Shape).Filter(shape => shape.Count == rank).IfNone(Arr<long>.Empty);
        int Size(long size) => (int)Math.Min(size, int.MaxValue);
        var (norm, input, block) = (Shape(StateDictNames.TutorialLandmark, 3), Shape(ModernInput, 4), Shape(StateDictNames.ModernLandmark, 4));
        var classes = Shape(UNetConfig.ClassEmbeddingName, 2) is { IsEmpty: false } embedding ? Size(embedding[0]) - 1 : 0;
        var steps = Shape(UNetConfig.EmbeddingName, 2) is { IsEmpty: false } times ? Size(times[0]) : options.Steps;
        var told = options with { Steps = steps, Conditional = classes > 0 };
        bool IsShortcut(string name) => name.StartsWith(names.Prefix, StringComparison.Ordinal) && name.Contains(Shortcut, StringComparison.Ordinal);
        string Tutorial() => stored.Keys.Any(IsShortcut) ? "standard" : "original";
        return (norm.IsEmpty, input.IsEmpty || block.IsEmpty) switch
        {
            (false, _) => new CheckpointHeader(told with { Network = Tutorial() }, Size(norm[1]), Size(norm[0]), TrainingProgress.Start, classes),
            (_, false) => new CheckpointHeader(told with { Network = "modern", Width = Size(block[0]) }, imageSize, Size(input[1]), TrainingProgress.Start, classes),
            _ => Error.New($"its {StateDictNames.TutorialLandmark} or {StateDictNames.ModernLandmark} has another shape than in a network of this program"),
        };
    }

    /// <summary>What a table of timestep embeddings is called: the formula that it follows within its precision, or that it is as in the file.</summary>
    private static string EmbeddingOf(SafetensorsTensor table, UNetConfig config, double precision)
    {
        var theirs = StoredWeights.Wide(table);
        bool Follows(SinusoidalEmbedding formula) => theirs.Length == config.Timesteps * config.EmbeddingDimension
            && formula.Table(config.Timesteps, config.EmbeddingDimension).ToArray().Zip(theirs, (our, their) => Math.Abs(our - their)).All(difference => difference <= precision);
        // The network's own first: short tables of several formulas are alike.
        return Choices.Embeddings.AsEnumerable().OrderBy(choice => choice.Item2 != config.Embedding)
            .Where(choice => choice.Item2.Exists(Follows)).Select(choice => choice.Item1).FirstOrDefault(Choices.EmbeddingAsInFile);
    }

    /// <summary>How far numbers in [−1, 1] of a type lie from those of a formula: a unit of their last place, beside what float32 angles of a thousand radians lose.</summary>
    private static double Precision(SafetensorsType type) => 1e-4 + type.Name switch
    {
        "F16" => 1.0 / 2048,
        "BF16" => 1.0 / 256,
        _ => 0,
    };
}
