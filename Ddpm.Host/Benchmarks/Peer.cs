using System.Text.Json;
using System.Text.Json.Nodes;
using Ddpm.Host.Processes;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Benchmarks;

/// <summary>A command that measures another implementation. Its last line is a JSON object with its rates.</summary>
/// <param name="command">What a shell runs.</param>
internal sealed class Peer(string command) : IRival
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public string Name => "peer";

    /// <inheritdoc/>
    public Fin<Rates> Measure(Pace pace)
    {
        var (shell, option) = OperatingSystem.IsWindows() ? ("cmd.exe", "/c") : ("/bin/sh", "-c");
        return ExternalCommand.Run(shell, Seq(option, command), "--peer", Environment.CurrentDirectory, Patience, pace.Stop).GetAwaiter().GetResult()
            .Bind(Parse);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static Fin<Rates> Parse(string output)
    {
        var line = toSeq(output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).LastOrNone().IfNone("");
        try
        {
            return JsonNode.Parse(line) is JsonObject parsed
                && Rate(parsed, "train_images_per_second") is { } training
                && Rate(parsed, "forward_images_per_second") is { } forward
                ? new Rates(training, forward)
                : Wrong();
        }
        catch (JsonException)
        {
            return Wrong();
        }
    }

    private static Error Wrong() => Error.New(
        "--peer: the last line that the command prints must be a JSON object "
        + "with the positive numbers train_images_per_second and forward_images_per_second");

    private static double? Rate(JsonObject parsed, string name) =>
        parsed[name] is JsonValue value && value.TryGetValue<double>(out var rate) && rate > 0 && double.IsFinite(rate) ? rate : null;
}
