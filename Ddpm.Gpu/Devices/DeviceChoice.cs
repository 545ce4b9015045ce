using System.Globalization;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Gpu.Devices;

/// <summary>What a user says about the device.</summary>
public abstract record DeviceChoice
{
    internal const string LibtorchName = "libtorch";

    private DeviceChoice()
    {
    }

    /// <summary>CUDA where there is one, else the CPU.</summary>
    public sealed record Auto : DeviceChoice;

    /// <summary>The CPU.</summary>
    public sealed record Cpu : DeviceChoice;

    /// <summary>The CPU, but all is computed by libtorch and in the way of a GPU.</summary>
    public sealed record Libtorch : DeviceChoice;

    /// <summary>A CUDA device.</summary>
    /// <param name="Index">Its number, from 0.</param>
    public sealed record Cuda(int Index) : DeviceChoice;

    /// <summary>"auto", "cpu", "libtorch", "cuda" or "cuda:n".</summary>
    public static Validation<Error, DeviceChoice> Parse(string name) => name switch
    {
        "auto" => Success<Error, DeviceChoice>(new Auto()),
        "cpu" => Success<Error, DeviceChoice>(new Cpu()),
        LibtorchName => Success<Error, DeviceChoice>(new Libtorch()),
        "cuda" => Success<Error, DeviceChoice>(new Cuda(0)),
        _ when name.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index) =>
            Success<Error, DeviceChoice>(new Cuda(index)),
        _ => Check.Fail<DeviceChoice>("device", name, "must be auto, cpu, libtorch, cuda or cuda:n"),
    };
}
