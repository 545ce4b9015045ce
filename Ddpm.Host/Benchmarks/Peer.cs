using System.Text.Json;
using System.Text.Json.Nodes;
using Ddpm.Host.Processes;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Benchmarks;

/// <summary>What another implementation says of its speed: a command whose last line is a JSON object with these two numbers.</summary>
/// <param name="Training">train_images_per_second.</param>
/// <param name="Forward">forward_images_per_second.</param>
internal sealed record Peer(double Training, double Forward)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs the command, as a shell would.</summary>
    public static Fin<Peer> Run(string command, CancellationToken stop)
    {
        var (shell, option) = OperatingSystem.IsWindows() ? ("cmd.exe", "/c") : ("/bin/sh", "-c");
        return from output in ExternalCommand.Run(shell, Seq(option, command), "--peer", Environment.CurrentDirectory, Patience, stop).GetAwaiter().GetResult()
               from peer in Parse(output)
               select peer;
    }

    /// <summary>What the last line says.</summary>
    public static Fin<Peer> Parse(string output)
    {
        var line = toSeq(output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).LastOrNone().IfNone("");
        try
        {
            return JsonNode.Parse(line) is JsonObject parsed
                && Rate(parsed, "train_images_per_second") is { } training
                && Rate(parsed, "forward_images_per_second") is { } forward
                ? new Peer(training, forward)
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
