using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Exchange;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Exchange;

/// <summary>Networks as ONNX files, read by ONNX Runtime.</summary>
public sealed class OnnxFileTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>
    /// The same network read by two programs that share nothing, one in float64.
    /// The other rounds sums of up to some thousand products to float32.
    /// </summary>
    [Theory]
    [InlineData("original", 28, 28, 1, 0, false)]
    [InlineData("standard", 32, 32, 3, 0, false)]
    [InlineData("standard", 12, 12, 1, 4, false)]
    [InlineData("modern", 28, 28, 1, 3, false)]
    [InlineData("standard", 12, 12, 3, 0, true)]
    [InlineData("modern", 28, 28, 1, 0, true)]
    [InlineData("unet", 12, 12, 3, 3, true)]
    [InlineData("standard", 12, 28, 1, 0, false)]
    [InlineData("modern", 24, 20, 3, 0, false)]
    [InlineData("unet", 16, 12, 1, 0, false)]
    [InlineData("standard", 12, 12, 1, 4, false, true)]
    [InlineData("unet", 12, 12, 3, 0, false, true)]
    public void As_ONNX_a_network_computes_the_same(
        string design, int height, int width, int channels, int classes, bool learnsVariance, bool augmented = false)
    {
        var config = UNetConfig.Of(NetworkFamily.All[design], new(height, width), channels, 100, classes).Valid() with
        {
            LearnsVariance = learnsVariance,
            KnowsAugmentation = augmented,
        };
        using var network = new UNet(config, ScalarType.Float32, CPU);
        var theta = FormulaWeights.Of(network);
        using var wide = new UNet(network.Config, ScalarType.Float64, CPU);
        using var executor = new TensorExecutor(wide);
        executor.Take(theta.to(float64), withGradient: false);
        var x = randn([3, channels, height, width], generator: new Generator(5));
        int[] timesteps = [0, 37, 99], known = [0, Math.Max(0, classes - 1), classes];
        var expected = executor.Forward(x.to(float64), timesteps, classes > 0 ? known : default(ReadOnlyMemory<int>));

        var model = new DiffusionModel(config, NoiseSchedule.Edm(100).Valid(), new Prediction.Edm(), Preset.Standard);
        using var session = new InferenceSession(OnnxFile.Of(network, theta, model).ToArray());
        List<NamedOnnxValue> inputs =
        [
            NamedOnnxValue.CreateFromTensor("x", new DenseTensor<float>(x.data<float>().ToArray(), [3, channels, height, width])),
            NamedOnnxValue.CreateFromTensor("timesteps", new DenseTensor<long>(timesteps.Select(t => (long)t).ToArray(), [3])),
        ];
        if (classes > 0)
        {
            inputs.Add(NamedOnnxValue.CreateFromTensor("classes", new DenseTensor<long>(known.Select(k => (long)k).ToArray(), [3])));
        }

        using var results = session.Run(inputs);
        var output = results.Single(result => result.Name == "output").AsTensor<float>();
        Assert.Equal([3, learnsVariance ? 2 * channels : channels, height, width], output.Dimensions.ToArray());
        var ours = expected.contiguous().data<double>().ToArray();
        var largest = ours.Max(Math.Abs);
        Assert.True(largest > 1e-3);
        Assert.All(output.ToArray().Zip(ours, (theirs, our) => Math.Abs(theirs - our)), difference => Assert.True(difference <= 1e-4 * largest));
    }

    /// <summary>Without these numbers nobody could sample with the file: EDM's network sees x/√(a²σ_data² + σ²).</summary>
    [Fact]
    public void The_metadata_tell_the_levels_the_factor_of_x_and_the_number_of_each_timestep()
    {
        var schedule = NoiseSchedule.Edm(4, 0.01, 10).Valid();
        var config = UNetConfig.Of(NetworkFamily.All["standard"], ImageSize.Square(12), 1, 4, 0).Valid() with { NetworkTimes = schedule.NetworkTimes };
        using var network = new UNet(config, ScalarType.Float32, CPU);
        ReadOnlyMemory<byte> File(Prediction prediction) =>
            OnnxFile.Of(network, FormulaWeights.Of(network), new DiffusionModel(config, schedule, prediction, Preset.Standard));
        using var session = new InferenceSession(File(new Prediction.Edm()).ToArray());
        var told = session.ModelMetadata.CustomMetadataMap;
        double[] Numbers(string name) => System.Text.Json.JsonSerializer.Deserialize<double[]>(told[name])!;

        Assert.Equal("edm", told["prediction"]);
        Assert.Equal(schedule.Levels.Map(level => level.A), Numbers("a"));
        Assert.Equal(schedule.Levels.Map(level => level.Sigma), Numbers("sigma"));
        Assert.Equal(schedule.Levels.Map(level => 1 / Math.Sqrt(0.25 + level.NoiseVariance)), Numbers("input"));
        Assert.All(schedule.Levels.Zip(Numbers("network-times")), pair => Assert.Equal(Math.Log(pair.Item1.Sigma) / 4, pair.Item2, 1e-14));

        using var plain = new InferenceSession(File(new Prediction.Velocity()).ToArray());
        Assert.Equal("[1,1,1,1]", plain.ModelMetadata.CustomMetadataMap["input"]);
    }
}
