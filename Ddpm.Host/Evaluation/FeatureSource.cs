using System.Security.Cryptography;
using Ddpm.Gpu.Classification;
using Ddpm.Gpu.Executors;
using Ddpm.Host.Data;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Evaluation;

/// <summary>What turns images into the features that are compared.</summary>
internal abstract class FeatureSource : IDisposable
{
    private const string Another =
        "train one on these data with evaluate train-classifier and give it with --classifier, or use --features";

    private protected FeatureSource(string distance, string name, string sha256) => (Distance, Name, Sha256) = (distance, name, sha256);

    /// <summary>What the Fréchet distance of these features is called.</summary>
    public string Distance { get; }

    /// <summary>What they are, in words.</summary>
    public string Name { get; }

    /// <summary>SHA-256 of the file that computes them.</summary>
    public string Sha256 { get; }

    /// <summary>The features of images, image by image.</summary>
    /// <param name="images">The images.</param>
    /// <param name="progress">Receives the images done and the number of images.</param>
    /// <param name="stop">Ends the work with an exception.</param>
    /// <returns>The features, or what they cannot be computed for.</returns>
    public abstract Fin<float[]> Features(ImageSet images, Action<int, int> progress, CancellationToken stop);

    /// <summary>The source that was asked for.</summary>
    /// <param name="script">A TorchScript module. It is a program, which runs with all the rights of whoever starts this one.</param>
    /// <param name="trusted">The SHA-256 of the module that may run.</param>
    /// <param name="classifier">A classifier's file; none for the one that comes with the program.</param>
    /// <param name="data">What images are compared with.</param>
    /// <param name="device">What computes.</param>
    /// <param name="stop">Ends the waiting for a pipe.</param>
    public static Fin<FeatureSource> Open(
        Option<string> script, Option<string> trusted, Option<string> classifier, LoadedDataSet data, Device device, CancellationToken stop)
    {
        if (script.IsSome && classifier.IsSome)
        {
            return Error.New(Faults.ExitCode.Usage, "--features and --classifier both choose the features: give one of them");
        }

        if (script.Case is string module)
        {
            return Script(module, trusted, device, stop);
        }

        if (trusted.IsSome)
        {
            return Error.New(Faults.ExitCode.Usage, "--trust needs a TorchScript module: give it with --features");
        }

        if (classifier.Case is string path)
        {
            return Folders.Read(path, stop).Bind(bytes => Classifier(bytes, path, data, device).At($"{path} cannot be used"));
        }

        return data.Description.ShippedClassifier.Match(
            name => Classifier(ShippedBytes(name), name, data, device).At("the built-in classifier cannot be used"),
            () => Error.New($"the program has no classifier for {data.Description.Title} ({data.Origin}): {Another}"));
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    private static ReadOnlyMemory<byte> ShippedBytes(string name)
    {
        using var stream = typeof(FeatureSource).Assembly.GetManifestResourceStream($"Ddpm.Host.Classifiers.{name}.safetensors")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static Fin<FeatureSource> Classifier(ReadOnlyMemory<byte> bytes, string name, LoadedDataSet data, Device device) =>
        from file in Safetensors.Read(bytes)
        from loaded in ClassifierFile.Load(file, device).Bind(loaded => Fits(loaded.Header, data).Map(_ => loaded))
        select (FeatureSource)new OfClassifier(loaded.Trained, name, Convert.ToHexStringLower(SHA256.HashData(bytes.Span)));

    private static Fin<Unit> Fits(ClassifierHeader classifier, LoadedDataSet data)
    {
        if ((classifier.ImageSize, classifier.ImageChannels) == (data.Images.Size, data.Images.Channels))
        {
            return unit;
        }

        var wanted = $"{classifier.ImageSize}×{classifier.ImageChannels}";
        return Error.New($"it takes images of {wanted}, but the images of {data.Description.Title} ({data.Origin}) are {data.Shape}: {Another}");
    }

    private static Fin<FeatureSource> Script(string path, Option<string> trusted, Device device, CancellationToken stop) =>
        Folders.Read(path, stop).Bind(bytes =>
        {
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
            if (trusted.Exists(known => known.Equals(sha256, StringComparison.OrdinalIgnoreCase)))
            {
                return Loaded(bytes, path, device, sha256);
            }

            var reason = trusted.IsSome ? $"{path} does not have the SHA-256 in --trust" : $"{path} is a program and can do anything that you can";
            return Error.New(Faults.ExitCode.Usage, $"{reason}: if you trust its author, add --trust {sha256}");
        });

    /// <summary>Loads the very bytes whose checksum was trusted: the file may be another by now.</summary>
    private static Fin<FeatureSource> Loaded(ReadOnlyMemory<byte> bytes, string path, Device device, string sha256)
    {
        try
        {
            var module = jit.load(bytes.ToArray(), device.type, Math.Max(0, device.index));
            module.eval();
            var convolves = device.type == TorchSharp.DeviceType.CPU ? ConvolutionCheck.Of(module) : unit;
            return convolves.Match<Fin<FeatureSource>>(
                _ => new OfScript(module, path, sha256, device),
                fault =>
                {
                    module.Dispose();
                    return Error.New($"{path} cannot be used: {fault.Message}: {ConvolutionCheck.Remedy}");
                });
        }
        catch (Exception e) when (e is System.Runtime.InteropServices.ExternalException or FileNotFoundException)
        {
            return Error.New($"libtorch {__version__} cannot load {path} as a TorchScript module: {Reason(e)}");
        }
    }

    /// <summary>The line of a message that says the reason: the last line of a module's error, after its stack trace; the first line of libtorch's.</summary>
    private static string Reason(Exception e)
    {
        var lines = e.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0)
        {
            return e.GetType().Name;
        }

        return lines[0].Contains("TorchScript interpreter", StringComparison.Ordinal) ? lines[^1] : lines[0];
    }

    private sealed class OfClassifier(TrainedClassifier classifier, string name, string sha256)
        : FeatureSource("Fréchet distance (features of the classifier, not Inception's: no FID)", $"classifier {name}", sha256)
    {
        public override Fin<float[]> Features(ImageSet images, Action<int, int> progress, CancellationToken stop) =>
            classifier.Features(images, progress, stop);

        public override void Dispose() => classifier.Dispose();
    }

    /// <summary>
    /// A TorchScript module that takes N×3×H×W levels as bytes, as the usual Inception does, which is also told to return features; one that takes images alone
    /// is called with them alone.
    /// </summary>
    private sealed class OfScript(jit.ScriptModule module, string path, string sha256, Device device)
        : FeatureSource("Fréchet distance (features of the TorchScript module; FID where that is Inception)", $"TorchScript {path}", sha256)
    {
        private const int Piece = 64;

        private bool _alone; // called with images alone

        public override Fin<float[]> Features(ImageSet images, Action<int, int> progress, CancellationToken stop)
        {
            using var still = no_grad();
            var (all, pixels) = (new List<float>(), images.Height * images.Width * images.Channels);
            for (var first = 0; first < images.Count; first += Piece)
            {
                stop.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                var count = Math.Min(Piece, images.Count - first);
                long[] shape = [count, images.Height, images.Width, images.Channels];
                var levels = tensor(images.Pixels.Slice(first * pixels, count * pixels).ToArray(), shape, ScalarType.Byte)
                    .to(device).permute(0, 3, 1, 2).expand(count, 3, images.Height, images.Width).contiguous();
                var called = Called(levels);
                if (called.Case is not Tensor features)
                {
                    return called.Map(_ => System.Array.Empty<float>());
                }

                if (features.dim() < 1 || features.shape[0] != count)
                {
                    return Error.New(
                        $"{path} makes an array of {string.Join("×", features.shape)} for {count} images: it must make one row of features per image");
                }

                all.AddRange(features.to(float32).reshape(count, -1).cpu().contiguous().data<float>());
                progress(first + count, images.Count);
            }

            return all.ToArray();
        }

        public override void Dispose() => module.Dispose();

        /// <summary>The module is asked for features, as Inception is; one that takes images alone is called with them alone from then on.</summary>
        private Fin<Tensor> Called(Tensor levels)
        {
            var first = _alone ? Error.New("") : Try(() => module.call(levels, true));
            return first.Match(
                Fin<Tensor>.Succ,
                _ => Try(() => module.call(levels)).Map(made =>
                {
                    _alone = true;
                    return made;
                }));
        }

        private Fin<Tensor> Try(Func<object> call)
        {
            try
            {
                return call() is Tensor made ? made : Error.New($"{path} does not make a tensor from images");
            }
            catch (Exception e) when (e is not OutOfMemoryException) // what a module does, and makes, is its own affair
            {
                return Error.New($"{path} fails on N×3×H×W bytes of images: {Reason(e)}");
            }
        }
    }
}
