using System.Text.Json;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Ranks;
using LanguageExt;

namespace Ddpm.Host.Diagnosis;

/// <summary>What a rank is.</summary>
/// <param name="Host">Its machine.</param>
/// <param name="Device">What it computes on.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="Instructions">The instructions of its processor.</param>
/// <param name="TrainingBits">The bits of a known training (<see cref="SelfTest.TrainingBits"/>).</param>
internal sealed record RankPlace(string Host, string Device, int Threads, string Instructions, string TrainingBits)
{
    /// <summary>All ranks at rank 0; nothing elsewhere.</summary>
    public static Arr<RankPlace> Gather(RankGroup ranks)
    {
        var (device, threads) = (ComputeDevice.Usual, ComputeDevice.UsualThreads);
        TorchSharp.torch.set_num_threads(threads);
        var here = new RankPlace(Environment.MachineName, ComputeDevice.NameOf(device), threads, Processor.Instructions, SelfTest.TrainingBits(device));
        return ranks.Gather(JsonSerializer.SerializeToUtf8Bytes(here)).Map(bytes => JsonSerializer.Deserialize<RankPlace>(bytes.Span)!);
    }

    /// <summary>A line of `doctor`.</summary>
    /// <param name="rank">Its number.</param>
    /// <param name="first">Rank 0.</param>
    public string Line(int rank, RankPlace first)
    {
        var agrees = TrainingBits == first.TrainingBits;
        var bits = rank == 0 ? $"training bits {TrainingBits[..16]}…" : agrees ? "the same bits as rank 0" : $"other bits than rank 0: {TrainingBits[..16]}…";
        return Invariant($"{(agrees ? "well" : "ILL ")}  {"rank " + rank,-14}{Host}, {Device}, {Threads} threads, {Instructions}; {bits}");
    }
}
