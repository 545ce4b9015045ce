using System.Diagnostics;
using System.Text.RegularExpressions;
using Ddpm.Properties.Data;
using Xunit;

namespace Ddpm.Properties;

/// <summary>Ddpm.Pure and Ddpm.Gpu as packages, in a project that knows nothing else of this repository.</summary>
public sealed class LibraryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-library-").FullName;

    /// <summary>No version is ever packed twice: what was restored is kept by its version.</summary>
    private readonly string _version = $"0.1.0-test.{Environment.ProcessId}.{Environment.TickCount64}";

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (var restored in ((string[])["ddpm.pure", "ddpm.gpu"]).Select(name => Path.Combine(cache, name, _version)).Where(Directory.Exists))
        {
            Directory.Delete(restored, recursive: true);
        }
    }

    /// <summary>The README's program with a small data set and fewer steps: packed, restored from a folder, compiled and run.</summary>
    [Fact]
    public void The_program_of_the_README_runs_on_the_packages()
    {
        foreach (var project in (string[])["Ddpm.Pure", "Ddpm.Gpu"])
        {
            Dotnet(
                Fixtures.Repository, "pack", "-c", Configuration, "--no-build", $"-p:Version={_version}", project,
                "-o", Path.Combine(_root, "packages"), "-v", "quiet");
        }

        var guide = File.ReadAllText(Path.Combine(Fixtures.Repository, "README.md"));
        var program = Regex.Match(guide, "```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        Assert.InRange(program.Split('\n').Count(line => line.Length > 0 && !line.StartsWith("using", StringComparison.Ordinal)), 3, 10);
        var small = program
            .Replace("new()", "new() { Limit = 32, BatchSize = 16, Epochs = 1, Steps = 20 }", StringComparison.Ordinal)
            .Replace("Sample(100,", "Sample(4,", StringComparison.Ordinal);
        Assert.NotEqual(program, small);
        var app = Directory.CreateDirectory(Path.Combine(_root, "app")).FullName;
        File.WriteAllText(Path.Combine(app, "Program.cs"), small);
        File.WriteAllText(Path.Combine(app, "app.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <RestoreAdditionalProjectSources>{Path.Combine(_root, "packages")}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Ddpm.Gpu" Version="{_version}" />
              </ItemGroup>
            </Project>
            """);
        var images = FixtureDataSet.Description.Train.Images;
        File.WriteAllBytes(Path.Combine(app, images.Name), FixtureDataSet.Content(images));
        Dotnet(app, "run", "-v", "quiet");
        var picture = File.ReadAllBytes(Path.Combine(app, "samples.pgm"));
        Assert.Equal("P5\n58 58\n255\n"u8.ToArray(), picture[..13]);
        Assert.Equal(13 + 58 * 58, picture.Length);
    }

    /// <summary>The configuration of this build, from bin/CONFIGURATION/net10.0.</summary>
    private static string Configuration => Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;

    private static void Dotnet(string folder, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(" ", arguments)}: {output}{error.Result}");
    }
}
