using Ddpm.Pure.Data;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Data;

/// <summary>The fixture as if it were a published data set: the real one's names, its own sizes and hashes.</summary>
internal static class FixtureDataSet
{
    public static DataSetDescription Description { get; } = DataSetDescription.FashionMnist with
    {
        Train = new SplitFiles(
            File(
                "train-images-idx3-ubyte", Array(320, 28, 28),
                "a1c06e2e230fa2825006fa08836baca2", "ca9d3c637fafaef754240a72eeebdb51e3943996e7e591df8f9f59398ac5dba5"),
            File(
                "train-labels-idx1-ubyte", Array(320),
                "1b939bce19ed606af46b25ac991eee87", "44ea8900f45f10c46b17b76d71bb7e4db54056385fed84926bababf7d0acbad5")),
        Test = new SplitFiles(
            File(
                "t10k-images-idx3-ubyte", Array(64, 28, 28),
                "2b4aa9f1814d4a12279593c44ae37dba", "7bec7c6a2a6902e20df775eb74fe69a86d08b647b2f283247ade0bca971d309c"),
            File(
                "t10k-labels-idx1-ubyte", Array(64),
                "c52030f306a379dd30a03ed71ae1fc5d", "2fdaa030beb37bf205e8a166b8e5194c00996e8a716a56400c97e6c6c3f9ddca")),
        Mirrors = Arr<Uri>.Empty,
    };

    /// <summary>The names of its files as they are carried, in order.</summary>
    public static Seq<string> GzipNames { get; } = toSeq(Description.Files.Map(file => file.GzipName).Order(StringComparer.Ordinal)).Strict();

    /// <summary>A fixture file, compressed.</summary>
    public static byte[] Gzip(PublishedFile file) => System.IO.File.ReadAllBytes(Path.Combine(Fixtures.FashionMnist, file.GzipName));

    /// <summary>Its uncompressed content.</summary>
    public static byte[] Content(PublishedFile file) => DataSetWorld.Uncompressed(Gzip(file));

    /// <summary>A fixture file with the same content in another compression, as distributions have it.</summary>
    public static byte[] GzipAnew(PublishedFile file) => DataSetWorld.Compressed(Content(file));

    private static PublishedFile File(string name, Arr<int> shape, string md5, string sha256) =>
        new() { Name = name, Shape = shape, GzipMd5 = md5, ContentSha256 = sha256 };
}
