using Ddpm.Gpu.Networks;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using LanguageExt;
using TorchSharp;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Exchange;

/// <summary>A network as an ONNX file.</summary>
internal static class OnnxFile
{
    /// <summary>
    /// The file: operator set 17, inputs x, timesteps and, where the network knows classes, classes; output output. The graph is the network that a
    /// <see cref="Ddpm.Pure.Sampling.SamplingPlan"/> asks: its x is already multiplied by the plan's `input`. The metadata tell what a sampler needs to know.
    /// </summary>
    /// <param name="network">The network, float32 on the CPU.</param>
    /// <param name="theta">Its weights.</param>
    /// <param name="model">What it was trained for.</param>
    public static ReadOnlyMemory<byte> Of(UNet network, torch.Tensor theta, DiffusionModel model) => OnnxNetwork.Write(network, theta, Metadata(model));

    /// <summary>What a user must know to feed the graph: none for a network that sees x itself.</summary>
    public static Option<string> Remark(DiffusionModel model) => IsScaled(model)
        ? "this network does not see x itself: multiply x by input[t] of the file's metadata, or by `input` of each line of a plan"
        : None;

    /// <summary>Prediction, noise levels, and at each level the factor of x and the number that the timestep embedding is made from, as JSON arrays.</summary>
    private static Seq<(string Name, string Value)> Metadata(DiffusionModel model)
    {
        string Each(Func<NoiseLevel, double> value) => Listed(model.Schedule.Levels.Map(value));
        return Seq(
            ("prediction", model.Prediction.Name),
            ("a", Each(level => level.A)),
            ("sigma", Each(level => level.Sigma)),
            ("input", Each(model.Prediction.InputScale)),
            ("network-times", Listed(model.Schedule.NetworkTimes)));
    }

    private static bool IsScaled(DiffusionModel model) => model.Schedule.Levels.Exists(level => model.Prediction.InputScale(level) != 1);

    private static string Listed(Arr<double> numbers) => $"[{string.Join(",", numbers.Map(number => Invariant($"{number:R}")))}]";
}
