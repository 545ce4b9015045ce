using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Parquet;
using Parquet.Schema;

namespace Ddpm.Properties.Data;

/// <summary>Writes image data in the forms in which people have them, by the descriptions of the formats and not by our readers.</summary>
internal static class DataFiles
{
    /// <summary>The levels of an image of CIFAR.</summary>
    public const int CifarImage = 3072;

    /// <summary>How a pickle can be written: by Python 2, and by Python 3 in a protocol.</summary>
    public enum PickleWay
    {
        /// <summary>The published files: protocol 2, with strings of bytes.</summary>
        Python2,

        /// <summary>Protocol 2 of Python 3: bytes are texts that _codecs.encode turns into bytes.</summary>
        Protocol2,

        /// <summary>Protocol 4, with bytes as keys.</summary>
        Protocol4,

        /// <summary>Protocol 5 of NumPy 2: the array is rebuilt from a buffer.</summary>
        Protocol5,
    }

    /// <summary>Records of labels and planes.</summary>
    /// <param name="images">H×W×C levels of 32×32×3 images, and their labels; the last label counts.</param>
    public static byte[] CifarBinary(params IEnumerable<(byte[] Labels, byte[] Levels)> images) =>
        [.. images.SelectMany(image => image.Labels.Concat(Planes(image.Levels)))];

    /// <summary>A pickled dictionary of an array of planes and a list of labels.</summary>
    public static byte[] CifarPickle(PickleWay way, string labels, IReadOnlyList<(byte Label, byte[] Levels)> images, string type = "u1", bool fortran = false)
    {
        byte[] data = [.. images.SelectMany(image => Planes(image.Levels))];
        var pickle = new List<byte>(way == PickleWay.Protocol4 ? [0x80, 4, 0x95, 1, 2, 3, 4, 5, 6, 7, 8] : [0x80, (byte)(way == PickleWay.Protocol5 ? 5 : 2)]);
        pickle.AddRange("}q\u0001("u8);
        Key("data");
        Array();
        Key(labels);
        pickle.AddRange("]("u8);
        foreach (var (label, _) in images)
        {
            Integer(label);
        }

        pickle.Add((byte)'e');
        Key("batch_label");
        String("training batch 1 of 5");
        Key("filenames");
        pickle.AddRange("]("u8);
        foreach (var (label, _) in images)
        {
            String($"leptodactylus_{label}.png");
        }

        pickle.AddRange("eu."u8);
        return [.. pickle];

        void Array()
        {
            var core = way is PickleWay.Python2 or PickleWay.Protocol2 ? "numpy.core" : "numpy._core";
            if (way == PickleWay.Protocol5)
            {
                Global($"{core}.numeric", "_frombuffer");
                pickle.Add((byte)'(');
                pickle.Add(0x96); // a byte array
                Little(data.Length, 8);
                pickle.AddRange(data);
                Type();
                Shape();
                Text(fortran ? "F" : "C");
                pickle.AddRange("tR"u8);
                return;
            }

            Global($"{core}.multiarray", "_reconstruct");
            Global("numpy", "ndarray");
            pickle.AddRange([(byte)'K', 0, 0x85]);
            Bytes("b"u8.ToArray());
            pickle.AddRange([0x87, (byte)'R', (byte)'(']);
            Integer(1);
            Shape();
            Type();
            pickle.Add((byte)(fortran ? 0x88 : 0x89));
            Bytes(data);
            pickle.AddRange("tb"u8);
        }

        void Type()
        {
            Global("numpy", "dtype");
            String(type);
            Integer(0);
            Integer(1);
            pickle.AddRange([0x87, (byte)'R', (byte)'q', 9, (byte)'(']);
            Integer(3);
            String("|");
            pickle.AddRange("NNN"u8);
            pickle.AddRange([(byte)'J', 0xff, 0xff, 0xff, 0xff, (byte)'J', 0xff, 0xff, 0xff, 0xff, (byte)'K', 0]);
            pickle.AddRange("tb"u8);
        }

        void Shape()
        {
            Integer(images.Count);
            Integer(CifarImage);
            pickle.Add(0x86);
        }

        void Key(string key)
        {
            if (way == PickleWay.Protocol4)
            {
                Bytes(Encoding.ASCII.GetBytes(key)); // pickle.load(…, encoding="bytes") and then pickle.dump
            }
            else
            {
                String(key);
            }
        }

        void String(string text)
        {
            if (way == PickleWay.Python2)
            {
                pickle.Add((byte)'U');
                pickle.Add((byte)text.Length);
                pickle.AddRange(Encoding.ASCII.GetBytes(text));
            }
            else
            {
                Text(text);
            }
        }

        void Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            pickle.Add((byte)'X');
            Little(bytes.Length, 4);
            pickle.AddRange(bytes);
        }

