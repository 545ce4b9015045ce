using Ddpm.Host.Data;
using Ddpm.Host.Pictures;
using Ddpm.Properties.Attacks;
using Ddpm.Properties.Formats;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using Ddpm.Pure.Random;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;
using Parquet;
using Xunit;
using static Ddpm.Properties.Data.DataFiles;

namespace Ddpm.Properties.Data;

/// <summary>A person's own data in every form that --data takes.</summary>
public sealed class DataFormTests : IDisposable
{
    private const string Names = """{"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}, "image": {"_type": "Image"}}}}""";

    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-").FullName;
    private readonly List<string> _told = [];

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>Images of CIFAR with labels below 10.</summary>
    public sealed record CifarImages((byte Label, byte[] Levels)[] Images);

    public static class SomeCifar
    {
        public static Arbitrary<CifarImages> Any() => Arb.From(
            from seed in Gen.Choose(0, 1_000_000)
            from labels in Gen.Choose(0, 9).Select(label => (byte)label).NonEmptyListOf()
            select new CifarImages([.. labels.Take(5).Select((label, i) => (label, Levels(seed + i)))]));
    }

    [Law(Arbitrary = [typeof(SomeCifar)])]
    public bool Binary_records_come_out_as_they_were_put_in(CifarImages images, byte coarse) =>
        IsOf(images, CifarBatch.FromBinary(CifarBinary(images.Images.Select(image => (new[] { image.Label }, image.Levels))), 1, 10))
        && IsOf(images, CifarBatch.FromBinary(CifarBinary(images.Images.Select(image => (new[] { coarse, image.Label }, image.Levels))), 2, 100));

