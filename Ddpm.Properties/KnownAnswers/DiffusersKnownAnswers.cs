using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Exchange;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using LanguageExt;
using Xunit;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Ddpm.Properties.KnownAnswers;

/// <summary>
/// Networks that diffusers' own code has run in float64 (version 0.11.0; Fixtures/diffusers). Both embeddings, heads, both ways of the timestep, and
/// attention on different levels. A third one, with asymmetric padding, one head and the old names of attention, is larger: the environment variable
/// DDPM_DIFFUSERS_ANSWERS names the folder with all three.
/// <para>
/// That version computes the timestep embedding and the softmax of attention in float32, even in a network of float64. The embedding rounds here too
/// (<see cref="Ddpm.Pure.Embeddings.SinusoidalEmbedding.Halves"/>); the softmax does not. So their numbers are off by some units of 2⁻²⁴ of an attention
/// weight, 1e-8 of the largest output. Which units depends on the processor that computed them.
/// </para>
/// </summary>
public class DiffusersKnownAnswers
{
    private const double Rounding = 2e-8; // of the largest output

    private const string Variable = "DDPM_DIFFUSERS_ANSWERS";

    public static TheoryData<string, bool> Models { get; } = new()
    {
        { "scale-shift", false }, { "scale-shift", true }, { "training-example", false }, { "training-example", true },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Outputs_loss_and_gradients_are_diffusers(string model, bool kernels) =>
        Check(Path.Combine(AppContext.BaseDirectory, "Fixtures", "diffusers", model), kernels);

    [DiffusersFact]
    public void So_are_those_of_the_larger_model_with_old_names_and_asymmetric_padding()
    {
        var folder = Path.Combine(Environment.GetEnvironmentVariable(Variable)!, "cifar10-like");
        Check(folder, kernels: false);
        Check(folder, kernels: true);
    }

    [Fact]
    public void The_published_network_for_CIFAR_10_has_35_746_307_numbers() => Assert.Equal(
        35_746_307, UNetConfig.Of(DiffusersUNet.DdpmCifar10, ImageSize.Square(32), 3, 1000).Valid().Parameters.Sum(parameter => parameter.Count));

    /// <summary>
    /// At timestep 0 the embedding is exact, so nothing else rounds. libtorch's scalar code, which it uses without AVX2, rounds otherwise: 3e-9.
    /// </summary>
    [Fact]
    public void With_a_softmax_in_float32_the_image_at_timestep_0_agrees_to_the_last_bits()
    {
        if (!Avx2.IsSupported)
        {
            return;
        }

        using var scope = NewDisposeScope();
        var known = KnownAnswer.Read(Path.Combine(AppContext.BaseDirectory, "Fixtures", "diffusers", "training-example"));
        using var network = new UNet(known.Config, ScalarType.Float64, CPU);
        using var executor = new TensorExecutor(
            network, null, TensorOperations.Libtorch with { Softmax = scores => nn.functional.softmax(scores.to(float32), -1).to(float64) });
        executor.Take(known.Theta(network), withGradient: false);
        Assert.Equal(0, known.Timesteps[0]);
        var first = executor.Forward(known.X, known.Timesteps)[0].flatten().data<double>().ToArray();
        Assert.All(known.First(0).Zip(first), pair => Near(pair.Item1, pair.Item2, 1e-13));
    }

    private static void Check(string folder, bool kernels)
    {
        using var scope = NewDisposeScope();
        var known = KnownAnswer.Read(folder);
        var (expected, config, timesteps, x) = (known.Expected, known.Config, known.Timesteps, known.X);
        Assert.Equal(expected["parameters"]!.GetValue<int>(), config.Parameters.Sum(parameter => parameter.Count));

        using var wide = new UNet(config, ScalarType.Float64, CPU);
        using var narrow = new UNet(config, ScalarType.Float32, CPU);
        var count = (int)x.numel();
        var target = tensor(Enumerable.Range(0, count).Select(i => Math.Cos(0.3 * i)).ToArray(), x.shape, float64);

        using INetworkExecutor exact = kernels ? new KernelExecutor<double>(wide) : new TensorExecutor(wide);
        exact.Take(known.Theta(wide), withGradient: true);
        var output = exact.Forward(x, timesteps);
        var largest = expected["output64_max"]!.GetValue<double>();
        Near(expected["output64_sum"]!.GetValue<double>(), output.sum().item<double>(), Rounding * largest * count);
        for (var n = 0; n < timesteps.Length; n++)
        {
            foreach (var (wanted, found) in known.First(n).Zip(output[n].flatten().data<double>().ToArray()))
            {
                Near(wanted, found, Rounding * largest);
            }

            Near(expected["output64_square"]![n]!.GetValue<double>(), output[n].square().sum().item<double>(), Rounding * largest * count);
        }

        var gradient = zeros(wide.Layout.Count, float64);
        var loss = exact.Gradient(x, timesteps, target, null, timesteps.Length, gradient).item<double>();
        Near(expected["loss64"]!.GetValue<double>(), loss, Rounding);
        var gradients = wide.Layout.View(gradient);
        foreach (var (name, norm) in expected["gradient_norms64"]!.AsObject())
        {
            Near(norm!.GetValue<double>(), gradients[DiffusersNames.Current(name)].norm().item<double>(), Rounding, name);
        }

        using INetworkExecutor single = kernels
            ? new KernelExecutor<float>(narrow)
            : new TensorExecutor(narrow, null, TensorOperations.InFloat64); // on some processors libtorch's own of float32 are wrong
        single.Take(known.Theta(narrow), withGradient: false);
        Near(0, (single.Forward(x.to(float32), timesteps).to(float64) - output).abs().max().item<double>(), 2e-4 * largest);
    }

    private static void Near(double wanted, double found, double tolerance, string name = "") =>
        Assert.True(Math.Abs(wanted - found) <= tolerance, Invariant($"{name} {found:R} is not within {tolerance:G2} of {wanted:R}"));

    /// <summary>A folder of known answers: the network, its weights and its input.</summary>
    private sealed record KnownAnswer(JsonNode Expected, UNetConfig Config, Dictionary<string, SafetensorsTensor> Stored, int[] Timesteps, Tensor X)
    {
        public static KnownAnswer Read(string folder)
        {
            var expected = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "answers.json")))!;
            var known = DiffusersNetwork.Read("config.json", File.ReadAllBytes(Path.Combine(folder, "unet", "config.json"))).Valid().Network;
            var config = UNetConfig.Of(known.Network, known.SampleSize.IfNone(default(ImageSize)), known.ImageChannels, 1000).Valid() with
            {
                Embedding = known.Embedding,
                LearnsVariance = known.LearnsVariance,
            };
            var file = Safetensors.Read(File.ReadAllBytes(Path.Combine(folder, "unet", "diffusion_pytorch_model.safetensors"))).ThrowIfFail();
            var stored = file.Tensors.ToDictionary(tensor => DiffusersNames.Current(tensor.Name));
            Assert.Equal(config.Parameters.Select(parameter => parameter.Name).Order(), stored.Keys.Order());
            int[] timesteps = [.. expected["timesteps"]!.AsArray().Select(t => t!.GetValue<int>())];
            long[] shape = [timesteps.Length, config.ImageChannels, config.ImageSize.Height, config.ImageSize.Width];
            var numbers = Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size))
                .Select(i => Math.Sin(0.7 * i) + 0.5 * Math.Cos(0.031 * ((double)i * i) % 6.283));
            return new(expected, config, stored, timesteps, tensor(numbers.ToArray(), shape, float64));
        }

        public Tensor Theta(UNet network) => network.Layout.Assemble(
            (parameter, _, to) => StoredWeights.Wide(Stored[parameter.Name]).CopyTo(to), network.Type, CPU);

        /// <summary>The first numbers of the output of an image.</summary>
        public double[] First(int image) => [.. Expected["output64_first"]![image]!.AsArray().Select(number => number!.GetValue<double>())];
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class DiffusersFactAttribute : FactAttribute
    {
        public DiffusersFactAttribute()
        {
            if (Environment.GetEnvironmentVariable(Variable) is null)
            {
                Skip = $"{Variable} names no folder of diffusers' known answers";
            }
        }
    }
}
