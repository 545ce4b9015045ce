using System.Reflection;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Gpu.Pretrained;

/// <summary>
/// A trained model that comes with the library: the files of a run's folder, whose checkpoints have the weights to sample with and no state of training.
/// README.md beside this file is the model card.
/// </summary>
/// <param name="Name">Its name.</param>
internal sealed record PretrainedModel(string Name)
{
    /// <summary>The name of the receipt in the run's folder.</summary>
    public const string ReceiptName = "run.json";

    private static readonly Assembly Library = typeof(PretrainedModel).Assembly;

    /// <summary>Fashion-MNIST without classes.</summary>
    public static PretrainedModel Usual { get; } = new("fashion-mnist");

    /// <summary>Fashion-MNIST by class.</summary>
    public static PretrainedModel ByClass { get; } = new("fashion-mnist-by-class");

    /// <summary>All by name.</summary>
    public static ChoiceTable<PretrainedModel> All { get; } = ChoiceTable.Of(model => model.Name, Usual, ByClass);

    /// <summary>The checkpoints in the order of their steps.</summary>
    public Seq<ReadOnlyMemory<byte>> Checkpoints =>
        Files.Filter(file => file.Path.EndsWith(".safetensors", StringComparison.Ordinal)).Map(file => file.Bytes);

    /// <summary>The files without the receipt, by name: the path inside the run's folder, with / between names, and the bytes.</summary>
    public Seq<(string Path, ReadOnlyMemory<byte> Bytes)> Files => toSeq(Library.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name != Folder + ReceiptName)
        .Order(StringComparer.Ordinal)
        .Select(name => (name[Folder.Length..], Bytes(name)))
        .ToArray());

    /// <summary>The receipt.</summary>
    public ReadOnlyMemory<byte> Receipt => Bytes(Folder + ReceiptName);

    private string Folder => $"Ddpm.Gpu.Pretrained/{Name}/";

    private static ReadOnlyMemory<byte> Bytes(string resource)
    {
        using var stream = Library.GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
