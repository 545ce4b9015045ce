using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
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

    private const string ModernInput = "in.weight", ModernBlock = "down1.block.conv1.weight", OriginalNorm = "b1.0.ln.weight", Shortcut = ".shortcut.";

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
    /// <param name="file">The file.</param>
    /// <param name="options">What is known beside: schedule and prediction.</param>
    /// <param name="imageSize">The size of images where the weights do not tell it.</param>
    /// <returns>What a run's header says, and the tensors in float32 without a prefix; or each tensor that holds no real numbers; or why no network of this program has such weights.</returns>
    public static Fin<(CheckpointHeader Header, SafetensorsFile Weights)> Describe(SafetensorsFile file, TrainingOptions options, int imageSize) =>
        from weights in Normalised(file)
        from header in Header(weights, options, imageSize)
        from config in header.Config.ToFin()
        let embedding = file.Tensors.Find(tensor => tensor.Name.EndsWith(UNetConfig.EmbeddingName, StringComparison.Ordinal))
            .Bind(stored => weights.Find(UNetConfig.EmbeddingName).Map(table => EmbeddingOf(table, config.Model.Network, Precision(stored.Type))))
        select (header with { Options = header.Options with { Embedding = embedding.MatchUnsafe(name => name, () => null) } }, weights);

    /// <summary>The tensors of a file in float32, without a prefix that all names share; or each tensor that holds no real numbers.</summary>
    private static Fin<SafetensorsFile> Normalised(SafetensorsFile file)
    {
        var prefix = !file.Tensors.IsEmpty && file.Tensors.ForAll(tensor => tensor.Name.StartsWith(Prefix, StringComparison.Ordinal)) ? Prefix.Length : 0;
        return file.Tensors.Map(tensor => Narrowed(tensor).Bind(data =>
                SafetensorsTensor.Create(tensor.Name[prefix..], SafetensorsType.F32, tensor.Shape, data))).Sequence()
            .Bind(tensors => SafetensorsFile.Create(tensors, HashMap<string, string>()))
            .ToFin();
    }

    private static Fin<CheckpointHeader> Header(SafetensorsFile file, TrainingOptions options, int imageSize)
    {
        Arr<long> Shape(string name, int rank) => file.Find(name).Filter(tensor => tensor.Shape.Count == rank).Map(tensor => tensor.Shape).IfNone(Arr<long>.Empty);
        int Size(long size) => (int)Math.Min(size, int.MaxValue);
        var (norm, input, block) = (Shape(OriginalNorm, 3), Shape(ModernInput, 4), Shape(ModernBlock, 4));
        var classes = Shape(UNetConfig.ClassEmbeddingName, 2) is { IsEmpty: false } embedding ? Size(embedding[0]) - 1 : 0;
        var steps = Shape(UNetConfig.EmbeddingName, 2) is { IsEmpty: false } times ? Size(times[0]) : options.Steps;
        var told = options with { Steps = steps, Conditional = classes > 0 };
        return (norm.IsEmpty, input.IsEmpty || block.IsEmpty) switch
        {
            (false, _) => new CheckpointHeader(
                told with { Network = file.Tensors.Exists(tensor => tensor.Name.Contains(Shortcut, StringComparison.Ordinal)) ? "standard" : "original" },
                Size(norm[1]), Size(norm[0]), TrainingProgress.Start, classes),
            (_, false) => new CheckpointHeader(told with { Network = "modern", Width = Size(block[0]) }, imageSize, Size(input[1]), TrainingProgress.Start, classes),
            _ => Error.New($"it has neither {OriginalNorm} nor {ModernBlock}, so its weights are of no network of this program"),
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

    private static Validation<Error, ReadOnlyMemory<byte>> Narrowed(SafetensorsTensor tensor)
    {
        if (tensor.Type == SafetensorsType.F32)
        {
            return tensor.Data;
        }

        Func<int, float>? read = tensor.Type.Name switch
        {
            "F64" => i => (float)BinaryPrimitives.ReadDoubleLittleEndian(tensor.Data.Span[(8 * i)..]),
            "F16" => i => (float)BinaryPrimitives.ReadHalfLittleEndian(tensor.Data.Span[(2 * i)..]),
            "BF16" => i => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(tensor.Data.Span[(2 * i)..]) << 16),
            _ => null,
        };
        return read is null
            ? Validation<Error, ReadOnlyMemory<byte>>.Fail(Seq1(Error.New($"{tensor.Name} holds no real numbers, but {tensor.Type.Name}")))
            : (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes(Enumerable.Range(0, tensor.Data.Length / tensor.Type.ItemBytes).Select(read).ToArray().AsSpan()).ToArray();
    }
}
