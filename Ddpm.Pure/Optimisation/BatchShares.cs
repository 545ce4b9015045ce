using LanguageExt;

namespace Ddpm.Pure.Optimisation;

/// <summary>Splits a batch into shares for replicas: contiguous, in order, none empty, with sizes that differ by at most one.</summary>
internal static class BatchShares
{
    /// <summary>The shares of a batch.</summary>
    /// <param name="batch">Images in the batch, ≥ 1.</param>
    /// <param name="replicas">Replicas, ≥ 1. With fewer images than replicas, each image is one share.</param>
    public static Arr<(int First, int Count)> Of(int batch, int replicas)
    {
        var count = Math.Min(batch, replicas);
        int Start(int share) => (int)((long)batch * share / count);
        return Enumerable.Range(0, count).Select(share => (Start(share), Start(share + 1) - Start(share))).ToArr();
    }
}
