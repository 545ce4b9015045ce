using Ddpm.Host.Runs;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using Xunit;

namespace Ddpm.Properties.Runs;

public sealed class ReceiptTests
{
    private static readonly MachineReceipt Machine = new("1.0", "0.107", "2.10", ".NET 10", "Linux X64", "cpu", 2);

    private static readonly RunReceipt Receipt = new(
        new TrainingOptions(), new("tiny", "here", "00", 8, ImageSize.Square(12), 1), Machine, "step-0000004.safetensors", null,
        TrainingProgress.Start with { Step = 4 }, false,
        new(SampleEvery: 0, LogEvery: 3, CheckpointEvery: 2, Keep: 1), "ff");

    [Fact]
    public void A_receipt_reads_back_as_itself() => Assert.Equal(Receipt, RunReceipt.FromJson(Receipt.ToJson()).Valid());

    [Theory]
    [InlineData(null, null, "last")]
    [InlineData(null, "best", "best")]
    [InlineData(0.999, "best", "last")]
    public void Samples_are_made_with_the_best_weights_or_the_last_average(double? emaDecay, string? best, string sampled) =>
        Assert.Equal(sampled, (Receipt with { Options = Receipt.Options with { EmaDecay = emaDecay }, Last = "last", Best = best }).Sampled);

    [Fact]
    public void What_differs_between_machines_is_named_with_both_values()
    {
        Assert.Empty(Machine.DifferencesTo(Machine with { }));
        Assert.Equal((string[])["libtorch: 2.10 → 2.11", "threads: 2 → 4"], Machine.DifferencesTo(Machine with { Threads = 4, Libtorch = "2.11" }));
    }

    /// <summary>A receipt of an earlier version lacks the recording options, the losses since the last metrics line, and the weights.</summary>
    [Fact]
    public void Receipts_of_earlier_versions_are_read()
    {
        var old = """
            {"options":{"preset":"standard"},"data":{"name":"tiny","origin":"here","sha256":"00","images":8,"size":12,"channels":1},
             "machine":{"ddpm":"1","torch-sharp":"1","libtorch":"2","runtime":".NET","system":"Linux","device":"cpu","threads":1},
             "last":null,"best":null,"progress":{"step":0,"epoch-loss-sum":0,"epoch-images":0,"best-epoch":0,"best-loss":0},"finished":false}
            """u8;
        var receipt = RunReceipt.FromJson(old).Valid();
        Assert.Equal((new Recording(), (string?)null, TrainingProgress.Start), (receipt.Recorded, receipt.WeightsSha256, receipt.Progress));
    }

    [Theory]
    [InlineData("\"finished\": false", "\"finished\": 3", "line {0}, byte")]
    [InlineData("\"limit\": null", "\"limit\": \"five\"", "line {0}, byte")]
    [InlineData("\"edition\": 5", "\"edition\": 0", "line {0}, byte")]
    [InlineData("\"edition\": 5", "\"edition\": \"4\"", "line {0}, byte")]
    [InlineData("\"edition\": 5", "\"edition\": 6", "its options are of edition 6, but this version of ddpm reads only editions up to 5")]
    [InlineData("\"step\": 4", "\"step\": -4", "its progress, or the name of a checkpoint, is impossible")]
    [InlineData("\"last\": \"step-0000004", "\"last\": \"../../step-0000004", "or the name of a checkpoint")]
    [InlineData("\"best\": null", "\"best\": \"\\u0000\"", "or the name of a checkpoint")]
    [InlineData("\"last\": \"step-0000004.safetensors\"", "\"last\": null", "its progress, or")]
    [InlineData("\"origin\": \"here\",", "", "is not valid")]
    [InlineData("\"torch-sharp\": \"0.107\"", "\"torch-sharp\": null", "line {0}, byte")]
    public void What_a_receipt_cannot_say_is_refused_with_its_place(string valid, string damaged, string says)
    {
        var text = System.Text.Encoding.UTF8.GetString(Receipt.ToJson());
        Assert.Contains(valid, text, StringComparison.Ordinal);
        var line = 1 + text.AsSpan(0, text.IndexOf(valid, StringComparison.Ordinal)).Count('\n');
        var fault = RunReceipt.FromJson(System.Text.Encoding.UTF8.GetBytes(text.Replace(valid, damaged, StringComparison.Ordinal)));
        Assert.Contains(
            string.Format(System.Globalization.CultureInfo.InvariantCulture, says, line), fault.Match(Succ: _ => "it was read", Fail: error => error.Message),
            StringComparison.Ordinal);
    }
}
