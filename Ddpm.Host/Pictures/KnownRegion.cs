using Ddpm.Host.Faults;
using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Pictures;

/// <summary>--known: the part of a picture that inpainting keeps.</summary>
internal static class KnownRegion
{
    /// <summary>Which of the C·H·W numbers of an image are kept.</summary>
    /// <param name="region">X,Y,WIDTH,HEIGHT, or the path of a picture that is white where the image is kept.</param>
    /// <param name="size">The image's height and width.</param>
    /// <param name="channels">Its channels.</param>
    public static Fin<bool[]> Mask(string region, ImageSize size, int channels)
    {
        var isRectangle = region.Count(letter => letter == ',') == 3 && !File.Exists(region);
        return (isRectangle ? Rectangle(region, size) : WhitePixels(region, size))
            .Map(keeps => Enumerable.Range(0, channels * size.Pixels).Select(i => keeps(i % size.Width, i / size.Width % size.Height)).ToArray())
            .Bind(mask => Outcomes
                .Require(mask.Contains(true), $"--known must be white where it keeps --image, but {region} has no white pixel", ExitCode.Failure)
                .Map(_ => mask));
    }

    /// <summary>Transparent pixels count as black.</summary>
    private static Fin<Func<int, int, bool>> WhitePixels(string path, ImageSize size) =>
        PictureFile.Read(path, new(size, 1), Background.Black).Map<Func<int, int, bool>>(read => (x, y) => read.Picture[x, y] >= 128);

    private static Fin<Func<int, int, bool>> Rectangle(string region, ImageSize size) => toSeq(region.Split(','))
        .Map(number => NumberText.Whole<int>("--known", number.Trim())).Sequence().OrUsage()
        .Bind(numbers => Rectangle(region, numbers[0], numbers[1], numbers[2], numbers[3], size));

    private static Fin<Func<int, int, bool>> Rectangle(string region, int left, int top, int width, int height, ImageSize size) =>
        left >= 0 && top >= 0 && width > 0 && height > 0 && left <= size.Width - width && top <= size.Height - height
            ? FinSucc<Func<int, int, bool>>((x, y) => x >= left && x < left + width && y >= top && y < top + height)
            : Error.New(ExitCode.Usage, $"--known must lie within the {size} pixels and contain at least one, got {region}");
}
