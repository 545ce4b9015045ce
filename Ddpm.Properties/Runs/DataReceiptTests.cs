using Ddpm.Host.Data;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Runs;

public sealed class DataReceiptTests
{
    /// <summary>A person's own pictures may be of the size and channels of a published data set, and are others all the same.</summary>
    [Fact]
    public void A_run_is_of_its_own_images_alone()
    {
        var images = ImageSet.Of(1, 28, 28, 1, new byte[784], None).Valid();
        LoadedDataSet Loaded(DataSplit split, string name, string sha256) =>
            new(DataSetDescription.FashionMnist with { Name = name }, split, images, "somewhere", sha256, IsPublished: false);
        var receipt = new DataReceipt("sketches/", "folder sketches", "ab", 1, ImageSize.Square(28), 1);
        Assert.True(receipt.IsOf(Loaded(DataSplit.Train, "sketches/", "ab")));
        Assert.False(receipt.IsOf(Loaded(DataSplit.Train, "sketches/", "cd")));
        Assert.True(receipt.IsOf(Loaded(DataSplit.Test, "sketches/", "ef")));
        Assert.False(receipt.IsOf(Loaded(DataSplit.Test, "fashion-mnist", "ef")));

        // Differences that a user can see come before the images.
        Assert.StartsWith(
            "the run was trained on images of 28×28×3, but these are 28×28×1",
            (receipt with { Channels = 3 }).IsNotOf(Loaded(DataSplit.Train, "sketches/", "ab")).Message, StringComparison.Ordinal);
        Assert.Equal(
            "the run was trained with the background white, but these pictures have black: leave out --background",
            (receipt with { Background = "white" }).IsNotOf(Loaded(DataSplit.Train, "sketches/", "cd") with { Background = "black" }).Message);

        // A receipt of an earlier version does not say what showed through its pictures, and they were decoded otherwise.
        var now = Loaded(DataSplit.Train, "sketches/", "cd") with { Background = "white" };
        Assert.Contains("an earlier version decoded and scaled them differently", receipt.IsNotOf(now).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("earlier", (receipt with { Background = "white" }).IsNotOf(now).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("earlier", receipt.IsNotOf(Loaded(DataSplit.Train, "fashion-mnist", "cd")).Message, StringComparison.Ordinal);
    }

    /// <summary>Of pictures the folder that holds both parts is the one that a person names.</summary>
    [Theory]
    [InlineData("sketches/", "folder sketches", "sketches")]
    [InlineData("sketches/", "folder /a/sketches/train", "/a/sketches")]
    [InlineData("train/", "folder a/train", "a/train")]
    [InlineData("fashion-mnist", "folder a/train", "a/train")]
    [InlineData("b.npz", "file a/b.npz", "a/b.npz")]
    [InlineData("fashion-mnist", "cache /home/a/.cache/ddpm/fashion-mnist", null)]
    public void A_receipt_knows_the_folder_or_file_that_was_named(string name, string origin, string? place) =>
        Assert.Equal(Optional(place), new DataReceipt(name, origin, "ab", 1, ImageSize.Square(28), 1).Place);
}
