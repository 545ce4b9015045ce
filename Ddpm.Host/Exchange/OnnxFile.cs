using Ddpm.Gpu.Networks;
using TorchSharp;

namespace Ddpm.Host.Exchange;

/// <summary>A network as an ONNX file.</summary>
internal static class OnnxFile
{
    /// <summary>The file: operator set 17, inputs x, timesteps and, where the network knows classes, classes; output output.</summary>
    /// <param name="network">The network, float32 on the CPU.</param>
    /// <param name="theta">Its weights.</param>
    public static ReadOnlyMemory<byte> Of(UNet network, torch.Tensor theta) => OnnxNetwork.Write(network, theta);
}
