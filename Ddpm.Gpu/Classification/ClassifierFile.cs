using System.Text.Json;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Classification;

/// <summary>What a classifier's file says of it beside the weights.</summary>
/// <param name="ImageSize">Height and width of its images.</param>
/// <param name="ImageChannels">Their channels.</param>
/// <param name="Classes">K.</param>
/// <param name="Recipe">How it was trained.</param>
/// <param name="Dataset">On which data set.</param>
/// <param name="ImagesSha256">SHA-256 of the training images' uncompressed IDX file.</param>
/// <param name="TestAccuracy">The part of the test images whose class it tells.</param>
public sealed record ClassifierHeader(
    ImageSize ImageSize, int ImageChannels, int Classes, ClassifierRecipe Recipe, string Dataset, string ImagesSha256, double TestAccuracy);

/// <summary>A classifier as a safetensors file: its weights by name, and the header in the metadata.</summary>
public static class ClassifierFile
{
    private const string HeaderKey = "ddpm-classifier";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The file of a classifier.</summary>
    public static SafetensorsFile Save(ClassifierHeader header, TrainedClassifier trained)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        return SafetensorsFile.Of(
            StoredWeights.Of("", trained.Classifier.Layout, trained.Theta), HashMap((HeaderKey, JsonSerializer.Serialize(header, Json)))).OrThrow();
    }

    /// <summary>The classifier in a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="device">What will compute.</param>
    /// <returns>The classifier, which the caller owns, and its header; or what is wrong with the file.</returns>
    public static Fin<(TrainedClassifier Trained, ClassifierHeader Header)> Load(SafetensorsFile file, Device device) =>
        from header in Header(file)
        from finite in RealNumbers.AreFinite(file.Tensors)
        from config in ClassifierConfig.Of(header.ImageSize, header.ImageChannels, header.Classes).ToFin()
        let classifier = new Classifier(config)
        from theta in StoredWeights.Vector(file, "", classifier.Layout, ScalarType.Float32, device)
        select (new TrainedClassifier(classifier, theta), header);

    private static Fin<ClassifierHeader> Header(SafetensorsFile file)
    {
        try
        {
            return file.Metadata.Find(HeaderKey).Bind(text => Optional(JsonSerializer.Deserialize<ClassifierHeader>(text, Json)))
                .ToFin(Error.New($"it is not a classifier of this program: its metadata lacks '{HeaderKey}'"));
        }
        catch (JsonException e)
        {
            return Error.New(FormattableString.Invariant($"its metadata are not valid at byte {e.BytePositionInLine + 1}"));
        }
    }
}
