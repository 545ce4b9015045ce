using Ddpm.Pure.Data;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Data;

public sealed class DataSetDescriptionLaws
{
    public static TheoryData<string> Names => [.. DataSetDescription.All.Map(known => known.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_data_set_is_found_by_its_name(string name) => Assert.Equal(name, DataSetDescription.Named(name).ThrowIfFail().Name);

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_hashes_are_lower_case_hexadecimal_and_its_mirrors_end_in_a_slash(string name)
    {
        var description = DataSetDescription.Named(name).ThrowIfFail();
        Assert.All(description.Files, file => Assert.Matches("^[0-9a-f]{32}$", file.GzipMd5));
        Assert.All(description.Files, file => Assert.Matches("^[0-9a-f]{64}$", file.ContentSha256));
        Assert.All(description.Mirrors, mirror => Assert.EndsWith("/", mirror.AbsolutePath, StringComparison.Ordinal));
    }

    /// <summary>Without TLS, anybody on the network can read which data set is fetched.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Mirrors_with_TLS_are_asked_first(string name)
    {
        var schemes = DataSetDescription.Named(name).ThrowIfFail().Mirrors.Map(mirror => mirror.Scheme);
        Assert.Equal("https", schemes[0]);
        Assert.Equal(schemes.OrderDescending(StringComparer.Ordinal), schemes.AsEnumerable());
    }

    [Fact]
    public void The_files_of_Fashion_MNIST_have_the_published_lengths() =>
        Assert.Equal(Array(47_040_016L, 60_008L, 7_840_016L, 10_008L), DataSetDescription.FashionMnist.Files.Map(file => file.Length));

    /// <summary>The names that the publishers of MNIST chose, and everybody after them.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Its_files_have_the_published_names(string name) => Assert.Equal(
        ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"],
        DataSetDescription.Named(name).ThrowIfFail().Files.Map(file => file.GzipName).AsEnumerable());

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_parts_hold_sixty_thousand_images_and_ten_thousand(string name)
    {
        var description = DataSetDescription.Named(name).ThrowIfFail();
        Assert.Equal((description.Train, description.Test), (description.Of(DataSplit.Train), description.Of(DataSplit.Test)));
        Assert.Equal((Array(60_000, 28, 28), Array(60_000)), (description.Train.Images.Shape, description.Train.Labels.Shape));
        Assert.Equal((Array(10_000, 28, 28), Array(10_000)), (description.Test.Images.Shape, description.Test.Labels.Shape));
        Assert.Throws<ArgumentOutOfRangeException>(() => description.Of((DataSplit)2));
    }

    [Fact]
    public void Titles_are_those_of_the_papers_and_only_Fashion_MNIST_is_in_Debian()
    {
        Assert.Equal(["Fashion-MNIST", "MNIST"], DataSetDescription.All.Map(known => known.Title).AsEnumerable());
        Assert.Equal(Some(new DebianPackage("dataset-fashion-mnist", "/usr/share/datasets/fashion-mnist")), DataSetDescription.FashionMnist.Package);
        Assert.Equal(None, DataSetDescription.Mnist.Package);
    }

    [Fact]
    public void An_unknown_name_is_an_error_that_lists_the_known_ones() => Assert.Equal(
        "there is no data set \"cifar\": choose one of fashion-mnist, mnist",
        DataSetDescription.Named("cifar").Match(Succ: _ => "", Fail: fault => fault.Message));
}
