using Ddpm.Pure.Networks;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Networks;

/// <summary>
/// Weights from a formula, an integer hash of an element's and its tensor's place, so that a network's known answers need no file of weights in any
/// language. Normalisations scale by about 1, biases are small, and weights spread as their fan-in asks for.
/// </summary>
internal static class FormulaWeights
{
    /// <summary>θ of a network, the embedding counted as tensor 0.</summary>
    public static Tensor Of(UNet network) => network.Layout.Assemble(
        (parameter, k, destination) =>
        {
            for (var j = 0; j < destination.Length; j++)
            {
                var h = unchecked(40503u * (uint)j + 22469u * (uint)(k + 1) + 37476u);
                h ^= h >> 15;
                h = unchecked(9301u * h + 49297u);
                h ^= h >> 13;
                h = unchecked(65599u * h + 12345u);
                var u = h / 4294967296.0 - 0.5;
                destination[j] = parameter.Start is Initialization.Constant(1) ? 1 + 0.2 * u
                    : parameter.Name.EndsWith("bias", StringComparison.Ordinal) ? 0.2 * u
                    : 4 * u / Math.Sqrt((double)parameter.Count / parameter.Shape[0]);
            }
        },
        network.Type, network.Device);
}