    [Law(Arbitrary = [typeof(SomeCifar)])]
    public bool Pickles_come_out_as_they_were_put_in_however_Python_wrote_them(CifarImages images, bool fine)
    {
        var (key, classes) = fine ? ("fine_labels", 100) : ("labels", 10);
        return Enum.GetValues<PickleWay>().All(way => IsOf(images, CifarBatch.FromPickle(CifarPickle(way, key, images.Images), key, classes)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cifar_10_is_read_with_its_class_names_and_both_parts(bool binary)
    {
        byte[] Made(int number) => binary
            ? CifarBinary(([(byte)number], Levels(number)))
            : CifarPickle(PickleWay.Python2, "labels", [((byte)number, Levels(number))]);
        for (var batch = 1; batch <= 5; batch++)
        {
            Put($"c/data_batch_{batch}{(binary ? ".bin" : "")}", Made(batch));
        }

        Put($"c/test_batch{(binary ? ".bin" : "")}", Made(6));
        var names = Enumerable.Range(0, 10).Select(i => $"name{i}").ToArray();
        Put(binary ? "c/batches.meta.txt" : "c/batches.meta", binary ? [.. string.Join('\n', names).Select(symbol => (byte)symbol), 10, 10] : Meta(names));
        var train = Load("c").Valid();
        Assert.Equal([1, 2, 3, 4, 5], train.Images.Labels.IfNone(default(ReadOnlyMemory<byte>)).ToArray());
        Assert.Equal(Enumerable.Range(1, 5).SelectMany(Levels), train.Images.Pixels.ToArray());
        Assert.Equal(names, train.Description.ClassNames);
        Assert.Equal(("c/", $"folder {At("c")}", false), (train.Description.Name, train.Origin, train.IsPublished));
        Assert.Equal(Levels(6), Load("c", DataSplit.Test).Valid().Images.Pixels.ToArray());

        // The hash is of the images, so that both forms of a data set have one.
        Assert.Equal(
            System.Security.Cryptography.SHA256.HashData([.. Enumerable.Range(1, 5).SelectMany(Levels), 1, 2, 3, 4, 5]),
            Convert.FromHexString(train.ImagesSha256));
    }

    [Fact]
    public void All_faults_of_a_folder_of_cifar_are_told_at_once()
    {
        Put("c/data_batch_1.bin", new byte[3073]);
        Assert.Contains(
            "lacks data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin of CIFAR-10", Load("c").Message(), StringComparison.Ordinal);
        for (var batch = 2; batch <= 5; batch++)
        {
            Put($"c/data_batch_{batch}.bin", CifarBinary(([(byte)1], Levels(batch))));
        }

        Put("c/data_batch_3.bin", CifarBinary(([(byte)10], Levels(3))));
        Put("c/data_batch_5.bin", new byte[3072]);
        Put("c/batches.meta.txt", "one\ntwo"u8.ToArray());
        var fault = Load("c").Fault();
        Assert.Contains("data_batch_3.bin cannot be read as CIFAR-10: its image 0 has the label 10, but there are 10 classes", fault, StringComparison.Ordinal);
        Assert.Contains("data_batch_5.bin cannot be read as CIFAR-10: it has 3072 bytes, but its records have 3073 bytes", fault, StringComparison.Ordinal);
        Assert.Contains("batches.meta.txt has 2 names, but CIFAR-10 has 10 classes", fault, StringComparison.Ordinal);
        Assert.Contains("test_batch.bin", Load("c", DataSplit.Test).Message(), StringComparison.Ordinal);
    }

    /// <summary>Grey and colour, with and without labels, in all types of labels, compressed or not.</summary>
    [Law]
    public bool An_npz_comes_out_as_it_was_put_in(bool colour, bool compressed, byte kind)
    {
        var (channels, levels) = (colour ? 3 : 1, Levels(kind)[..(2 * 4 * 4 * (colour ? 3 : 1))]);
        var images = Npy("|u1", colour ? "2, 4, 4, 3" : kind % 2 == 0 ? "2, 4, 4" : "2, 4, 4, 1", levels);
        var (type, bytes) = (kind % 4) switch
        {
            0 => ("|u1", 1),
            1 => ("<i4", 4),
            2 => ("<u4", 4),
            _ => ("<i8", 8),
        };
        byte[] labels = [7, .. new byte[bytes - 1], 200, .. new byte[bytes - 1]];
        (string, byte[]) other = ("val_images", "no array"u8.ToArray());
        var (first, second) = (kind % 3) switch
        {
            0 => ("x_train", "y_train"),
            1 => ("train_images", "train_labels"),
            _ => ("arr_0", "arr_1"),
        };
        var numbers = Npy(type, kind % 5 == 0 ? "2, 1" : "2,", labels);
        var labelled = NpzFile.Read(Npz(compressed, other, (second, numbers), (first, images)), DataSplit.Train).Valid();
        var plain = NpzFile.Read(Npz(compressed, other, (first, images)), DataSplit.Train).Valid();
        return labelled == ImageSet.Of(2, 4, 4, channels, levels, (ReadOnlyMemory<byte>)(byte[])[7, 200]).Valid()
            && plain == ImageSet.Of(2, 4, 4, channels, levels, LanguageExt.Option<ReadOnlyMemory<byte>>.None).Valid();
    }

    [Fact]
    public void An_npz_has_two_parts_and_a_name()
    {
        Put("blood.npz", Npz(true, ("train_images", Npy("|u1", "2, 4, 4", Levels(1)[..32])), ("test_images", Npy("|u1", "1, 4, 4", Levels(2)[..16]))));
        var train = Load("blood.npz").Valid();
        Assert.Equal(("blood.npz", $"file {At("blood.npz")}", 2), (train.Description.Name, train.Origin, train.Images.Count));
        Assert.Equal(["blood.npz"], train.Description.ClassNames.ToArray());
        Assert.Equal(Levels(2)[..16], Load("blood.npz", DataSplit.Test).Valid().Images.Pixels.ToArray());
    }

    [Fact]
    public void What_is_wrong_with_an_npz_is_told_at_once()
    {
        void Refused(string fault, params (string Name, byte[] File)[] arrays) => Assert.Contains(
            fault, NpzFile.Read(Npz(true, arrays), DataSplit.Train).Fault(), StringComparison.Ordinal);
        var images = Npy("|u1", "2, 4, 4", new byte[32]);
        Refused("it has no training images: the array of images must be called train_images, x_train, images, arr_0; it has 'pictures'", ("pictures", images));
        Refused(
            "'x_train' must be unsigned bytes of shape N×H×W, N×H×W×1 or N×H×W×3, but they are <f4 of shape 2×4×4",
            ("x_train", Npy("<f4", "2, 4, 4", new byte[128])));
        Refused("but they are |u1 of shape 2×4×4×4", ("x_train", Npy("|u1", "2, 4, 4, 4", new byte[128])));
        Refused("but they are |u1 of shape 0×4×4", ("x_train", Npy("|u1", "0, 4, 4", [])));
        var both = NpzFile.Read(Npz(true, ("images", Npy("|u1", "2, 4", new byte[8])), ("labels", Npy("|u1", "3,", new byte[3]))), DataSplit.Train).Fault();
        Assert.Contains("but they are |u1 of shape 2×4", both, StringComparison.Ordinal);
        Assert.Contains("must have the shape 2 or 2×1, one for each image, but they are |u1 of shape 3", both, StringComparison.Ordinal);
        Refused("must be numbers from 0 to 255, but number 1 is 256", ("images", images), ("labels", Npy("<i4", "2,", [1, 0, 0, 0, 0, 1, 0, 0])));
        Refused("must be whole numbers, but they are <f8 of shape 2", ("images", images), ("labels", Npy("<f8", "2,", new byte[16])));
        Refused("its array 'images': npy, at byte", ("images", Npy("|u1", "2, 99999, 99999", new byte[8])));
    }

    public static IEnumerable<object[]> Compressions() =>
        new[] { CompressionMethod.None, CompressionMethod.Snappy, CompressionMethod.Gzip, CompressionMethod.Zstd, CompressionMethod.Brotli }
            .Select(method => new object[] { method });

    [Theory]
    [MemberData(nameof(Compressions))]
    public void Parquet_files_of_the_hub_are_read_with_their_class_names(CompressionMethod method)
    {
        var rows = SamplePictures.All.Select((sample, i) => ((byte[]?)sample.File, (long?)(i % 2))).ToArray();
        Put("hub/data/train-00000-of-00002.parquet", DataFiles.Parquet(method, rows[..4], "img", names: Names));
        Put("hub/data/train-00001-of-00002.parquet", DataFiles.Parquet(method, rows[4..], "img"));
        Put("hub/data/test-00000-of-00001.parquet", DataFiles.Parquet(method, [(rows[0].Item1, 1)], "img"));
        var train = Load("hub").Valid();
        var expected = SamplePictures.All.SelectMany(sample =>
            PictureFile.Of(sample.File, new(ImageSize.Square(16), 3), Background.White).Valid().Picture.Pixels.ToArray());
        Assert.Equal(expected, train.Images.Pixels.ToArray());
        Assert.Equal(rows.Select(row => (byte)row.Item2!), train.Images.Labels.IfNone(default(ReadOnlyMemory<byte>)).ToArray());
        Assert.Equal(["cat", "dog"], train.Description.ClassNames.ToArray());
        Assert.Equal(1, Load("hub", DataSplit.Test).Valid().Images.Count);
        Put("one.parquet", DataFiles.Parquet(method, rows, label: "anything"));
        Assert.Equal(["one.parquet"], Load("one.parquet").Valid().Description.ClassNames.ToArray());
        Assert.Contains("has no test pictures", Load("one.parquet", DataSplit.Test).Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_are_no_pictures_are_left_out_and_told()
    {
        Put("a.parquet", DataFiles.Parquet(CompressionMethod.Snappy, [(SamplePictures.Of("png"), 0), (null, 1), ("no picture"u8.ToArray(), 1)]));
        Assert.Equal(1, Load("a.parquet").Valid().Images.Count);
        Assert.Contains(_told, line => line.Contains($"row 2 of {At("a.parquet")}: its content is not in one of the formats", StringComparison.Ordinal));
        Assert.Contains("2 of 3 pictures could not be read: left out", _told);
        Put("b.parquet", DataFiles.Parquet(CompressionMethod.Snappy, [(SamplePictures.Of("png"), 256)]));
        Assert.Contains("row 0 has the label 256: labels must lie in [0, 255]", Load("b.parquet").Message(), StringComparison.Ordinal);
        Put("c.parquet", DataFiles.Parquet(CompressionMethod.Snappy, [(SamplePictures.Of("png"), null)]));
        Assert.Contains("row 0 has the label null", Load("c.parquet").Message(), StringComparison.Ordinal);
        Put("d.parquet", "PAR1 no parquet file"u8.ToArray());
        Assert.Contains("it does not begin and end with PAR1", Load("d.parquet").Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_in_no_form_is_refused_with_the_list_of_forms()
    {
        Put("notes.txt", "no picture"u8.ToArray());
        Directory.CreateDirectory(At("empty"));
        foreach (var name in (string[])["notes.txt", "empty"])
        {
            Assert.True(DataForm.Of(At(name), DataSetDescription.FashionMnist).IsNone);
        }
    }

    private static bool IsOf(CifarImages images, Fin<CifarBatch> batch) =>
        batch.Valid() is var read
        && read.Labels.Span.SequenceEqual(images.Images.Select(image => image.Label).ToArray())
        && read.Pixels.Span.SequenceEqual(images.Images.SelectMany(image => image.Levels).ToArray());

    private static byte[] Levels(int seed)
    {
        var draws = new RandomStream((ulong)seed, StreamName.Shuffling).At(0, 0);
        return [.. Enumerable.Range(0, CifarImage).Select(i => (byte)draws.Word(i))];
    }

    /// <summary>A pickle of Python 2 with a list of names.</summary>
    private static byte[] Meta(string[] names)
    {
        static byte[] Text(string text) => [(byte)'U', (byte)text.Length, .. text.Select(symbol => (byte)symbol)];
        return [0x80, 2, .. "}("u8, .. Text("label_names"), .. "]("u8, .. names.SelectMany(Text), .. "eu."u8];
    }

    private string At(string path) => Path.Combine(_root, path);

    private void Put(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllBytes(At(path), content);
    }

    private Fin<LoadedDataSet> Load(string path, DataSplit split = DataSplit.Train) =>
        DataForm.Of(At(path), DataSetDescription.FashionMnist).Map(form => form.Load(
            At(path), new(DataSetDescription.FashionMnist, split, new(ImageSize.Square(16), 3), Background.White, _told.Add, (_, _) => { }), default))
            .IfNone(() => throw new InvalidOperationException($"{path} is in no form"));
}
