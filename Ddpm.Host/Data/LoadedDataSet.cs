using System.Globalization;
using System.Security.Cryptography;
using Ddpm.Host.Faults;
using Ddpm.Host.Pictures;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
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
/// <param name="Background">What shows through encoded pictures, by name; none of arrays.</param>
internal sealed record LoadedDataSet(
    DataSetDescription Description, DataSplit Split, ImageSet Images, string Origin, string ImagesSha256, bool IsPublished, string? Background = null)
{
    /// <summary>How the origin of data in a folder or a file that a person named begins.</summary>
    internal const string InFolder = "folder ", InFile = "file ";

    /// <summary>
    /// What a person's own data are called: a folder's name with a slash, or a file's name. No published data set's name ends with a slash or has a dot.
    /// </summary>
    internal static string NameOf(string path) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))) + (File.Exists(path) ? "" : "/");

    /// <summary>A person's own data. Nothing of a published data set is used on them.</summary>
    /// <param name="request">What was wanted.</param>
    /// <param name="title">The name to show.</param>
    /// <param name="path">The folder or file that the person named.</param>
    /// <param name="images">The images. Without labels, all are of one class.</param>
    /// <param name="classNames">The names of the classes, as far as the data give them.</param>
    /// <param name="read">The folder or file that holds this part: the one named, or one in it.</param>
    /// <param name="background">What shows through encoded pictures, by name.</param>
    internal static LoadedDataSet Own(
        DataRequest request, string title, string path, ImageSet images, Arr<string> classNames, string read, string? background)
    {
        var labels = images.Labels.IfNone(() => new byte[images.Count]);
        var labelled = ImageSet.Of(images.Count, images.Height, images.Width, images.Channels, images.Pixels, Some(labels)).ToFin().ThrowIfFail();
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha256.AppendData(images.Pixels.Span);
        sha256.AppendData(labels.Span);
        var names = classNames.IsEmpty && labelled.Classes <= 1 ? Array(NameOf(path).TrimEnd('/')) : classNames;
        return new(
            request.Description with
            {
                Name = NameOf(path),
                Title = title,
                ClassNames = names.IsEmpty ? Range(0, labelled.Classes).Map(label => Invariant($"{label}")).ToArr() : names,
                MirrorsKeepMeaning = false,
                ShippedClassifier = None,
            },
            request.Split, labelled, (File.Exists(read) ? InFile : InFolder) + read, Convert.ToHexStringLower(sha256.GetHashAndReset()), IsPublished: false,
            background);
    }

    /// <summary>The size and channels of the images.</summary>
    internal PictureShape Shape => new(Images.Size, Images.Channels);

    /// <summary>Whether the images are of a size and channels; or both sizes and what to do.</summary>
    /// <param name="wanted">The size and channels.</param>
    /// <param name="whose">Of which images.</param>
    internal Fin<Unit> Fits(PictureShape wanted, string whose) =>
        Shape == wanted
            ? unit
            : Error.New($"{whose} are {wanted}, but {Description.Title} has {Shape} ({Origin}): "
                + "choose matching data with --dataset or --data");

    /// <summary>Whether the images are as asked. Only pictures in a folder can be scaled, recoloured or put on a background.</summary>
    /// <param name="size">The height and width, if asked for.</param>
    /// <param name="channels">The channels, if asked for.</param>
    /// <param name="background">Whether a background was asked for.</param>
    internal bool IsAsAsked(Option<ImageSize> size, int? channels, bool background) =>
        size.ForAll(asked => asked == Images.Size) && (channels ?? Images.Channels) == Images.Channels && (!background || Background is not null);

    /// <summary>The pixels of an image, H·W·C bytes; or how many images there are.</summary>
    /// <param name="number">The image's number, from 0, as text.</param>
    /// <param name="name">The name that the user gave to the image, for the error.</param>
    internal Fin<ReadOnlyMemory<byte>> PixelsOf(string number, string name)
    {
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var place) || place >= Images.Count)
        {
            return Error.New(ExitCode.Usage, $"{name} does not exist: the data set has {Images.Count} images, counted from 0");
        }

        var pixels = Images.Height * Images.Width * Images.Channels;
        return Images.Pixels.Slice(place * pixels, pixels);
    }
}
