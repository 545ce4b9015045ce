using System.Buffers.Binary;
using System.Text;
using Ddpm.Host.Data;
using Ddpm.Properties.Data;
using Ddpm.Properties.Formats;
using Ddpm.Pure.Data;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Random;
using LanguageExt;
using Parquet;
using Xunit;
using Xunit.Abstractions;

namespace Ddpm.Properties.Attacks;

/// <summary>Data files with code, bombs and lies. Each is refused in one line, in memory that the file justifies.</summary>
public sealed class DataFileAttacks(ITestOutputHelper output) : IDisposable
{
    private static readonly int Inputs = EnvironmentCount.Of("DDPM_HOSTILE_DATA") ?? 300;

    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static Fin<CifarBatch> Pickle(byte[] file) => CifarBatch.FromPickle(file, "labels", 10);

    private static byte[] Good(DataFiles.PickleWay way = DataFiles.PickleWay.Python2) => DataFiles.CifarPickle(way, "labels", [(3, new byte[3072])]);

    [Theory]
    [InlineData(
        "cposix\nsystem\n(U\u0005touchtR.",
        "its pickle names 'posix.system', which a dictionary of images never needs: the file is refused, and none of its code ran")]
    [InlineData("cbuiltins\neval\n.", "its pickle names 'builtins.eval'")]
    [InlineData("cnumpy\nload\n.", "its pickle names 'numpy.load'")]
    [InlineData("cnumpy.core.multiarray\nscalar\n.", "its pickle names 'numpy.core.multiarray.scalar'")]
    [InlineData("ctorch._utils\n_rebuild_tensor_v2\n.", "its pickle names 'torch._utils._rebuild_tensor_v2'")]
    [InlineData("c_codecs\ndecode\n.", "its pickle names '_codecs.decode'")]
    [InlineData("i__main__\nX\n.", "byte 0 of its pickle is instruction 0x69")]
    [InlineData("K\u0001Q.", "its pickle refers to an object outside of the file")]
    [InlineData("cnumpy\nndarray\n)R.", "its pickle is damaged: an instruction meets a value of the wrong type")]
    [InlineData("K\u0001K\u0002b.", "its pickle is damaged")]
    [InlineData("].", "its pickle is not a dictionary")]
    [InlineData("}.", "its pickle lacks the entry 'data'")]
    [InlineData("}(U\u0004dataK\u0001u.", "its pickle lacks the entry 'labels'")]
    [InlineData("}(U\u0004dataK\u0001U\u0006labels](K\u0001eu.", "its entry 'data' is not an array of 1×3072 unsigned bytes, one row for each of its 'labels'")]
    [InlineData("}(U\u0004dataK\u0001U\u0006labelsK\u0001u.", "its entry 'labels' is not a list of numbers from 0 to 255")]
    public void A_pickle_with_code_or_without_images_is_refused(string pickle, string fault) =>
        Assert.StartsWith(fault, Pickle(Encoding.Latin1.GetBytes(pickle)).Message(), StringComparison.Ordinal);

    [Fact]
    public void Only_arrays_of_bytes_in_C_order_with_as_many_bytes_as_their_shape_are_read()
    {
        foreach (var way in Enum.GetValues<DataFiles.PickleWay>())
        {
            Assert.True(Pickle(Good(way)).IsSucc);
            string Fault(int levels, string type = "u1", bool fortran = false) =>
                Pickle(DataFiles.CifarPickle(way, "labels", [(3, new byte[levels])], type, fortran)).Message();
            Assert.Contains("'f8', but only unsigned bytes", Fault(3072, "f8"), StringComparison.Ordinal);
            Assert.Contains("Fortran", Fault(3072, fortran: true), StringComparison.Ordinal);
            Assert.Contains("needs 3072 bytes of data, got 3069", Fault(3069), StringComparison.Ordinal);
        }
    }

