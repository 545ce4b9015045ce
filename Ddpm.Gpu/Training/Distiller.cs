using System.Runtime.InteropServices;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Training;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Training;

/// <summary>
/// Makes the steps of a distillation (<see cref="DistributionMatching"/>). The plan decides what a step is. Student and critic begin as the teacher. On a
/// processor, the number of threads changes no bit.
/// </summary>
public sealed class Distiller : IDisposable
{
    private readonly UNet _network;
    private readonly DistillationPlan _plan;
    private readonly INetworkExecutor _teacher;
    private readonly GradientDescent _student, _critic;
    private readonly long[] _shape;
    private readonly int _pixels;

    /// <summary>Prepares student and critic.</summary>
    /// <param name="plan">What the steps are.</param>
    /// <param name="teacher">The trained network with its weights. Both must stay alive.</param>
    /// <param name="replicas">The threads that compute the shares of a batch. Their number changes no bit.</param>
    public Distiller(DistillationPlan plan, TrainedNetwork teacher, Replicas replicas)
    {
        (_plan, _network) = (plan, teacher.Network);
        _shape = [_network.Config.ImageChannels, _network.Config.ImageSize.Height, _network.Config.ImageSize.Width];
        _pixels = (int)(_shape[0] * _shape[1] * _shape[2]);
        _teacher = ComputeDevice.Executor(_network);
        _teacher.Take(teacher.Theta, withGradient: false);
        GradientDescent Beginning(bool averaged) => new(_network, TrainingState.From(teacher.Theta, averaged), replicas);
        (_student, _critic) = (Beginning(averaged: true), Beginning(averaged: false));
    }

    /// <summary>The average of the student's weights so far, to sample with. It belongs to this object.</summary>
    public Tensor Student => _student.State.Sampled;

    /// <summary>
    /// One step: the student makes images. Teacher and critic judge them and the student moves, if the plan says so. Then the critic learns the images,
    /// as the teacher learned real ones: by the error of its output on noised images.
    /// </summary>
    /// <returns>The outcome of the student's step, if there is one, and of the critic's.</returns>
    public (Option<StepOutcome> Student, StepOutcome Critic) Step(DistillationStep step)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        var batch = step.Evaluations.Count;
        var images = new float[batch * _pixels];
        _critic.Take();
        var moved = step.Student.Map(update => Outcome(_student.Step(batch, update, (first, count) => Judged(step, first, count, images))));
        if (moved.IsNone)
        {
            _student.Take();
            _student.InShares(batch, (_, first, count) => Made(step, first, count, images));
        }

