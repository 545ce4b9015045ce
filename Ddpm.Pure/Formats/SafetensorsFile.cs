using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>
/// The content of a safetensors file: tensors with distinct names, and metadata as a map of text to text. It always fits an array of bytes (a little less than
/// 2³¹ of them), so every value can be written.
/// </summary>
public sealed record SafetensorsFile
{
    private SafetensorsFile(Arr<SafetensorsTensor> tensors, HashMap<string, string> metadata) => (Tensors, Metadata) = (tensors, metadata);

    /// <summary>
    /// The tensors in the order of their data: wider elements first, so that all data are aligned; otherwise in the given order.
    /// </summary>
    public Arr<SafetensorsTensor> Tensors { get; }

    /// <summary>The metadata: text by key.</summary>
    public HashMap<string, string> Metadata { get; }

    /// <summary>
    /// Creates a file from tensors and metadata. The errors name every repeated tensor name, every metadata text that is not valid Unicode, and a file or
    /// header that is too long.
    /// </summary>
    /// <param name="tensors">The tensors in any order; see <see cref="Tensors"/> for their order in the file.</param>
    /// <param name="metadata">Text by key.</param>
    public static Validation<Error, SafetensorsFile> Of(IEnumerable<SafetensorsTensor> tensors, HashMap<string, string> metadata)
    {
        var file = new SafetensorsFile(new Arr<SafetensorsTensor>(tensors.OrderByDescending(tensor => tensor.Type.ItemBytes)), metadata);
        var names = new System.Collections.Generic.HashSet<string>(file.Tensors.Count);
        var repeated = file.Tensors.Filter(tensor => !names.Add(tensor.Name)).Map(tensor => tensor.Name).Distinct()
            .Select(name => Error.New($"tensor {Quote(name)} appears more than once: names must differ"));
        var garbled = metadata.AsEnumerable()
            .Where(entry => !Unicode.IsValid(entry.Key) || !Unicode.IsValid(entry.Value))
            .Select(entry => Error.New($"metadata {Quote(entry.Key)} is not valid Unicode"));
        var faults = toSeq(repeated.Concat(garbled)).Strict();
        if (faults.IsEmpty)
        {
            faults = LengthFaults(file);
        }

        return faults.IsEmpty ? Validation<Error, SafetensorsFile>.Success(file) : Validation<Error, SafetensorsFile>.Fail(faults);
    }

    /// <summary>The tensor of a name, if any.</summary>
    public Option<SafetensorsTensor> Find(string name) => Tensors.Find(tensor => tensor.Name == name);

    private static Seq<Error> LengthFaults(SafetensorsFile file)
    {
        var dataBytes = file.Tensors.Sum(tensor => (long)tensor.Data.Length);
        var longestHeader = LongestHeader(file);
        if (longestHeader <= Safetensors.MaxHeaderBytes && longestHeader + dataBytes <= System.Array.MaxLength)
        {
            return Empty;
        }

        var headerBytes = dataBytes > System.Array.MaxLength ? 0 : Safetensors.Header(file).Length;
        if (headerBytes - sizeof(ulong) > Safetensors.MaxHeaderBytes)
        {
            return Seq1(Error.New($"names and metadata need {headerBytes} bytes, but at most {Safetensors.MaxHeaderBytes} are allowed: shorten them"));
        }

        return headerBytes + dataBytes > System.Array.MaxLength
            ? Seq1(Error.New($"the tensors have {dataBytes} bytes of data, but a file holds at most {System.Array.MaxLength}: use several files"))
            : Empty;
    }

    /// <summary>
    /// An upper bound for the header's length: a character takes at most six bytes, a number at most twenty with its comma. It saves writing most headers
    /// twice.
    /// </summary>
    private static long LongestHeader(SafetensorsFile file) =>
        100
        + file.Metadata.AsEnumerable().Sum(entry => (6L * (entry.Key.Length + entry.Value.Length)) + 10)
        + file.Tensors.Sum(tensor => (6L * tensor.Name.Length) + (20L * tensor.Shape.Count) + 100);
}
