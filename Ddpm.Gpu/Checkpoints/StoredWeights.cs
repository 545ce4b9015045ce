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

/// <summary>A vector of parameters as tensors under their state-dict names in a safetensors file, and back.</summary>
internal static class StoredWeights
{
    /// <summary>A vector's parameters, each under its name behind a prefix.</summary>
    public static SafetensorsTensor[] Of(string prefix, WeightLayout layout, Tensor vector)
    {
        var views = layout.View(vector);
        return [.. layout.Parameters.Map(parameter => Of(prefix + parameter.Name, views[parameter.Name]))];
    }

    /// <summary>One tensor.</summary>
    public static SafetensorsTensor Of(string name, Tensor value) => Valid(SafetensorsTensor.Create(
        name,
        value.dtype == ScalarType.Float64 ? SafetensorsType.F64 : SafetensorsType.F32,
        value.shape.ToArr(),
        value.contiguous().cpu().bytes.ToArray()));

    /// <summary>The vector whose parameters are in a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="prefix">What stands before their names.</param>
    /// <param name="layout">Where they lie in the vector.</param>
    /// <param name="type">The type wanted.</param>
    /// <param name="device">Where it is wanted.</param>
    /// <returns>The vector, which the caller owns; or what is missing or of another shape.</returns>
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

    /// <summary>Whether a file has all of some parameters, in float32 and their shapes.</summary>
    public static Fin<Unit> Complete(IReadOnlyDictionary<string, SafetensorsTensor> stored, string prefix, Arr<Parameter> wanted)
    {
        var faults = wanted.Bind(parameter => Fault(stored, prefix + parameter.Name, parameter)).ToSeq();
        return faults.IsEmpty ? unit : FinFail<Unit>(Error.New($"its tensors are those of another network: {faults.Listed("; ")}"));
    }

    /// <summary>What we write ourselves is right, or it is a bug.</summary>
    public static T Valid<T>(Validation<Error, T> made) => made.IfFail(faults => throw new InvalidOperationException(string.Join("; ", faults)));

    private static void Widen(ReadOnlySpan<float> source, Span<double> destination)
    {
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = source[i];
        }
    }

    private static Arr<string> Fault(IReadOnlyDictionary<string, SafetensorsTensor> stored, string name, Parameter parameter) =>
        !stored.TryGetValue(name, out var tensor) ? Array($"{name} is missing")
        : tensor.Type != SafetensorsType.F32 ? Array($"{name} is {tensor.Type.Name}, not F32")
        : tensor.Shape != parameter.Shape.Map(size => (long)size) ? Array($"{name} is {Shape(tensor.Shape)}, not {Shape(parameter.Shape.Map(size => (long)size))}")
        : Arr<string>.Empty;

    private static string Shape(Arr<long> shape) => string.Join("×", shape);
}
