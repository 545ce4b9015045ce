using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Random;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Likelihood;

/// <summary>How the bound on the likelihood is measured.</summary>
/// <param name="Seed">The seed of the noise.</param>
/// <param name="Variance">The reverse variance of the model.</param>
/// <param name="ClipSample">Whether its estimates of the image are clipped to [−1, 1], as sampling does.</param>
public sealed record BoundSetting(ulong Seed, ReverseVariance Variance, bool ClipSample);

/// <summary>
/// Measures the variational bound of each of some images at every timestep, with one draw of noise for each: an unbiased estimate of every term.
/// The noise of image i at timestep t depends on (seed, i, t) alone.
/// </summary>
public static class BoundMeasurement
{
    /// <summary>The bound of each image.</summary>
    /// <param name="network">The network.</param>
    /// <param name="theta">Its weights.</param>
    /// <param name="model">What it predicts.</param>
    /// <param name="chain">The model's schedule, a Markov chain.</param>
    /// <param name="images">The images, of the network's size.</param>
    /// <param name="setting">How it is measured.</param>
    /// <param name="progress">Receives the evaluated batches and the number of batches.</param>
    /// <param name="stop">Ends the work.</param>
    /// <returns>A bound for each image, in their order; or <see cref="Errors.Cancelled"/>.</returns>
    public static Fin<Arr<VariationalBound>> Measure(
        UNet network, Tensor theta, DiffusionModel model, VariancePreservingSchedule chain, ImageSet images, BoundSetting setting, Action<int, int> progress,
        CancellationToken stop)
    {
        using var executor = ComputeDevice.Executor(network);
        executor.Take(theta, withGradient: false);
        var micro = ComputeDevice.MicroBatch(network.Device);
        var (bounds, pieces, done) = (new VariationalBound[images.Count], (images.Count - 1) / micro + 1, 0);

        void Piece(int number)
        {
            using var still = no_grad(); // of this thread, as is the scope
            using var scope = NewDisposeScope();
            var (first, pixels, steps) = (number * micro, images.Height * images.Width * images.Channels, model.Schedule.Steps);
            var count = Math.Min(micro, images.Count - first);
            long[] shape = [count, images.Channels, images.Height, images.Width];
            var x0 = images.ToModel(first, count);
            var clean = tensor(x0, shape, network.Type).to(network.Device);
            var (noise, errors, decoder) = (new float[count * pixels], new double[count, steps], new double[count]);
            var stream = new RandomStream(setting.Seed, StreamName.BoundNoise);
            for (var t = 0; t < steps; t++)
            {
                stop.ThrowIfCancellationRequested();
                using var inner = NewDisposeScope();
                for (var i = 0; i < count; i++)
                {
                    stream.At(first + i, t).FillNormals(noise.AsSpan(i * pixels, pixels));
                }

                var (level, estimate) = (model.Schedule[t], model.Prediction.CleanImage(model.Schedule[t]));
                var xt = clean.Times(level.A).Plus(tensor(noise, shape, network.Type).to(network.Device).Times(level.Sigma));
                var guess = xt.Times(estimate.First).Plus(executor.Forward(xt.Times(model.Prediction.InputScale(level)), Enumerable.Repeat(t, count).ToArray()).Times(estimate.Second));
                guess = setting.ClipSample ? guess.Within(-1, 1) : guess;
                var guessed = guess.contiguous().to(float32).cpu().data<float>().ToArray();
                for (var i = 0; i < count; i++)
                {
                    for (var j = i * pixels; j < (i + 1) * pixels; j++)
                    {
                        var error = (double)x0[j] - guessed[j];
                        errors[i, t] += error * error / pixels;
                        decoder[i] -= t == 0
                            ? VariationalBound.DecoderAt(chain, setting.Variance, guessed[j]).LogMass(PixelScale.ToLevel(x0[j])) / pixels
                            : 0;
                    }
                }

                lock (bounds)
                {
                    progress(++done, pieces * steps);
                }
            }

            for (var i = 0; i < count; i++)
            {
                var square = x0.AsSpan(i * pixels, pixels).ToArray().Average(value => (double)value * value);
                bounds[first + i] = VariationalBound
                    .Of(chain, setting.Variance, square, Enumerable.Range(1, steps - 1).Select(t => errors[i, t]).ToArr(), decoder[i])
                    .OrThrow();
            }
        }

        try
        {
            Replicas.For(network.Device).ForEach(pieces, Piece);
            return bounds.ToArr();
        }
        catch (OperationCanceledException)
        {
            return Errors.Cancelled;
        }
    }
}
