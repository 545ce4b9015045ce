using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>
/// What a safetensors file holds: tensors with names that differ, and a map of text to text beside them. It always fits an array of bytes
/// (a little less than 2³¹ of them), so every value can be written.
/// </summary>
public sealed record SafetensorsFile
{
    private SafetensorsFile(Arr<SafetensorsTensor> tensors, HashMap<string, string> metadata) => (Tensors, Metadata) = (tensors, metadata);

    /// <summary>
    /// The tensors in the order of their data: those with wider elements first, so that all are aligned, and otherwise as they were given.
    /// </summary>
    public Arr<SafetensorsTensor> Tensors { get; }

    /// <summary>Text about the tensors, by key.</summary>
    public HashMap<string, string> Metadata { get; }

    /// <summary>
    /// The file of these tensors and metadata. The errors name every tensor name that occurs twice, every metadata text that is not valid
    /// Unicode, and a file or header that would be too long.
    /// </summary>
    /// <param name="tensors">The tensors, in any order; see <see cref="Tensors"/> for what becomes of it.</param>
    /// <param name="metadata">Text about them, by key.</param>
    public static Validation<Error, SafetensorsFile> Create(IEnumerable<SafetensorsTensor> tensors, HashMap<string, string> metadata)
    {
        var file = new SafetensorsFile(new Arr<SafetensorsTensor>(tensors.OrderByDescending(tensor => tensor.Type.ItemBytes)), metadata);
        var names = new System.Collections.Generic.HashSet<string>(file.Tensors.Count);
        var repeated = file.Tensors.Filter(tensor => !names.Add(tensor.Name)).Map(tensor => tensor.Name).Distinct()
            .Select(name => Error.New($"tensor {Quote(name)} is there more than once: names must differ"));
        var garbled = metadata.AsEnumerable()
            .Where(entry => !Unicode.IsValid(entry.Key) || !Unicode.IsValid(entry.Value))
            .Select(entry => Error.New($"metadata {Quote(entry.Key)} is not valid Unicode"));
        var faults = toSeq(repeated.Concat(garbled)).Strict();
        if (faults.IsEmpty) faults = LengthFaults(file);
        return faults.IsEmpty ? Validation<Error, SafetensorsFile>.Success(file) : Validation<Error, SafetensorsFile>.Fail(faults);
    }

    /// <summary>The tensor of that name, if there is one.</summary>
    public Option<SafetensorsTensor> Find(string name) => Tensors.Find(tensor => tensor.Name == name);

    private static Seq<Error> LengthFaults(SafetensorsFile file)
    {
        var dataBytes = file.Tensors.Sum(tensor => (long)tensor.Data.Length);
        var longestHeader = LongestHeader(file);
        if (longestHeader <= Safetensors.MaxHeaderBytes && longestHeader + dataBytes <= System.Array.MaxLength) return Empty;

        var headerBytes = dataBytes > System.Array.MaxLength ? 0 : Safetensors.Header(file).Length;
        if (headerBytes - sizeof(ulong) > Safetensors.MaxHeaderBytes)
            return Seq1(Error.New($"names and metadata need {headerBytes} bytes, {Safetensors.MaxHeaderBytes} are allowed: shorten them"));
        return headerBytes + dataBytes > System.Array.MaxLength
            ? Seq1(Error.New($"{dataBytes} bytes of data, a file takes {System.Array.MaxLength}: spread the tensors over several"))
            : Empty;
    }

    /// <summary>
    /// No header is longer: a character takes six bytes at most, a number twenty with its comma. It saves writing most headers twice.
    /// </summary>
    private static long LongestHeader(SafetensorsFile file) =>
        100
        + file.Metadata.AsEnumerable().Sum(entry => (6L * (entry.Key.Length + entry.Value.Length)) + 10)
        + file.Tensors.Sum(tensor => (6L * tensor.Name.Length) + (20L * tensor.Shape.Count) + 100);
}
