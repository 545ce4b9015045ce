using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Kernels;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using LanguageExt;
using LanguageExt.Common;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Devices;

/// <summary>The one place that decides what computes.</summary>
public static class ComputeDevice
{
    /// <summary>
    /// The device if nobody chooses one: a CUDA device if there is one, else the CPU. Several processes on a machine (mpirun) take its CUDA devices in turn.
    /// </summary>
    public static Device Usual => !cuda.is_available() ? CPU
        : Launcher.Here.Map(launcher => launcher.LocalRank).Case is int local ? device(TorchSharp.DeviceType.CUDA, local % cuda.device_count())
        : CUDA;

    /// <summary>The number of threads if nobody chooses one: the fastest; of several processes on a machine, its cores divided among them.</summary>
    internal static int UsualThreads => Launcher.Here.Match(launcher => launcher.Threads(MachineCores.Online, MachineCores.Allowed), () => ThreadProbe.Fastest);

    /// <summary>The device of a choice, or why it cannot be had.</summary>
    public static Fin<Device> Find(DeviceChoice choice) => choice switch
    {
        DeviceChoice.Auto => Usual,
        DeviceChoice.Cpu => CPU,
        DeviceChoice.Libtorch => ProcessorDevice.LikeGpu,
        DeviceChoice.Cuda(var index) => Cuda(index),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>
    /// How many images a device generates in one batch. On a GPU the bits of an image depend on this number. The kernels for processors compute each image by
    /// itself.
    /// </summary>
    public static int MicroBatch(Device device) => ProcessorDevice.Is(device) ? 16 : 128;

    /// <summary>After how many training steps what they found is fetched: a GPU is kept from running dry by asking it seldom.</summary>
    internal static int StepsAhead(Device device) => ProcessorDevice.Is(device) ? 1 : 16;

    /// <summary>Whether this processor has products of bfloat16 numbers, two at a time, which the kernels then use.</summary>
    internal static bool MultipliesBfloat16 => Bfloat16Code.Exists;

    /// <summary>
    /// Whether this processor multiplies and adds vectors in one instruction (AVX2 with FMA, NEON). Without it the kernels take some fifteen times as long as
    /// libtorch, which then computes networks of float32.
    /// </summary>
    internal static bool MultipliesAndAdds => Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>What computes a network on its device: on a processor the kernels, unless they lack a layer or the processor lacks vectors.</summary>
    public static INetworkExecutor Executor(UNet network, Precision precision = Precision.Binary32)
    {
        var inside = Inside(precision);
        if (!ProcessorDevice.Is(network.Device) || KernelCoverage.Missing(network.Config).IsSome)
        {
            return Libtorch(network, inside).Executor;
        }

        return (network.Type, precision) switch
        {
            (ScalarType.Float32, Precision.Binary32) when !MultipliesAndAdds => Libtorch(network).Executor,
            (ScalarType.Float32, _) => new KernelExecutor<float>(network, narrow: precision == Precision.BFloat16),
            (ScalarType.Float64, Precision.Binary32) => new KernelExecutor<double>(network),
            _ => Libtorch(network, inside).Executor,
        };
    }

    /// <summary>What libtorch's layers compute in; null for the network's type.</summary>
    internal static ScalarType? Inside(Precision precision) => precision == Precision.BFloat16 ? ScalarType.BFloat16 : null;

    /// <summary>
    /// libtorch's operations for a network if they are right on its device. If not, the kernels, or libtorch in float64 for a network that the kernels cannot
    /// compute.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="inside">What layers compute in; null for the network's type.</param>
    /// <param name="operations">What convolves and normalises; null for libtorch's own.</param>
    /// <returns>What computes; and if it is not libtorch as usual, the line that says why.</returns>
    internal static (INetworkExecutor Executor, Option<string> Advice) Libtorch(
        UNet network, ScalarType? inside = null, TensorOperations? operations = null) =>
        ConvolutionCheck.Of(network, inside, operations).Match<(INetworkExecutor, Option<string>)>(
            _ => (new TensorExecutor(network, inside, operations), Option<string>.None),
            fault => KernelCoverage.Missing(network.Config).IsSome
                ? (new TensorExecutor(network, inside, TensorOperations.InFloat64),
                    $"{fault.Message}: convolving in float64 instead; {ConvolutionCheck.Remedy}")
                : (new KernelExecutor<float>(network, narrow: inside == ScalarType.BFloat16),
                    $"{fault.Message}: computing with the kernels instead; {ConvolutionCheck.Remedy}"));

    /// <summary>A line that says why the kernels do not compute a network on a processor; none if they do.</summary>
    internal static Option<string> Coverage(Device device, UNetConfig network) => !ProcessorDevice.Is(device)
        ? Option<string>.None
        : KernelCoverage.Missing(network).Map(layer => $"libtorch computes this network, because the kernels lack {layer}");

    /// <summary>What a user should know of the device, the network and the chosen precision.</summary>
    internal static Option<string> Advice(Device device, UNetConfig network, Precision precision) =>
        !ProcessorDevice.Is(device) ? Option<string>.None
        : Coverage(device, network).Case is string coverage ? Option<string>.Some(coverage)
        : precision == Precision.BFloat16 && !MultipliesBfloat16
            ? Option<string>.Some("bf16 is slower than float32 here: it needs a processor that multiplies bfloat16 numbers (AVX512-BF16), and Linux")
        : !MultipliesAndAdds ? Option<string>.Some($"this is several times slower than it could be: {NoVectors}")
        : Option<string>.None;

    /// <summary>What is missing where <see cref="MultipliesAndAdds"/> is false.</summary>
    internal const string NoVectors = "the processor, or the virtual machine, offers no AVX2 and FMA, so libtorch computes in place of the kernels";

    /// <summary>What updates weights of a type on a device.</summary>
    internal static IWeightUpdate Update(Device device, ScalarType type, Replicas workers) => (ProcessorDevice.Is(device), type) switch
    {
        (true, ScalarType.Float32) => new KernelUpdate<float>(workers),
        (true, ScalarType.Float64) => new KernelUpdate<double>(workers),
        _ => new TensorUpdate(),
    };

    /// <summary>The name of a device, as a user types it.</summary>
    public static string NameOf(Device device) =>
        device.type == TorchSharp.DeviceType.CPU && !ProcessorDevice.Is(device) ? DeviceChoice.LibtorchName : device.ToString();

    private static Fin<Device> Cuda(int index) => !cuda.is_available()
        ? Error.New("device cuda was asked for, but there is no CUDA device: build with -p:Cuda=true on a machine with an NVIDIA GPU, or say --device cpu")
        : index >= cuda.device_count()
            ? Error.New($"device cuda:{index} was asked for, but there are {cuda.device_count()} CUDA devices, numbered from 0")
            : device(TorchSharp.DeviceType.CUDA, index);
}
