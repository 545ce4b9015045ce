using Ddpm.Properties.Formats;
using Ddpm.Pure.Data;
using Ddpm.Pure.Formats;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Data;

[Properties(Arbitrary = [typeof(IdxArrays)])]
public sealed class PublishedFileLaws
{
    private const string Content = "right content", Gzip = "right gzip";

    [Law]
    public bool Its_length_is_that_of_the_file_of_an_array_of_its_shape(IdxArray array) => Published(array.Shape, None).Length == Idx.Write(array).Length;

    /// <summary>Where the content's hash is known it decides, whatever the compressed form; where not, the publishers' own .gz is proof.</summary>
    [Theory]
    [InlineData(true, Content, null, true)]
    [InlineData(true, Content, "other", true)]
    [InlineData(true, "other", Gzip, false)]
    [InlineData(false, "any", Gzip, true)]
    [InlineData(false, "any", "other", false)]
    [InlineData(false, "any", null, false)]
    public void A_checksum_proves_it_or_not(bool known, string content, string? gzip, bool proved) =>
        Assert.Equal(proved, Published(Array(7), known ? Some(Content) : None).IsProvedBy(content, Optional(gzip)));

    /// <summary>A file on disk whose content's hash is not known is held to its shape alone; a download must be proved.</summary>
    [Theory]
    [InlineData(true, 7, Content, null, "", "")]
    [InlineData(true, 7, Content, Gzip, "", "")]
    [InlineData(true, 8, Content, Gzip, "it holds 8 bytes where the published file holds 7", "")]
    [InlineData(false, 8, "x", Gzip, "it holds 8 bytes where the published file holds 7", "")]
    [InlineData(true, 7, "x", Gzip, "it is another edition: the publishers' own .gz (MD5 right gzip) with content of SHA-256 x", "")]
    [InlineData(true, 7, "x", "other", "its content is not the published one: SHA-256 is x, not right content", "")]
    [InlineData(true, 7, "x", null, "its content is not the published one: SHA-256 is x, not right content", "")]
    [InlineData(false, 7, "x", Gzip, "", "")]
    [InlineData(false, 7, "x", "other", "", "it is not the publishers' .gz: MD5 is other, not right gzip")]
    [InlineData(false, 7, "x", null, "", "it is not the publishers' .gz: MD5 is that of no .gz, not right gzip")]
    public void What_differs_is_told(bool known, int count, string content, string? gzip, string found, string downloadedToo)
    {
        var published = Published(Array(7), known ? Some(Content) : None);
        Assert.Equal(found, Told(published.Check(Array(count), content, Optional(gzip))));
        Assert.Equal(found + downloadedToo, Told(published.CheckDownload(Array(count), content, Optional(gzip))));
    }

    private static PublishedFile Published(Arr<int> shape, Option<string> content) =>
        new() { Name = "train-labels-idx1-ubyte", Shape = shape, GzipMd5 = Gzip, ContentSha256 = content };

    private static string Told(Fin<Unit> check) => check.Match(Succ: _ => "", Fail: fault => fault.Message);
}
