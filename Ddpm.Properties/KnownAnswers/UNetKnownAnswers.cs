using System.Text.Json.Nodes;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;
using TorchSharp;
using Xunit;
using static Ddpm.Properties.Closeness;
using static Ddpm.Properties.KnownAnswers.OriginalUNet;
using static TorchSharp.torch;

namespace Ddpm.Properties.KnownAnswers;

/// <summary>
/// The original network against numbers made with PyTorch in float64 (unet.json beside this file), with weights, images and noise from
/// formulas, so that no weight file is needed.
/// </summary>
public sealed class UNetKnownAnswers : IDisposable
{
    private const double Tight = 1e-9;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Outputs_loss_and_gradients_agree_in_float64()
    {
        using var network = new UNet(Config, ScalarType.Float64, CPU);
        var theta = FormulaWeights.Of(network).requires_grad_();
        var output = network.Forward(network.Layout.View(theta), FormulaInput(float64), tensor(new long[] { 0, 1, 250, 999 }));
        Outputs(output, Tight);
        Known(Number(Expected["mean"]), output.mean().item<double>(), Tight);
        Known(Number(Expected["std_population"]), output.std(unbiased: false).item<double>(), Tight);
        Known(Number(Expected["sum_abs"]), output.abs().sum().item<double>(), Tight);

        var loss = (output * output).mean();
        Known(Number(Expected["mean_square_loss"]), loss.item<double>(), Tight);
        var gradient = network.Layout.View(autograd.grad([loss], [theta])[0]);
        foreach (var (name, norm) in Expected["grad_l2"]!.AsObject())
        {
            var ours = gradient[name].norm().item<double>();
            if (name == "te1.0.weight")
            {
                // The normalisation right after it makes the first time projection powerless: nothing but rounding is left.
                Assert.InRange(ours, 0, 1e-15);
            }
            else
            {
                Known(Number(norm), ours, Tight);
            }
        }
    }

    /// <summary>By the kernels. Their rounding makes a relative error of 3·10⁻⁶.</summary>
    [Fact]
    public void Outputs_agree_in_float32()
    {
        using var network = new UNet(Config, ScalarType.Float32, CPU);
        using var executor = new KernelExecutor<float>(network);
        executor.Take(FormulaWeights.Of(network), withGradient: false);
        Outputs(executor.Forward(FormulaInput(float32), new[] { 0, 1, 250, 999 }), 5e-5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Five_Adam_steps_lose_as_the_original_s(int replicas)
    {
        using var network = new UNet(Config, ScalarType.Float64, CPU);
        var weights = FormulaWeights.Of(network).DetachFromDisposeScope();
        var state = new TrainingState(weights, zeros_like(weights).DetachFromDisposeScope(), zeros_like(weights).DetachFromDisposeScope(), 0);
        var model = new DiffusionModel(Config, Generators.Original, new Prediction.Epsilon(), Preset.Original);
        using var trainer = new Trainer(
            network, model, ImageSet.Of(1, 28, 28, 1, new byte[784], Option<ReadOnlyMemory<byte>>.None).Valid(), state, new Replicas(replicas));
        var x0 = Formula(4, i => Math.Sin(0.03 * i));
        var epsilon = Formula(4, i => Math.Cos(0.11 * i + 0.5));
        foreach (var loss in Expected["training_trace"]!["losses"]!.AsArray())
        {
            Known(Number(loss), trainer.Step(x0, new[] { 10, 200, 600, 950 }, epsilon, 1e-3).Loss, Tight);
        }
    }

    [Fact]
    public void A_thousand_steps_of_the_sampler_follow_the_original_s()
    {
        using var network = new UNet(Config, ScalarType.Float64, CPU);
        var weights = network.Layout.View(FormulaWeights.Of(network));
        var plan = new Ancestral(ReverseVariance.Beta).PlanOn(new(Generators.Original, new Prediction.Epsilon(), Timesteps.All(1000), ClipSample: false));
        var trace = Expected["sampler_trace"]!.AsObject();
        var seen = 0;
        PlanExecutor.Run(
            plan,
            (x, line) => network.Forward(weights, x, tensor(new long[] { line.Timestep })),
            Formula(1, i => Math.Sin(0.2 * i)),
            line => Formula(1, i => Math.Cos(0.07 * i + (999 - line))),
            observe: (line, x) =>
            {
                if (trace[$"{999 - line}"] is { } expected)
                {
                    seen++;
                    Known(Number(expected["mean"]), x.mean().item<double>(), Tight);
                    Known(Number(expected["sum_abs"]), x.abs().sum().item<double>(), Tight);
                    Known(Number(expected["pixel_14_14"]), x[0, 0, 14, 14].item<double>(), Tight);
                }
            }).Valid();
        Assert.Equal(trace.Count, seen);
    }

    private static void Outputs(Tensor output, double tolerance)
    {
        foreach (var entry in Expected["outputs"]!.AsArray())
        {
            var (n, h, w) = (entry!["n"]!.GetValue<int>(), entry["h"]!.GetValue<int>(), entry["w"]!.GetValue<int>());
            Known(Number(entry["value"]), output[n, 0, h, w].to(float64).item<double>(), tolerance);
        }
    }

    private static double Number(JsonNode? node) => node!.GetValue<double>();

    private static Tensor FormulaInput(ScalarType type) => Formula(4, i => Math.Cos(0.05 * i)).to(type);

    private static Tensor Formula(int images, Func<int, double> element) =>
        tensor(Enumerable.Range(0, images * 784).Select(element).ToArray(), [images, 1, 28, 28], float64);
}
