using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Training;
using TorchSharp;
using static LanguageExt.Prelude;

namespace Ddpm.Gpu.Training;

/// <summary>The memory of a training run.</summary>
public static class TrainingMemory
{
    /// <summary>
    /// The free memory of this machine or container in bytes, as the runtime sees it. Nobody can ask a GPU through TorchSharp, so there it is unlimited.
    /// </summary>
    /// <param name="device">Where training computes.</param>
    public static long Free(torch.Device device)
    {
        if (device.type != DeviceType.CPU)
        {
            return long.MaxValue;
        }

        GC.Collect(0); // the runtime looks at the memory in collections
        var memory = GC.GetGCMemoryInfo();
        var free = memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes;
        return free < 0 ? long.MaxValue : free; // below 0, the limit holds for managed objects alone, and tells nothing
    }

    /// <summary>Plans the memory that training takes, beside the images and the state of training.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="network">Its network.</param>
    /// <param name="executor">What computes it.</param>
    /// <param name="replicas">The threads.</param>
    /// <param name="accumulate">In how many parts the user wants a batch computed, ≥ 1.</param>
    public static MemoryPlan Of(TrainingPlan plan, UNet network, INetworkExecutor executor, Replicas replicas, int accumulate)
    {
        var batch = Math.Min(plan.Config.Options.BatchSize, plan.ImageCount);
        var shares = (batch - 1) / executor.ShareSize(batch, accumulate) + 1;
        var threads = Math.Min(shares, replicas.Count);
        var gradients = Math.Min(shares, SumOrder.Of(plan.Config.GradientSum, shares).Levels + threads);
        return new(
            Array(
                ("activations and packed weights", executor.PlannedBytes(batch, accumulate, threads)),
                ("gradients", (long)gradients * network.Layout.Count * network.Type.ElementSize())),
            executor is TensorExecutor
                ? "choose a smaller --batch-size, more parts with --accumulate (on a GPU), smaller images or a smaller network"
                : "choose fewer --threads, smaller images or a smaller network");
    }
}