        void Bytes(byte[] bytes)
        {
            if (way == PickleWay.Protocol2)
            {
                Global("_codecs", "encode");
                Text(Encoding.Latin1.GetString(bytes));
                Text("latin1");
                pickle.AddRange([0x86, (byte)'R']);
            }
            else
            {
                pickle.Add((byte)(way == PickleWay.Python2 ? 'T' : 'B'));
                Little(bytes.Length, 4);
                pickle.AddRange(bytes);
            }
        }

        void Global(string module, string name) => pickle.AddRange(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

        void Integer(int number)
        {
            pickle.Add((byte)'M');
            Little(number, 2);
        }

        void Little(long number, int count)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
            pickle.AddRange(bytes[..count]);
        }
    }

    /// <summary>An .npy file: the header that NumPy writes, and the elements.</summary>
    public static byte[] Npy(string type, string shape, byte[] elements)
    {
        var header = Encoding.ASCII.GetBytes($"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}\n");
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. header, .. elements];
    }

    /// <summary>A zip archive of files.</summary>
    public static byte[] Npz(bool compressed, params (string Name, byte[] File)[] arrays)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, file) in arrays)
            {
                using var entry = archive.CreateEntry(name + ".npy", compressed ? CompressionLevel.Optimal : CompressionLevel.NoCompression).Open();
                entry.Write(file);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>A file as the Hub has them: image.bytes, image.path and label, some rows in a group, and the features as metadata.</summary>
    public static byte[] Parquet(
        CompressionMethod method, IReadOnlyList<(byte[]? File, long? Label)> rows, string image = "image", string label = "label", int group = 3,
        string? names = null)
    {
        var (bytes, path, classes) = (new DataField<byte[]>("bytes", true), new DataField<string>("path", true), new DataField<long>(label, true));
        using var file = new MemoryStream();
        Write().GetAwaiter().GetResult();
        return file.ToArray();

        async Task Write()
        {
            var schema = new ParquetSchema(new StructField(image, bytes, path), classes);
            await using var writer = await ParquetWriter.CreateAsync(schema, file, new ParquetOptions { CompressionMethod = method });
            if (names is not null)
            {
                writer.CustomMetadata = new Dictionary<string, string> { ["huggingface"] = names };
            }

            foreach (var some in rows.Chunk(group))
            {
                using var written = writer.CreateRowGroup();
                await written.WriteAsync(bytes, some.Select(row => row.File!).ToArray());
                await written.WriteAsync(path, some.Select((_, i) => $"{i}.png").ToArray());
                await written.WriteAsync<long>(classes, some.Select(row => row.Label).ToArray().AsMemory());
            }
        }
    }

    /// <summary>The red, green and blue plane of an image.</summary>
    private static IEnumerable<byte> Planes(byte[] levels) =>
        Enumerable.Range(0, 3).SelectMany(channel => Enumerable.Range(0, levels.Length / 3).Select(pixel => levels[(3 * pixel) + channel]));
}
