using System.Text.Json;
using Ddpm.Pure.Images;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Images;

public sealed class ImageSizeLaws
{
    [Law]
    public bool A_size_is_read_as_it_was_written(int height, int width) =>
        new[] { new ImageSize(height, width), ImageSize.Square(height) }.All(size =>
            JsonSerializer.Deserialize<ImageSize>(JsonSerializer.Serialize(size)) == size && ImageSize.Of(size.Numbers) == size);

    /// <summary>Receipts and checkpoints of earlier versions hold one number.</summary>
    [Law]
    public bool A_square_is_one_number_and_a_rectangle_two(int height, int width) =>
        JsonSerializer.Serialize(ImageSize.Square(height)) == JsonSerializer.Serialize(height)
        && JsonSerializer.Deserialize<ImageSize>(JsonSerializer.Serialize(new[] { height, height })) == ImageSize.Square(height)
        && (height == width || JsonSerializer.Serialize(new ImageSize(height, width)) == JsonSerializer.Serialize(new[] { height, width }));

    [Theory]
    [InlineData("[]")]
    [InlineData("[28,28,1]")]
    [InlineData("null")]
    [InlineData("[null,28]")]
    [InlineData("\"28\"")]
    [InlineData("2.5")]
    [InlineData("3000000000")]
    [InlineData("{}")]
    [InlineData("[[28,28]]")]
    public void Nothing_else_is_a_size(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ImageSize>(json));
}
