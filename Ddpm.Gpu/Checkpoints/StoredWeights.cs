using System.Runtime.InteropServices;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Checkpoints;

/// <summary>Converts a parameter vector to tensors of a safetensors file, under their state-dict names, and back.</summary>
internal static class StoredWeights
{
    /// <summary>The parameters of a vector as tensors, with a prefix before their names.</summary>
    public static SafetensorsTensor[] Of(string prefix, WeightLayout layout, Tensor vector)
    {
        var views = layout.View(vector);
        return [.. layout.Parameters.Map(parameter => Of(prefix + parameter.Name, views[parameter.Name]))];
    }

    /// <summary>A tensor of a safetensors file.</summary>
    public static SafetensorsTensor Of(string name, Tensor value) => SafetensorsTensor.Of(
        name,
        value.dtype == ScalarType.Float64 ? SafetensorsType.F64 : SafetensorsType.F32,
        value.shape.ToArr(),
        value.contiguous().cpu().bytes.ToArray()).OrThrow();

    /// <summary>Reads a parameter vector from a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="prefix">The prefix of their names.</param>
    /// <param name="layout">The places of the parameters in the vector.</param>
    /// <param name="type">The type of the vector.</param>
    /// <param name="device">The device of the vector.</param>
    /// <returns>The vector, which the caller owns; or the tensors that are missing or have another shape.</returns>
    public static Fin<Tensor> Vector(SafetensorsFile file, string prefix, WeightLayout layout, ScalarType type, Device device)
    {
        var stored = file.Tensors.ToDictionary(tensor => tensor.Name);
        return Complete(stored, prefix, layout.Parameters).Map(_ => layout.Assemble(
            (parameter, _, destination) => Widen(MemoryMarshal.Cast<byte, float>(stored[prefix + parameter.Name].Data.Span), destination), type, device));
    }

    /// <summary>The numbers of a float32 tensor.</summary>
    public static double[] Wide(SafetensorsTensor tensor)
    {
        var wide = new double[tensor.Data.Length / sizeof(float)];
        Widen(MemoryMarshal.Cast<byte, float>(tensor.Data.Span), wide);
        return wide;
    }

    /// <summary>Checks that a file has all of some parameters, in float32 and with their shapes.</summary>
    public static Fin<Unit> Complete(IReadOnlyDictionary<string, SafetensorsTensor> stored, string prefix, Arr<Parameter> wanted)
    {
        var faults = wanted.Bind(parameter => Fault(stored, prefix + parameter.Name, parameter)).ToSeq();
        return faults.IsEmpty ? unit : FinFail<Unit>(Error.New($"its tensors do not fit this network: {faults.Listed("; ")}"));
    }

    /// <summary>Copies numbers of single precision to double.</summary>
    public static void Widen(ReadOnlySpan<float> source, Span<double> destination)
    {
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = source[i];
        }
    }

    private static Arr<string> Fault(IReadOnlyDictionary<string, SafetensorsTensor> stored, string name, Parameter parameter)
    {
        if (!stored.TryGetValue(name, out var tensor))
        {
            return Array($"{name} is missing");
        }

        if (tensor.Type != SafetensorsType.F32)
        {
            return Array($"{name} is {tensor.Type.Name}, not F32");
        }

        var shape = parameter.Shape.Map(size => (long)size);
        return tensor.Shape == shape ? Arr<string>.Empty : Array($"{name} is {Shape(tensor.Shape)}, not {Shape(shape)}");
    }

    private static string Shape(Arr<long> shape) => string.Join("×", shape);
}
