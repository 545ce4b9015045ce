using System.Diagnostics;
using Xunit;

namespace Ddpm.Properties;

/// <summary>The command `dotnet`, for tests that pack, install or build.</summary>
internal static class DotnetCommand
{
    /// <summary>The configuration that these tests were built in: bin/CONFIGURATION/net10.0.</summary>
    public static string Configuration => Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;

    /// <summary>Runs `dotnet` in a folder. It must succeed.</summary>
    public static void Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(" ", arguments)}: {output}{error.Result}");
    }
}
