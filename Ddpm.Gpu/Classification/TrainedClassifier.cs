using Ddpm.Gpu.Threads;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Classification;

/// <summary>A classifier and its weights. It owns them.</summary>
public sealed class TrainedClassifier : IDisposable
{
    private const int Piece = 100;

    private readonly IClassifierExecutor _executor;

    /// <summary>A classifier with weights.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="theta">θ, on the device that computes.</param>
    public TrainedClassifier(Classifier classifier, Tensor theta)
    {
        (Classifier, Theta, _executor) = (classifier, theta, classifier.Executor(theta.device));
        _executor.Take(theta);
    }

    /// <summary>What it is.</summary>
    public ClassifierConfig Config => Classifier.Config;

    /// <summary>It as a function of its weights.</summary>
    public Classifier Classifier { get; }

    /// <summary>θ.</summary>
    public Tensor Theta { get; }

    /// <summary>The features of images, N×D.</summary>
    /// <param name="images">Images of its size.</param>
    /// <param name="progress">Receives the images done and the number of images.</param>
    /// <param name="stop">Ends the work with an exception.</param>
    /// <exception cref="OperationCanceledException">When told to stop.</exception>
    public float[] Features(ImageSet images, Action<int, int> progress, CancellationToken stop) =>
        Compute(images, _executor.Features, ClassifierConfig.FeatureCount, progress, stop);

    /// <summary>The part of labelled images whose class it tells.</summary>
    /// <inheritdoc cref="Features"/>
    public double Accuracy(ImageSet images, Action<int, int> progress, CancellationToken stop)
    {
        var logits = Compute(images, _executor.Logits, Config.Classes, progress, stop);
        var labels = images.Labels.IfNone(() => throw new ArgumentException("the images have no labels", nameof(images))).ToArray();
        var right = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            var row = logits.AsSpan(i * Config.Classes, Config.Classes);
            right += labels[i] < row.Length && row.IndexOf(row.ToArray().Max()) == labels[i] ? 1 : 0;
        }

        return (double)right / labels.Length;
    }

    /// <summary>Numbers of every image, computed in pieces of one size: what an image's are does not depend on the threads.</summary>
    private float[] Compute(ImageSet images, Func<Tensor, Tensor> function, int each, Action<int, int> progress, CancellationToken stop)
    {
        var (computed, done) = (new float[images.Count * each], 0);
        Replicas.For(Theta.device).ForEach((images.Count - 1) / Piece + 1, number =>
        {
            stop.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope(); // of this thread
            var (first, count) = (number * Piece, Math.Min(Piece, images.Count - number * Piece));
            var x = tensor(images.ToModel(first, count), [count, images.Channels, images.Height, images.Width]).to(Theta.device);
            function(x).contiguous().cpu().data<float>().CopyTo(computed.AsSpan(first * each, count * each));
            lock (computed)
            {
                progress(done += count, images.Count);
            }
        });
        return computed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _executor.Dispose();
        Theta.Dispose();
    }
}
