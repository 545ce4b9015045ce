using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Ranks;
using Ddpm.Host.Data;
using Ddpm.Host.Progress;
using Ddpm.Host.Ranks;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Data;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`train` in several processes: what rank 0 tells the others before the first step, and what those do.</summary>
/// <param name="data">The options of the images.</param>
/// <param name="machine">The options of the machine.</param>
internal sealed class TrainTogether(DataOptions data, MachineOptions machine)
{
    /// <summary>Rank 0 tells the others which images to read, and compares all ranks.</summary>
    /// <returns>Nothing; or all differences.</returns>
    public static Fin<Unit> Lead(
        CommandLine.ParseResult parsed, RankGroup ranks, RunStart start, LoadedDataSet loaded, LanguageExt.Option<LoadedDataSet> test, Device device)
    {
        if (ranks.Size == 1)
        {
            return unit;
        }

        var images = loaded.Images.Take(start.Options.Limit ?? int.MaxValue);
        ranks.Tell(() => start.Receipt(RunTraining.ReceiptOf(loaded, images, test), MachineReceipt.Here(ComputeDevice.NameOf(device))).ToJson());
        return RankMeeting.Compare(ranks, FinSucc(unit), _ => Facts(parsed, loaded, test, device));
    }

    /// <summary>Another rank reads the same images, and makes the same steps.</summary>
    public Fin<Unit> Follow(CommandLine.ParseResult parsed, RankGroup ranks) => ranks.Tell(() => default).Match(
        told => from ready in RankMeeting.Compare(ranks, Prepared(parsed, told), own => Facts(parsed, own.Loaded, own.Test, own.Device))
                let images = ready.Loaded.Images.Take(ready.Limit ?? int.MaxValue)
                from followed in TrainingFollower.Follow(ranks, images, ready.Test.Map(held => held.Images), ready.Device, ready.Parts)
                select followed,
        () => unit);

    private Fin<Follower> Prepared(CommandLine.ParseResult parsed, ReadOnlyMemory<byte> told) =>
        from receipt in RunReceipt.FromJson(told.Span)
        from device in machine.Prepare(parsed)
        from parts in machine.Accumulate(parsed, None)
        from loaded in Load(parsed, receipt, DataSplit.Train)
        from test in receipt.Data.HeldOut is null
            ? FinSucc(LanguageExt.Option<LoadedDataSet>.None)
            : Load(parsed, receipt, DataSplit.Test).Map(Some)
        select new Follower(device, parts, loaded, test, receipt.Options.Limit);

    private Fin<LoadedDataSet> Load(CommandLine.ParseResult parsed, RunReceipt receipt, DataSplit split) =>
        data.Load(parsed, receipt.Options.Dataset, new SilentView(), CancellationToken.None, split, receipt.Data);

    private static Seq<RankFact> Facts(CommandLine.ParseResult parsed, LoadedDataSet loaded, LanguageExt.Option<LoadedDataSet> test, Device device) =>
        CommonFacts.Of(parsed, device)
            .Add(new("the SHA-256 of the training images", loaded.ImagesSha256))
            .Add(new("the SHA-256 of the test images", test.Map(held => held.ImagesSha256).IfNone("none")));

    private sealed record Follower(Device Device, int Parts, LoadedDataSet Loaded, LanguageExt.Option<LoadedDataSet> Test, int? Limit);
}
