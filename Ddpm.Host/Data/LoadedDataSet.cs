using Ddpm.Host.Pictures;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>One part of a data set in memory, and what a run should record about it.</summary>
/// <param name="Description">The data set that was asked for.</param>
/// <param name="Split">Which part of it.</param>
/// <param name="Images">The images with their labels; at least one.</param>
/// <param name="Origin">Where the files came from, in words.</param>
/// <param name="ImagesSha256">SHA-256 of the images' uncompressed IDX file, lower-case hexadecimal.</param>
/// <param name="IsPublished">
/// Whether checksums prove that these are the published files, as they do not for other images in a user's own folder.
/// </param>
/// <param name="Background">What shows through the pictures of a folder, by name; none of other data.</param>
internal sealed record LoadedDataSet(
    DataSetDescription Description, DataSplit Split, ImageSet Images, string Origin, string ImagesSha256, bool IsPublished, string? Background = null)
{
    /// <summary>How the origin of data in a folder that a person named begins.</summary>
    internal const string InFolder = "folder ";

    /// <summary>Whether the images are of a size and channels; or both sizes and what to do.</summary>
    /// <param name="wanted">The size and channels.</param>
    /// <param name="whose">Of which images.</param>
    internal Fin<Unit> Fits(PictureShape wanted, string whose) =>
        (Images.Height, Images.Width, Images.Channels) == (wanted.Size, wanted.Size, wanted.Channels)
            ? unit
            : Error.New($"{whose} are {wanted}, but {Description.Title} has {Images.Height}×{Images.Width}×{Images.Channels} ({Origin}): "
                + "choose matching data with --dataset or --data");
}
