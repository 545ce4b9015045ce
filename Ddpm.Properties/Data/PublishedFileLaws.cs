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
    public bool Its_length_is_that_of_the_file_of_an_array_of_its_shape(IdxArray array) => Published(array.Shape).Length == Idx.Write(array).Length;

    /// <summary>The content's hash decides, whatever the compressed form and wherever the file was found.</summary>
    [Theory]
    [InlineData(7, Content, null, "")]
    [InlineData(7, Content, "other", "")]
    [InlineData(7, Content, Gzip, "")]
    [InlineData(8, Content, Gzip, "it holds 8 bytes, but the published file holds 7")]
    [InlineData(7, "x", Gzip, "it is another edition: the .gz is the publishers' own (MD5 right gzip), but its content has SHA-256 x")]
    [InlineData(7, "x", "other", "its content is not the published one: SHA-256 is x, not right content")]
    [InlineData(7, "x", null, "its content is not the published one: SHA-256 is x, not right content")]
    public void What_differs_is_told(int count, string content, string? gzip, string fault) =>
        Assert.Equal(fault, FaultOf(Published(Array(7)).Check(Array(count), content, Optional(gzip))));

    private static PublishedFile Published(Arr<int> shape) =>
        new() { Name = "train-labels-idx1-ubyte", Shape = shape, GzipMd5 = Gzip, ContentSha256 = Content };

    private static string FaultOf(Fin<Unit> check) => check.Match(Succ: _ => "", Fail: fault => fault.Message);
}
