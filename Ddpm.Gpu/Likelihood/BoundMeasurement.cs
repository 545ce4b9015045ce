using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Random;
using Ddpm.Pure.Sampling;
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
/// <param name="Variance">The reverse variance of the model. The learned one needs a network that learns it.</param>
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
        var variance = LearnedVariance.Of(chain, new Prediction.Sample());
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
            var (noise, nats) = (new float[count * pixels], new double[count, steps]);
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
                var output = network.Split(executor.Forward(xt.Times(model.Prediction.InputScale(level)), Enumerable.Repeat(t, count).ToArray()));
                var guess = xt.Times(estimate.First).Plus(output.Value.Times(estimate.Second));
                guess = setting.ClipSample ? guess.Within(-1, 1) : guess;
                var guessed = Numbers(guess);
                var term = setting.Variance.Fraction().Match<Func<int, double>>(
                    fraction => i => FixedNats(chain, t, fraction, x0.AsSpan(i * pixels, pixels), guessed.AsSpan(i * pixels, pixels)),
                    () => LearnedTerm(output));
                for (var i = 0; i < count; i++)
                {
                    nats[i, t] = term(i);
                }

                Func<int, double> LearnedTerm(NetworkOutput<Tensor> learned)
                {
                    var fractions = Numbers(learned.VarianceFraction.IfNone(
                        () => throw new ArgumentException("the network learns no variance", nameof(setting))));
                    return i => LearnedNats(
                        variance.Terms[t], x0.AsSpan(i * pixels, pixels), guessed.AsSpan(i * pixels, pixels), fractions.AsSpan(i * pixels, pixels));
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
                    .Of(chain, square, Enumerable.Range(1, steps - 1).Select(t => nats[i, t]).ToArr(), nats[i, 0])
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

    private static float[] Numbers(Tensor images) => images.contiguous().to(float32).cpu().data<float>().ToArray();

    /// <summary>The term of an image, the mean over its pixels, for a variance that is the same for all pixels.</summary>
    private static double FixedNats(VariancePreservingSchedule schedule, int t, double fraction, ReadOnlySpan<float> x0, ReadOnlySpan<float> guess)
    {
        var (square, decoder) = (0.0, 0.0);
        for (var j = 0; j < x0.Length; j++)
        {
            var error = (double)x0[j] - guess[j];
            square += error * error / x0.Length;
            decoder -= t == 0 ? VariationalBound.DecoderAt(schedule, fraction, guess[j]).LogMass(PixelScale.ToLevel(x0[j])) / x0.Length : 0;
        }

        return t == 0 ? decoder : VariationalBound.StepNats(schedule[t], schedule[t - 1], fraction, square);
    }

    /// <summary>The term of an image, the mean over its pixels, for a variance that the network gives for each pixel.</summary>
    private static double LearnedNats(VarianceTerm term, ReadOnlySpan<float> x0, ReadOnlySpan<float> guess, ReadOnlySpan<float> fractions)
    {
        var sum = 0.0;
        for (var j = 0; j < x0.Length; j++)
        {
            sum += term.Of(0, x0[j], guess[j], fractions[j]).Nats / x0.Length;
        }

        return sum;
    }
}
