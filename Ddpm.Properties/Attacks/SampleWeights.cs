using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Attacks;

/// <summary>Files of weights, honest and hostile, made byte by byte.</summary>
internal static class SampleWeights
{
    /// <summary>The smallest network of the tutorial: images of 12×12, twelve timesteps.</summary>
    public static UNetConfig Network { get; } = UNetConfig.Tutorial(ImageSize.Square(12), 1, 12, residual: false).Valid();

    /// <summary>Its weights: small numbers, no two neighbours alike, behind a prefix.</summary>
    public static SafetensorsTensor[] Tensors(string prefix = "", float scale = 1) =>
        [.. Network.Parameters.Map(parameter =>
            Tensor(prefix + parameter.Name, [.. parameter.Shape.Map(size => (long)size)], i => scale * ((i % 17 / 64f) - 0.1f)))];

    /// <summary>A tensor of float32.</summary>
    public static SafetensorsTensor Tensor(string name, long[] shape, Func<int, float> value) => Tensor(name, SafetensorsType.F32, shape, value);

    /// <summary>A tensor of any type, its elements from a function of their place.</summary>
    public static SafetensorsTensor Tensor<T>(string name, SafetensorsType type, long[] shape, Func<int, T> value)
        where T : struct => SafetensorsTensor.Of(
            name, type, new Arr<long>(shape),
            MemoryMarshal.AsBytes([.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(value)]).ToArray()).Valid();

    /// <summary>The bytes of 0, 1, 2, … in float32.</summary>
    public static byte[] Counted(int count) => MemoryMarshal.AsBytes([.. Enumerable.Range(0, count).Select(i => (float)i)]).ToArray();

    /// <summary>The same tensors, one of them changed at one place.</summary>
    public static SafetensorsTensor[] With(this SafetensorsTensor[] tensors, string name, int place, float value) =>
        [.. tensors.Select(tensor => tensor.Name != name ? tensor : Tensor(
            name, [.. tensor.Shape], i => i == place ? value : BinaryPrimitives.ReadSingleLittleEndian(tensor.Data.Span[(4 * i)..])))];

    /// <summary>A safetensors file of them.</summary>
    public static SafetensorsFile File(params SafetensorsTensor[] tensors) => SafetensorsFile.Of(tensors, HashMap<string, string>()).Valid();

    /// <summary>An archive as torch.save writes it: a pickle, and storages by key.</summary>
    public static byte[] Archive(byte[] pickle, params (string Key, byte[] Content)[] storages)
    {
        using var saved = new MemoryStream();
        using (var archive = new ZipArchive(saved, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in storages.Select(storage => ($"data/{storage.Key}", storage.Content)).Prepend(("data.pkl", pickle)))
            {
                using var stream = archive.CreateEntry($"archive/{name}", CompressionLevel.NoCompression).Open();
                stream.Write(content);
            }
        }

        return saved.ToArray();
    }

    /// <summary>An archive that lists one storage under many names: a small file that expands to a huge one.</summary>
    public static byte[] Overlapping(byte[] pickle, byte[] storage, int names)
    {
        var honest = Archive(pickle, ("0", storage));
        var directory = (int)BinaryPrimitives.ReadUInt32LittleEndian(honest.AsSpan(honest.Length - 6));
        var (first, end) = (Entry(directory), honest.Length - 22);
        var second = Entry(directory + first.Length);
        List<byte> file = [.. honest[..directory], .. first];
        for (var i = 0; i < names; i++)
        {
            var name = Encoding.ASCII.GetBytes($"archive/data/{i}");
            var entry = (byte[])[.. second[..46], .. name];
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(28), (ushort)name.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(30), 0);
            file.AddRange(entry);
        }

        var last = honest[end..];
        BinaryPrimitives.WriteUInt16LittleEndian(last.AsSpan(8), (ushort)(names + 1));
        BinaryPrimitives.WriteUInt16LittleEndian(last.AsSpan(10), (ushort)(names + 1));
        BinaryPrimitives.WriteUInt32LittleEndian(last.AsSpan(12), (uint)(file.Count - directory));
        return [.. file, .. last];

        byte[] Entry(int at)
        {
            int Length(int field) => BinaryPrimitives.ReadUInt16LittleEndian(honest.AsSpan(at + field));
            return honest[at..(at + 46 + Length(28) + Length(30) + Length(32))];
        }
    }

    /// <summary>A pickled dictionary of float32 tensors, in which whatever occurs again is written once and recalled.</summary>
    internal sealed class Pickle(byte protocol = 2)
    {
        private readonly List<byte> _bytes = [0x80, protocol, (byte)'}', (byte)'('];
        private readonly Dictionary<string, int> _places = [];

        /// <summary>One more entry: a view of a storage.</summary>
        public Pickle Add(string name, string storage, int count, int offset, int[] shape, int[] strides)
        {
            Once($"text {name}", () => Text(name));
            Once("rebuild", () => Put("ctorch._utils\n_rebuild_tensor_v2\n"u8));
            Put("("u8);
            Once($"storage {storage}", () =>
            {
                Put("("u8);
                Text("storage");
                Put("ctorch\nFloatStorage\n"u8);
                Text(storage);
                Text("cpu");
                Number(count);
                Put("tQ"u8);
            });
            Number(offset);
            Once(shape, () => Numbers(shape));
            Once(strides, () => Numbers(strides));
            Put("N)tR"u8);
            return this;
        }

        public byte[] End() => [.. _bytes, (byte)'u', (byte)'.'];

        private readonly Dictionary<int[], int> _shapes = [];

        private void Once(string what, Action write) => Once(_places, what, write);

        private void Once(int[] what, Action write) => Once(_shapes, what, write);

        private void Once<T>(Dictionary<T, int> places, T what, Action write)
            where T : notnull
        {
            if (places.TryGetValue(what, out var place))
            {
                Put("j"u8);
                Little(place);
                return;
            }

            write();
            places.Add(what, _places.Count + _shapes.Count);
            Put("r"u8);
            Little(places[what]);
        }

        private void Numbers(int[] numbers)
        {
            Put("("u8);
            foreach (var number in numbers)
            {
                Number(number);
            }

            Put("t"u8);
        }

        private void Number(int number)
        {
            Put("J"u8);
            Little(number);
        }

        private void Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Put("X"u8);
            Little(bytes.Length);
            Put(bytes);
        }

        private void Little(int number)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
            Put(bytes);
        }

        private void Put(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);
    }
}
