using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Host.Exchange;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Ddpm.Host.Benchmarks;

/// <summary>The forward pass of the exported network by ONNX Runtime, in float32 on the CPU, with all of its optimisations.</summary>
internal sealed class OnnxRuntimeRival : IRival
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly OrtValue[] _inputs;
    private readonly int _batch;

    private OnnxRuntimeRival(InferenceSession session, OrtValue[] inputs, int batch) => (_session, _inputs, _batch) = (session, inputs, batch);

    /// <inheritdoc/>
    public string Name => "onnxruntime";

    /// <summary>Prepares it, or says that this build has no ONNX Runtime.</summary>
    public static Fin<IRival> Of(TrainingConfig config, Replicas workers)
    {
        var (shape, batch) = (config.Model.Network, config.Options.BatchSize);
        using var network = new UNet(shape, ScalarType.Float32, CPU);
        using var theta = network.InitialWeights(0);
        var file = OnnxFile.Of(network, theta, config.Model).ToArray();
        try
        {
            using var options = new SessionOptions
            {
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
                IntraOpNumThreads = workers.Count,
            };
            using var noise = randn([batch, shape.ImageChannels, shape.ImageSize.Height, shape.ImageSize.Width]);
            return new OnnxRuntimeRival(
                new InferenceSession(file, options),
                [
                    OrtValue.CreateTensorValueFromMemory(noise.data<float>().ToArray(), noise.shape),
                    OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(config.Model.Schedule.Steps / 2L, batch).ToArray(), [batch]),
                ],
                batch);
        }
        catch (TypeInitializationException e) when (e.InnerException is DllNotFoundException)
        {
            return Error.New("--against onnxruntime: ONNX Runtime is not part of this build: build with -p:OnnxRuntime=true");
        }
    }

    /// <inheritdoc/>
    public Fin<Rates> Measure(Pace pace) => new Rates(Option<double>.None, _batch / Spread.OfSeconds(pace.Window, pace.Stop, Forward)[0].Median);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var input in _inputs)
        {
            input.Dispose();
        }

        _options.Dispose();
        _session.Dispose();
    }

    private void Forward()
    {
        using var outputs = _session.Run(_options, ["x", "timesteps"], _inputs, ["output"]);
    }
}
