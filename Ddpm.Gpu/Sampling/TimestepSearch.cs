using Ddpm.Gpu.Tensors;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using LanguageExt;
using LanguageExt.Common;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Sampling;

/// <summary>
/// Measures what single steps between timesteps cost (GITS, Chen et al. 2024, 2405.11326). DDIM follows a few images through all candidates. From each visited
/// point it tries one step to every later candidate.
/// </summary>
public static class TimestepSearch
{
    /// <summary>The costs that <see cref="SearchedTimesteps.Search"/> takes.</summary>
    /// <param name="model">The network.</param>
    /// <param name="setting">Schedule, prediction, the candidates and clipping.</param>
    /// <param name="request">The seed, numbers and condition of the images to follow; they are generated in one batch.</param>
    /// <param name="progress">Receives the candidates done and the number of candidates.</param>
    /// <param name="stop">Ends the work.</param>
    /// <returns>
    /// costs[i][j]: the square of the mean absolute difference between a single step from candidate i to j and the followed path; 0 between neighbours, and
    /// where j ≤ i. This square leads to better timesteps than the Euclidean distance (Ddpm.Host/RESULTS.md). Or the first image that is not finite; or
    /// <see cref="Errors.Cancelled"/>.
    /// </returns>
    public static Fin<Arr<Arr<double>>> Costs(
        TrainedNetwork model, SamplingSetting setting, SampleRequest request, Action<int, int> progress, CancellationToken stop)
    {
        try
        {
            // One thread, so that no thread count changes what is found.
            return new Replicas(1).Map(1, _ => OnOneThread(model, setting, request, progress, stop))[0];
        }
        catch (OperationCanceledException)
        {
            return Errors.Cancelled;
        }
    }

    private static Fin<Arr<Arr<double>>> OnOneThread(
        TrainedNetwork model, SamplingSetting setting, SampleRequest request, Action<int, int> progress, CancellationToken stop)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        var network = model.Network;
        using var guided = new GuidedNetwork(model, request.Condition);
        var (channels, size) = (network.Config.ImageChannels, network.Config.ImageSize);
        var noise = new SampleNoise(request.Seed, request.First, [request.Count, channels, size.Height, size.Width], network.Type, network.Device);
        var n = setting.Timesteps.Values.Count;
        var all = new MicroBatches.Part(request.First, 0, request.Count);
        var (points, outputs) = (new List<Tensor>(), new List<Tensor>());
        var followed = PlanExecutor.Run(
            setting.Plan(setting.Steps.Map(step => Ddim.Line(setting, step, eta: 0)).ToArr()),
            (seen, line) =>
            {
                stop.ThrowIfCancellationRequested();
                var output = guided.Output(seen, line, all);
                points.Add(seen.Times(1 / setting.Prediction.InputScale(setting.Schedule[line.Timestep])).MoveToOuterDisposeScope().MoveToOuterDisposeScope());
                outputs.Add(output.Value.clone().MoveToOuterDisposeScope().MoveToOuterDisposeScope());
                progress(points.Count, n);
                return output;
            },
            noise.Initial(),
            _ => throw new System.Diagnostics.UnreachableException(),
            asked: all);
        return followed.Map(end => Costs(setting, [.. points, end], outputs));
    }

    private static Arr<Arr<double>> Costs(SamplingSetting setting, List<Tensor> points, List<Tensor> outputs)
    {
        var n = setting.Timesteps.Values.Count;

        NoiseLevel Level(int i) => setting.Schedule[i < n ? setting.Timesteps.Values[i] : setting.Timesteps.End];
        double Cost(int i, int j)
        {
            if (j <= i + 1)
            {
                return 0;
            }

            using var inner = NewDisposeScope();
            var step = new SamplingStep(setting.Timesteps.Values[i], -1, Level(i), Level(j));
            var line = Ddim.Line(setting, step, eta: 0);
            var plan = setting.Plan(LanguageExt.Prelude.Array(line));
            static Tensor NoNoise() => throw new System.Diagnostics.UnreachableException();
            var x = PlanState<Tensor>.At(points[i]).After(plan, line, TensorArithmetic.Instance, outputs[i], NoNoise).X;
            var error = (x - points[j]).abs().mean().to(float64).item<double>();
            return error * error;
        }

        return Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n + 1).Select(j => Cost(i, j)).ToArr()).ToArr();
    }
}
