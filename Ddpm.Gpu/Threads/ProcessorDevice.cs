using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Threads;

/// <summary>Which devices compute in the processor's own way: with kernels, in parts of a batch that threads share.</summary>
internal static class ProcessorDevice
{
    /// <summary>
    /// The processor, used as a GPU is used: libtorch computes whole batches, and outcomes are fetched seldom. It takes the paths of a GPU on a machine
    /// that has none. libtorch numbers its only processor 0; without a number, the device is the processor as usual.
    /// </summary>
    public static Device LikeGpu => new(DeviceType.CPU, 0);

    /// <summary>Whether a device is the processor as usual.</summary>
    public static bool Is(Device device) => device.type == DeviceType.CPU && device.index < 0;
}
