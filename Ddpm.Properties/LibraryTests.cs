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

    /// <summary>The README's programs, with a small data set and fewer steps: packed, restored from a folder, compiled and run.</summary>
    [Fact]
    public void The_programs_of_the_README_run_on_the_packages()
    {
        foreach (var project in (string[])["Ddpm.Pure", "Ddpm.Gpu"])
        {
            var packages = Path.Combine(_root, "packages");
            DotnetCommand.Run(
                Fixtures.Repository, "pack", "-c", DotnetCommand.Configuration, "--no-build", $"-p:Version={_version}", project, "-o", packages, "-v", "quiet");
        }

        var (sampling, training) = (Programs("README.md")[0], Programs("README.md")[1]);
        Assert.InRange(sampling.Split('\n').Count(line => line.Length > 0 && !line.StartsWith("using", StringComparison.Ordinal)), 3, 10);
        var model = Regex.Match(sampling, "    from model .*\n").Value;
        Run(sampling);
        Run(sampling.Replace(model, training, StringComparison.Ordinal).Replace(
            "new()", "new() { Limit = 32, BatchSize = 16, Epochs = 1, Steps = 20 }", StringComparison.Ordinal));
    }

    [Fact]
    public void The_package_page_of_Ddpm_Gpu_shows_the_programs_of_the_README() => Assert.Equal(Programs("README.md"), Programs("Ddpm.Gpu", "PACKAGE.md"));

    /// <summary>Runs a program on the packages with four samples, which make a picture of two by two.</summary>
    private void Run(string program)
    {
        var app = Directory.CreateDirectory(Path.Combine(_root, "app")).FullName;
        File.WriteAllText(Path.Combine(app, "Program.cs"), program.Replace("Sample(100,", "Sample(4,", StringComparison.Ordinal));
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
        File.Delete(Path.Combine(app, "samples.pgm"));
        DotnetCommand.Run(app, "run", "-v", "quiet");
        var picture = File.ReadAllBytes(Path.Combine(app, "samples.pgm"));
        const int side = 58; // two images of 28 pixels and their gaps
        var header = System.Text.Encoding.ASCII.GetBytes(FormattableString.Invariant($"P5\n{side} {side}\n255\n"));
        Assert.Equal(header, picture[..header.Length]);
        Assert.Equal(header.Length + (side * side), picture.Length);
    }

    /// <summary>The C# programs in a file of the repository.</summary>
    private static string[] Programs(params string[] file) =>
        [.. Regex.Matches(File.ReadAllText(Path.Combine([Fixtures.Repository, .. file])), "```csharp\n(.*?)```", RegexOptions.Singleline)
            .Select(match => match.Groups[1].Value)];
}
