using LanguageExt;
using LanguageExt.Common;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Devices;

/// <summary>The one place that decides what computes.</summary>
public static class ComputeDevice
{
    /// <summary>
    /// The device of a name: "auto" (CUDA where there is one, else the CPU), "cpu", "cuda" or "cuda:n".
    /// </summary>
    /// <returns>The device, or why it cannot be had.</returns>
    public static Fin<Device> Find(string name)
    {
        var found = name.Split(':');
        return (found[0], found.Length) switch
        {
            ("auto", 1) => cuda.is_available() ? CUDA : CPU,
            ("cpu", 1) => CPU,
            ("cuda", 1) => Cuda(0),
            ("cuda", 2) when int.TryParse(found[1], out var index) && index >= 0 => Cuda(index),
            _ => Error.New($"device must be auto, cpu, cuda or cuda:n, got {name}"),
        };
    }

    private static Fin<Device> Cuda(int index) => !cuda.is_available()
        ? Error.New("device cuda was asked for, but this build finds no CUDA device: build with -p:Cuda=true on a machine with an NVIDIA GPU, or say --device cpu")
        : index >= cuda.device_count()
            ? Error.New($"device cuda:{index} was asked for, but there are {cuda.device_count()} CUDA devices, numbered from 0")
            : device(TorchSharp.DeviceType.CUDA, index);
}
