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
        Assert.All(description.Files.Bind(file => file.ContentSha256.ToArr()), sha256 => Assert.Matches("^[0-9a-f]{64}$", sha256));
        Assert.All(description.Mirrors, mirror => Assert.EndsWith("/", mirror.AbsolutePath, StringComparison.Ordinal));
    }

    [Fact]
    public void The_files_of_Fashion_MNIST_have_the_published_lengths() =>
        Assert.Equal(Array(47_040_016L, 60_008L, 7_840_016L, 10_008L), DataSetDescription.FashionMnist.Files.Map(file => file.Length));

    [Fact]
    public void An_unknown_name_is_an_error_that_lists_the_known_ones() => Assert.Equal(
        "there is no data set \"cifar\": choose one of fashion-mnist, mnist",
        DataSetDescription.Named("cifar").Match(Succ: _ => "", Fail: fault => fault.Message));
}
