using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LanguageExt;

namespace Ddpm.Pure.Formats;

/// <summary>
/// The safetensors format: the length of the header as an unsigned 64-bit little-endian integer, the header in JSON
/// (<c>{"__metadata__":{"key":"text"},"name":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}</c>, offsets counted from the end of the
/// header), and the tensors' data without gaps. A file is one array of bytes, so it ends below 2 GiB.
/// </summary>
public static class Safetensors
{
    /// <summary>The longest header in bytes, the format's own limit.</summary>
    public const int MaxHeaderBytes = 100_000_000;

    internal const string MetadataKey = "__metadata__";

    /// <summary>
    /// Reads the tensors and metadata in the bytes of a file. The data are slices, not copies. Fails with the tensor or offset and the reason for anything
    /// that is not exactly a safetensors file: gaps, overlaps or leftover bytes in the data, a size that does not fit its shape, repeated names, unknown
    /// types or fields, a header that is longer than the file or than <see cref="MaxHeaderBytes"/>, or a header that is not UTF-8 or not JSON. Whatever
    /// numbers the header holds, allocations are at most proportional to its length.
    /// </summary>
    public static Fin<SafetensorsFile> Read(ReadOnlyMemory<byte> file)
    {
        const int Start = sizeof(ulong);
        if (file.Length < Start)
        {
            return SafetensorsHeader.Fault($"{file.Length} bytes are too few for the length of a header: the file is cut short");
        }

        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(file.Span);
        if (headerLength > MaxHeaderBytes)
        {
            return SafetensorsHeader.Fault($"a header of {headerLength} bytes, but at most {MaxHeaderBytes} are allowed: this is not a safetensors file");
        }

        if (headerLength > (ulong)(file.Length - Start))
        {
            return SafetensorsHeader.Fault($"a header of {headerLength} bytes reaches beyond the file's {file.Length}: it is cut short");
        }

        var data = file[(Start + (int)headerLength)..];
        return SafetensorsHeader.Parse(file.Slice(Start, (int)headerLength).Span).Bind(header => header.Slice(data));
    }

    /// <summary>The file in canonical form: <see cref="Header"/>, then the tensors' data. Equal values give equal bytes.</summary>
    public static ReadOnlyMemory<byte> Write(SafetensorsFile file)
    {
        var header = Header(file);
        var bytes = new byte[header.Length + file.Tensors.Sum(tensor => tensor.Data.Length)];
        header.CopyTo(bytes);
        var end = header.Length;
        foreach (var tensor in file.Tensors)
        {
            tensor.Data.CopyTo(bytes.AsMemory(end));
            end += tensor.Data.Length;
        }

        return bytes;
    }

    /// <summary>
    /// The bytes before the data, for files that are written piece by piece. The data of <see cref="SafetensorsFile.Tensors"/> must follow in order. Metadata
    /// come first, by key (in the order of their UTF-8 bytes), then the tensors in the order of their data. Spaces at the end make the length a multiple of
    /// 8; there is no other white space. So every tensor begins at a multiple of its element size. Names and texts are UTF-8. Characters are escaped if JSON
    /// demands it, beyond U+FFFF, and in some control and private ranges.
    /// </summary>
    public static ReadOnlyMemory<byte> Header(SafetensorsFile file)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write(stackalloc byte[sizeof(ulong)]);
        // The default encoder guards against pasting into HTML. It would write é as \u00E9.
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            WriteHeader(json, file);
        }

        var padding = -bytes.WrittenCount & 7;
        bytes.GetSpan(padding)[..padding].Fill((byte)' ');
        bytes.Advance(padding);

        var header = bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - sizeof(ulong)));
        return header;
    }

    /// <summary>
    /// SHA-256 of the tensors, as 64 lower-case hexadecimal digits. It does not depend on the metadata (which may hold it) or on the order of the tensors. It
    /// hashes, for each tensor by name (in the order of the names' UTF-8 bytes, as in Python's sorted): the length of the name in UTF-8, the name, the length
    /// of the type's name, the type's name, the number of extents, each extent, the number of data bytes, and the data. Every number is an unsigned 64-bit
    /// little-endian integer. In Python:
    /// <code>
    /// for name in sorted(tensors):                     # name: (dtype, shape, data), such as ("F32", [2, 3], bytes(24))
    ///     dtype, shape, data = tensors[name]
    ///     for text in (name.encode(), dtype.encode()):
    ///         sha256.update(struct.pack("&lt;Q", len(text)) + text)
    ///     sha256.update(struct.pack(f"&lt;{len(shape) + 2}Q", len(shape), *shape, len(data)) + data)
    /// </code>
    /// </summary>
    public static string Checksum(SafetensorsFile file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in file.Tensors.OrderBy(tensor => tensor.Name, Unicode.ByCodePoint))
        {
            AppendText(hash, tensor.Name);
            AppendText(hash, tensor.Type.Name);
            AppendNumber(hash, tensor.Shape.Count);
            foreach (var extent in tensor.Shape)
            {
                AppendNumber(hash, extent);
            }

            AppendNumber(hash, tensor.Data.Length);
            hash.AppendData(tensor.Data.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void WriteHeader(Utf8JsonWriter json, SafetensorsFile file)
    {
        json.WriteStartObject();
        if (!file.Metadata.IsEmpty)
        {
            json.WriteStartObject(MetadataKey);
            foreach (var (key, text) in file.Metadata.AsEnumerable().OrderBy(entry => entry.Key, Unicode.ByCodePoint))
            {
                json.WriteString(key, text);
            }

            json.WriteEndObject();
        }

        var begin = 0L;
        foreach (var tensor in file.Tensors)
        {
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype"u8, tensor.Type.Name);
            json.WriteStartArray("shape"u8);
            foreach (var extent in tensor.Shape)
            {
                json.WriteNumberValue(extent);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets"u8);
            json.WriteNumberValue(begin);
            json.WriteNumberValue(begin += tensor.Data.Length);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void AppendText(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        AppendNumber(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AppendNumber(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
