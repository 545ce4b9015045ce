using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Tensors;

/// <summary>How tensors lie in memory.</summary>
internal static class TensorMemory
{
    /// <summary>The same tensor with its channels last in memory.</summary>
    public static Tensor ChannelsLast(this Tensor x) => x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    /// <summary>Integers as a tensor on a device, as libtorch's indices are.</summary>
    public static Tensor ToTensor(this ReadOnlyMemory<int> values, Device device) => tensor(values.ToArray(), ScalarType.Int64).to(device);

    /// <summary>The first number of a contiguous tensor on the CPU, for as long as the tensor lives.</summary>
    public static unsafe T* Pointer<T>(this Tensor tensor)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    /// <summary>The same memory if a tensor is in that of the processor already, else a copy there. The caller owns it.</summary>
    /// <param name="tensor">A contiguous tensor.</param>
    public static Tensor OnProcessor(this Tensor tensor) => tensor.device_type == TorchSharp.DeviceType.CPU ? tensor.alias() : tensor.cpu();
}