    /// <summary>One text that stands for bytes, recalled a hundred thousand times: it is encoded when it is read, and then once.</summary>
    [Fact]
    public void A_text_that_is_encoded_many_times_makes_no_room()
    {
        const int Length = 100_000, Times = 20_000;
        var pickle = new List<byte>([.. "}X"u8, 0xa0, 0x86, 1, 0, .. new byte[Length], .. "q\u0001c_codecs\nencode\nq\u0002"u8]);
        for (var i = 0; i < Times; i++)
        {
            pickle.AddRange([.. "h\u0002h\u0001X\u0006\0\0\0latin1"u8, 0x86, (byte)'R']);
        }

        byte[] file = [.. pickle, (byte)'.'];
        var (read, allocated) = Decoding.Allocated(() => Pickle(file));
        Assert.InRange(read.Message().Length, 10, 500);
        Assert.InRange(allocated, 0, 60L * file.Length);
    }

    /// <summary>Headers that announce far more than the file holds, and lengths in the archive's directory that are lies.</summary>
    [Fact]
    public void Bombs_in_archives_are_refused_without_the_room_for_them()
    {
        void Refused(byte[] file, string fault)
        {
            var (read, allocated) = Decoding.Allocated(() => NpzFile.Read(file, DataSplit.Train));
            Assert.Contains(fault, read.Message(), StringComparison.Ordinal);
            Assert.InRange(allocated, 0, (8L * file.Length) + (4 * Decoding.Allowance));
        }

        Refused(DataFiles.Npz(false, ("x_train", DataFiles.Npy("|u1", "60000, 9999, 9999", new byte[10]))), "needs");
        Refused(DataFiles.Npz(false, ("x_train", DataFiles.Npy("|u1", "4294967296, 4294967296, 4", new byte[10]))), "larger than any memory");
        Refused("PK\u0003\u0004"u8.ToArray(), "it is damaged, or not a zip archive that numpy.savez wrote");
        Refused([], "it is damaged, or not a zip archive that numpy.savez wrote");

        var file = DataFiles.Npz(true, ("x_train", DataFiles.Npy("|u1", "2, 4, 4", new byte[32])));
        var directory = file.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(directory + 24), 2_000_000_000);
        Refused(file, "announces 2000000000 bytes, more than its");
        var longer = DataFiles.Npz(true, ("x_train", DataFiles.Npy("|u1", "2, 4, 4", new byte[32])));
        longer[longer.AsSpan().LastIndexOf("PK\u0001\u0002"u8) + 24]--;
        Assert.True(NpzFile.Read(longer, DataSplit.Train).IsFail);
    }

    /// <summary>A column of zeros: a few kilobytes that a decompressor makes into gigabytes.</summary>
    [Fact]
    public void A_page_that_announces_gigabytes_is_refused_before_it_is_decompressed()
    {
        byte[] Page(int unpacked, int stored) => [0x15, 0, 0x15, .. Varint(2L * unpacked), 0x15, .. Varint(2L * stored), 0, .. new byte[stored]];
        byte[] file = [.. "PAR1"u8, .. Page(900_000_000, 10), .. Page(900_000_000, 10)];
        Assert.Contains("has more than 1073741824 bytes", ParquetFrame.CheckPages(file, 4, file.Length - 4).Message(), StringComparison.Ordinal);
        Assert.True(ParquetFrame.CheckPages(file, 4, (file.Length - 4) / 2).IsSucc);
        Assert.Contains("a page in it is damaged or cut short", ParquetFrame.CheckPages(file, 4, file.Length - 5).Message(), StringComparison.Ordinal);
        Assert.Contains("outside of the file", ParquetFrame.CheckPages(file, 4, file.Length).Message(), StringComparison.Ordinal);
        Assert.Contains("outside of the file", ParquetFrame.CheckPages(file, -1, 1).Message(), StringComparison.Ordinal);
        Assert.Contains("outside of the file", ParquetFrame.CheckPages(file, 4, long.MaxValue).Message(), StringComparison.Ordinal);
    }

    /// <summary>Lists that announce more elements than bytes follow, and structures in structures, on which the library worked for minutes.</summary>
    [Theory]
    [InlineData("19fc ffffffff0f")]
    [InlineData("1900")]
    [InlineData("18ffffffff07")]
    [InlineData("1b ffffffff0f 55")]
    [InlineData("15ffffffffffffffffffffff01 00")]
    [InlineData("1e 00")]
    [InlineData("1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c 0000000000000000000000000000000000000000000000000000")]
    public void A_footer_that_lies_is_refused(string footer)
    {
        var bytes = Convert.FromHexString(footer.Replace(" ", "", StringComparison.Ordinal));
        byte[] file = [.. "PAR1"u8, .. bytes, (byte)bytes.Length, 0, 0, 0, .. "PAR1"u8];
        Assert.InRange(ParquetFrame.Check(file).Message().Length, 10, 200);
    }

    [Fact]
    public void Damaged_parquet_files_are_read_or_refused() => Attack(
        ".parquet", DataFiles.Parquet(CompressionMethod.Snappy, [.. SamplePictures.All.Take(4).Select(sample => ((byte[]?)sample.File, (long?)1))]),
        DataFiles.Parquet(CompressionMethod.Gzip, [(SamplePictures.Of("png"), 1), (null, 0)]));

    [Fact]
    public void Damaged_archives_are_read_or_refused() => Attack(
        ".npz", DataFiles.Npz(true, ("x_train", DataFiles.Npy("|u1", "2, 4, 4", new byte[32])), ("y_train", DataFiles.Npy("|u1", "2,", [1, 2]))));

    [Fact]
    public void Damaged_pickles_are_read_or_refused()
    {
        var draws = new RandomStream(3, StreamName.Shuffling);
        foreach (var way in Enum.GetValues<DataFiles.PickleWay>())
        {
            for (var i = 0; i < Inputs; i++)
            {
                var file = Damaged(Good(way), draws.At(i, (int)way), 400);
                var (read, allocated) = Decoding.Allocated(() => Pickle(file));
                read.Match(_ => { }, fault => Assert.InRange(fault.Message.Length, 10, 500));
                Assert.InRange(allocated, 0, (20L * file.Length) + Decoding.Allowance);
            }
        }
    }

    private void Attack(string ending, params byte[][] good)
    {
        var (path, refused) = (Path.Combine(_root, "a" + ending), 0);
        var request = new DataRequest(DataSetDescription.FashionMnist, DataSplit.Train, new(ImageSize.Square(4), 3), Background.White);
        for (var i = 0; i < Inputs; i++)
        {
            var file = Damaged(good[i % good.Length], new RandomStream(4, StreamName.Shuffling).At(i, 0), 500);
            File.WriteAllBytes(path, file);
            try
            {
                DataForm.Of(path, request.Description).Map(form => form.Load(path, request, default)).IfNone(() => throw new InvalidOperationException()).Match(
                    read => Assert.InRange(read.Images.Count, 1, 100),
                    fault =>
                    {
                        refused++;
                        Assert.InRange(fault.Message.Length, 10, 1000);
                        Assert.DoesNotContain(fault.Message, char.IsControl);
                    });
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"input {i}, in Base64: {Convert.ToBase64String(file)}", e);
            }
        }

        output.WriteLine($"{refused} of {Inputs} refused");
        Assert.True(refused > 0);
    }

    /// <summary>A file with one to three bytes changed, half of them among the last ones, where archives and Parquet files have their directories.</summary>
    private static byte[] Damaged(byte[] file, Draws draws, int last)
    {
        byte[] damaged = [.. file];
        for (var change = 0; change <= draws.Below(0, 3); change++)
        {
            var near = draws.Below(3 * change + 2, Math.Min(last, file.Length));
            var at = draws.Below(3 * change + 1, 2) == 0 ? draws.Below(3 * change + 2, file.Length) : file.Length - 1 - near;
            damaged[at] = (byte)draws.Below(3 * change + 3, 256);
        }

        return damaged;
    }

    private static byte[] Varint(long number)
    {
        var bytes = new List<byte>();
        for (; number >= 128; number >>= 7)
        {
            bytes.Add((byte)((number & 127) | 128));
        }

        return [.. bytes, (byte)number];
    }
}
