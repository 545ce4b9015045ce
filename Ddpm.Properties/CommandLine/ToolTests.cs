using ImageMagick;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>The program as a .NET tool, installed from a folder of packages and without a network.</summary>
public sealed class ToolTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void The_installed_tool_trains_without_a_checkout()
    {
        var (packages, tools) = (_ddpm.Path("packages"), _ddpm.Path("tools"));
        DotnetCommand.Run(
            Fixtures.Repository,
            "pack", "Ddpm.Host", "-c", DotnetCommand.Configuration, "--no-build", "-p:CreateHardLinksForPublishFilesIfPossible=true", "-o", packages);
        File.WriteAllText(_ddpm.Path("nuget.config"), $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="packages" value="{packages}" />
              </packageSources>
            </configuration>
            """);
        DotnetCommand.Run(_ddpm.Folder, "tool", "install", "--tool-path", tools, "--configfile", _ddpm.Path("nuget.config"), "ddpm");

        // The build changes TorchSharp's library so that it loads on older Linux. The package must contain the changed one.
        foreach (var built in Directory.GetFiles(AppContext.BaseDirectory, "*LibTorchSharp*"))
        {
            var installed = Assert.Single(Directory.GetFiles(tools, Path.GetFileName(built), SearchOption.AllDirectories));
            Assert.True(File.ReadAllBytes(built).AsSpan().SequenceEqual(File.ReadAllBytes(installed)), $"{installed} differs from {built}");
        }

        var ddpm = Path.Combine(tools, "ddpm");
        _ddpm.RunProgram(ddpm, DdpmProcess.SmallTraining("--epochs", "1", "--run", "first", "--sample-every", "0")).Done();
        Assert.True(File.Exists(_ddpm.Path("runs", "first", "run.json")));
        using var samples = new MagickImage(_ddpm.Path("runs", "first", "samples.png"));
        Assert.Equal(596u, samples.Width);

        Assert.StartsWith($"ddpm() {{ {ddpm} \"$@\"; }}\n", _ddpm.RunProgram(ddpm, "completion", "bash").Done().Output, StringComparison.Ordinal);
    }
}
