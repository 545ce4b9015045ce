using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>A published data set: the names of its files, their hashes and their addresses.</summary>
internal sealed record DataSetDescription
{
    /// <summary>The name of the data set in options, in lower case; also the name of its folder in the cache.</summary>
    public required string Name { get; init; }

    /// <summary>The name to show.</summary>
    public required string Title { get; init; }

    /// <summary>The files of the training split.</summary>
    public required SplitFiles Train { get; init; }

    /// <summary>The files of the test split.</summary>
    public required SplitFiles Test { get; init; }

    /// <summary>Addresses of the .gz files, each ending in a slash; the first that answers is used.</summary>
    public required Arr<Uri> Mirrors { get; init; }

    /// <summary>The Debian package of the data set, if any.</summary>
    public required Option<DebianPackage> Package { get; init; }

    /// <summary>The names of the classes, by label.</summary>
    public required Arr<string> ClassNames { get; init; }

    /// <summary>Whether a mirrored image keeps its meaning: a shirt does, a digit does not.</summary>
    public bool MirrorsKeepMeaning { get; init; }

    /// <summary>The name of the classifier for this data set that comes with the program, if any.</summary>
    public Option<string> ShippedClassifier { get; init; }

    /// <summary>The name of a class, or its number if the data set has no name for it.</summary>
    public string ClassName(int label) => label >= 0 && label < ClassNames.Count ? ClassNames[label] : Invariant($"{label}");

    /// <summary>All four files, the training files first.</summary>
    public Arr<PublishedFile> Files => Array(Train.Images, Train.Labels, Test.Images, Test.Labels);

    /// <summary>The files of one split.</summary>
    public SplitFiles Of(DataSplit split) => split switch
    {
        DataSplit.Train => Train,
        DataSplit.Test => Test,
        _ => throw new ArgumentOutOfRangeException(nameof(split), split, "no such part of a data set"),
    };

    /// <summary>
    /// Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): 70,000 grey images of clothes, 28×28, in ten classes. The SHA-256 are of the
    /// uncompressed files.
    /// </summary>
    public static DataSetDescription FashionMnist { get; } = new()
    {
        Name = "fashion-mnist",
        Title = "Fashion-MNIST",
        ClassNames = Array("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"),
        Train = Mnist28(
            "train", 60_000,
            ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            ("25c81989df183df01b3e8a0aad5dffbe", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9")),
        Test = Mnist28(
            "t10k", 10_000,
            ("bef4ecab320f06d8554ea6380940ec79", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            ("bb300cfdad3c16e7a12a480ee83cd310", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34")),
        // The publishers' own server has no TLS, so it comes last. The hashes check whatever it sends.
        Mirrors = Array(
            new Uri("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
            new Uri("https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"),
            new Uri("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/")),
        Package = new DebianPackage("dataset-fashion-mnist", "/usr/share/datasets/fashion-mnist"),
        MirrorsKeepMeaning = true,
        ShippedClassifier = "fashion-mnist",
    };

    /// <summary>
    /// MNIST (LeCun, Cortes and Burges): 70,000 grey images of handwritten digits, 28×28, in ten classes. The SHA-256 are of the
    /// uncompressed files.
    /// </summary>
    public static DataSetDescription Mnist { get; } = new()
    {
        Name = "mnist",
        Title = "MNIST",
        ClassNames = Enumerable.Range(0, 10).Select(digit => Invariant($"{digit}")).ToArr(),
        Train = Mnist28(
            "train", 60_000,
            ("f68b3c2dcbeaaa9fbdd348bbdeb94873", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            ("d53e105ee54ea40749a09fcbcd1e9432", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5")),
        Test = Mnist28(
            "t10k", 10_000,
            ("9fb629c4189551a2d022fa330f9573f3", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            ("ec29112dd5afa0611ce80d1b7f02629c", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")),
        Mirrors = Array(
            new Uri("https://ossci-datasets.s3.amazonaws.com/mnist/"),
            new Uri("https://storage.googleapis.com/cvdf-datasets/mnist/")),
        Package = None,
    };

    /// <summary>Every data set known by name; the first is the default.</summary>
    public static Arr<DataSetDescription> All { get; } = Array(FashionMnist, Mnist);

    /// <summary>The data set of that name, or an error that lists all names.</summary>
    public static Fin<DataSetDescription> Named(string name) =>
        All.Find(known => known.Name == name).ToFin(
            Error.New($"there is no data set \"{name}\": choose one of {string.Join(", ", All.Map(known => known.Name))}"));

    private static SplitFiles Mnist28(
        string part, int count, (string Md5, string Sha256) images, (string Md5, string Sha256) labels) => new(
            new PublishedFile
            {
                Name = $"{part}-images-idx3-ubyte",
                Shape = Array(count, 28, 28),
                GzipMd5 = images.Md5,
                ContentSha256 = images.Sha256,
            },
            new PublishedFile
            {
                Name = $"{part}-labels-idx1-ubyte",
                Shape = Array(count),
                GzipMd5 = labels.Md5,
                ContentSha256 = labels.Sha256,
            });
}