        return (moved, Outcome(_critic.Step(batch, step.Critic, (first, count) => Learned(step, first, count, images))));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _teacher.Dispose();
        _student.Dispose();
        _critic.Dispose();
    }

    /// <summary>A point of the student, and the image that it estimates there.</summary>
    private readonly record struct StudentShare(float[] X, float[] Image);

    /// <summary>Makes the student's images as the sampling plan does, each up to its evaluation, and keeps them for the critic.</summary>
    private StudentShare Made(DistillationStep step, int first, int count, float[] images)
    {
        var (lines, evaluations) = (_plan.Sampling.Lines, step.Evaluations.Skip(first).Take(count).ToArray());
        var (x, image) = (new float[count * _pixels], new float[count * _pixels]);
        step.FillStart(0, first, count, x);
        Combine(x, x, x, _ => new(0, _plan.Sampling.Start.Second));
        // The evaluations rise, so the images that are not made yet are the last ones.
        for (var (line, from) = (0, 0); from < count; from = evaluations.Count(evaluation => evaluation <= line), line++)
        {
            var (here, left) = (lines[line], count - from);
            if (line > 0)
            {
                var noise = new float[left * _pixels];
                step.FillStart(line, first + from, left, noise);
                var before = lines[line - 1];
                Combine(image.AsSpan(from * _pixels), noise, x.AsSpan(from * _pixels), _ => new(before.Predict.History[0], before.Noise.Most));
            }

            var timesteps = Enumerable.Repeat(here.Timestep, left).ToArray();
            Estimate(_student.Executor, x.AsSpan(from * _pixels), timesteps, image.AsSpan(from * _pixels));
        }

        image.CopyTo(images, first * _pixels);
        return new(x, image);
    }

    /// <summary>What the student should have answered.</summary>
    private TrainingShare Judged(DistillationStep step, int first, int count, float[] images)
    {
        var (x, image) = Made(step, first, count, images);
        var timesteps = step.Judged.Skip(first).Take(count).ToArray();
        var noise = new float[image.Length];
        step.FillJudging(first, count, noise);
        var (noisy, real, fake, wanted) = (new float[image.Length], new float[image.Length], new float[image.Length], new float[image.Length]);
        Combine(image, noise, noisy, i => new(_plan.Model.Schedule[timesteps[i]].A, _plan.Model.Schedule[timesteps[i]].Sigma));
        Estimate(_teacher, noisy, timesteps, real);
        Estimate(_critic.Executor, noisy, timesteps, fake);
        for (var i = 0; i < count; i++)
        {
            var part = new Range(i * _pixels, (i + 1) * _pixels);
            DistributionMatching.Wanted(image.AsSpan(part), real.AsSpan(part), fake.AsSpan(part), wanted.AsSpan(part));
        }

        var targets = step.Evaluations.Skip(first).Take(count).Map(_plan.Target).ToArray();
        var visited = step.Evaluations.Skip(first).Take(count).Map(evaluation => _plan.Sampling.Lines[evaluation].Timestep).ToArray();
        Combine(x, wanted, wanted, i => targets[i].Output);
        var weights = tensor(targets.Select(target => (float)target.Weight).ToArray()).to(_network.Type).to(_network.Device);
        return new(Seen(x, visited), visited, OnDevice(wanted), weights);
    }

    /// <summary>What the critic should answer.</summary>
    private TrainingShare Learned(DistillationStep step, int first, int count, float[] images)
    {
        var image = images.AsSpan(first * _pixels, count * _pixels);
        var timesteps = step.Learned.Skip(first).Take(count).ToArray();
        var levels = timesteps.Select(timestep => _plan.Model.Schedule[timestep]).ToArray();
        var (noise, noisy, target) = (new float[image.Length], new float[image.Length], new float[image.Length]);
        step.FillLearning(first, count, noise);
        Combine(image, noise, noisy, i => new(levels[i].A, levels[i].Sigma));
        Combine(image, noise, target, i => _plan.Model.Prediction.Target(levels[i]));
        return new(Seen(noisy, timesteps), timesteps, OnDevice(target));
    }

    /// <summary>A network's estimate of the images in x, clipped to [−1, 1].</summary>
    private void Estimate(INetworkExecutor executor, ReadOnlySpan<float> x, int[] timesteps, Span<float> image)
    {
        using var scope = NewDisposeScope();
        using var still = no_grad(); // of this thread
        var output = executor.Forward(Seen(x, timesteps), timesteps).to(float32).cpu().contiguous();
        Combine(
            x, MemoryMarshal.Cast<byte, float>(output.bytes), image, i => _plan.Model.Prediction.CleanImage(_plan.Model.Schedule[timesteps[i]]));
        for (var i = 0; i < image.Length; i++)
        {
            image[i] = Math.Clamp(image[i], -1, 1);
        }
    }

    /// <summary>What a network sees of x.</summary>
    private Tensor Seen(ReadOnlySpan<float> x, int[] timesteps)
    {
        var seen = new float[x.Length];
        Combine(x, x, seen, i => new(_plan.Model.Prediction.InputScale(_plan.Model.Schedule[timesteps[i]]), 0));
        return OnDevice(seen);
    }

    private Tensor OnDevice(float[] values) => tensor(values, [values.Length / _pixels, .. _shape]).to(_network.Type).to(_network.Device);

    /// <summary>Two factors for each image: result = First·u + Second·v. The result may be u or v.</summary>
    private void Combine(ReadOnlySpan<float> u, ReadOnlySpan<float> v, Span<float> result, Func<int, LinearPair> factors)
    {
        for (var image = 0; image * _pixels < result.Length; image++)
        {
            var (first, second) = factors(image) is var pair ? ((float)pair.First, (float)pair.Second) : default;
            for (var i = image * _pixels; i < (image + 1) * _pixels; i++)
            {
                result[i] = first * u[i] + second * v[i];
            }
        }
    }

    private static StepOutcome Outcome(Tensor step)
    {
        using var found = step;
        var numbers = found.cpu().data<double>().ToArray();
        return new(numbers[..^1].Sum(), numbers[^1]);
    }
}
