using Ddpm.Gpu.Threads;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Host.Benchmarks;

/// <summary>The libraries that the network can be measured against.</summary>
internal static class Rivals
{
    /// <summary>Prepares one; see `bench --against`.</summary>
    public delegate Fin<IRival> Make(TrainingConfig config, Device device, Replicas workers);

    /// <summary>All by their names.</summary>
    public static ChoiceTable<Make> All { get; } = ChoiceTable.Of<Make>(
        ("libtorch", LibtorchRival.Of),
        ("onnxruntime", (config, _, workers) => OnnxRuntimeRival.Of(config, workers)));
}
