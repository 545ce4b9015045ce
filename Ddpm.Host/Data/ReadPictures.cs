using Ddpm.Host.Pictures;
using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>Makes one set of the pictures that could be read.</summary>
internal static class ReadPictures
{
    private const int MostFaultsReported = 10;

    /// <summary>The set of the good pictures; the request receives a line about what is left out and what is odd.</summary>
    /// <param name="read">The pictures, or why they cannot be read.</param>
    /// <param name="labels">The label of each picture.</param>
    /// <param name="request">The shape and background that they were read with.</param>
    /// <returns>At least one image; none if no picture is good.</returns>
    public static Option<ImageSet> Set(IReadOnlyList<Fin<ReadPicture>> read, IReadOnlyList<byte> labels, DataRequest request)
    {
        var faults = read.Choose(picture => picture.Match(_ => Option<Error>.None, fault => fault)).ToArray();
        foreach (var fault in faults.Take(MostFaultsReported))
        {
            request.Tell($"left out: {fault.Message}");
        }

        if (faults.Length > 0)
        {
            var more = faults.Length > MostFaultsReported ? $", {faults.Length - MostFaultsReported} more than listed here" : "";
            request.Tell($"{faults.Length} of {read.Count} pictures could not be read: left out{more}");
        }

        var good = read.Index().Where(one => one.Item.IsSucc).Select(one => (Picture: one.Item.ThrowIfFail(), Label: labels[one.Index])).ToArray();
        PictureCounts.Warnings(toSeq(good).Map(one => one.Picture.Traits), request.Background).Iter(request.Tell);
        if (good.Length == 0)
        {
            return None;
        }

        var (size, channels) = (request.Shape.Size, request.Shape.Channels);
        var each = size.Pixels * channels;
        var pixels = new byte[good.Length * each];
        for (var i = 0; i < good.Length; i++)
        {
            good[i].Picture.Picture.Pixels.CopyTo(pixels.AsMemory(i * each, each));
        }

        ReadOnlyMemory<byte> classes = good.Select(one => one.Label).ToArray();
        return ImageSet.Of(good.Length, size.Height, size.Width, channels, pixels, Some(classes)).ToFin().ToOption();
    }
}
