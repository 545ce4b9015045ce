using System.Text.RegularExpressions;
using Ddpm.Host.Pictures;
using Ddpm.Properties.Data;
using Ddpm.Pure.Images;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>What the guides say to type.</summary>
public sealed partial class GuideTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    /// <summary>
    /// Runs every command of the guides in one folder, in the order of the guides. The folder has what the guides take for granted: another machine's weights,
    /// a folder of flowers, a folder like CIFAR-10's and a port's files. Training is shortened.
    /// </summary>
    [Fact]
    public void Every_command_of_the_guides_does_what_it_says()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "elsewhere"));
        _ddpm.Done("export", "--run", "elsewhere", "--to", "model.pt");
        ReferenceExport.CopyTo(_ddpm.Path("port"));
        foreach (var (kind, grey) in new[] { ("daisy", (byte)200), ("rose", (byte)90) })
        {
            Directory.CreateDirectory(_ddpm.Path("flowers", kind));
            File.WriteAllBytes(_ddpm.Path("flowers", kind, "1.png"), Png.Encode(BitmapFont.Draw(kind, scale: 4, ink: grey)));
        }

        Directory.CreateDirectory(_ddpm.Path("cifar-10-batches-py"));
        foreach (var file in (string[])["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"])
        {
            var image = Enumerable.Range(0, DataFiles.CifarImage).Select(i => (byte)i).ToArray();
            File.WriteAllBytes(
                _ddpm.Path("cifar-10-batches-py", file), DataFiles.CifarPickle(DataFiles.PickleWay.Python2, "labels", [(3, image), (5, image)]));
        }

        var commands = ((string[])["README.md", "Ddpm.Host/README.md", "Ddpm.Pure/README.md"])
            .SelectMany(guide => Command().Matches(File.ReadAllText(Path.Combine(Fixtures.Repository, guide))))
            .Select(match => match.Groups[1].Value).ToArray();
        Assert.InRange(commands.Length, 20, 100);
        foreach (var command in commands)
        {
            var arguments = Word().Matches(command).Select(word => word.Value).ToArray();
            bool Says(string option) => arguments.Contains(option);
            string[] data = arguments[0] is "train" or "evaluate" or "sample" && !Says("--data") ? ["--data", Fixtures.FashionMnist] : [];
            string[] small = arguments[0] switch
            {
                "train" when Says("--from-weights") => ["--limit", "16", "--batch-size", "16", "--sample-every", "0"],
                "train" when !Says("--from") && !Says("--resume") =>
                    ["--limit", "16", "--batch-size", "16", "--steps", "12", "--epochs", "1", "--sample-every", "0"],
                "evaluate" => ["--count", "8", "--bound-images", "0"],
                "distil" => ["--images", "32"],
                "train-plan" => ["--images", "16", "--tries", "4"],
                _ => [],
            };
            _ddpm.Done([.. arguments, .. data, .. small]);
        }
    }

    /// <summary>An indented line that calls the program, up to what is said of it behind two blanks.</summary>
    [GeneratedRegex(
        "^    (?:\\$ )?"
        + "(?:dotnet run -c Release(?: -p:\\S+)? --project Ddpm\\.Host -- |ddpm |(?=(?:train|sample|evaluate|report|import|export) (?!DDPM_)))"
        + "(.+?)(?:  .*|\\s*)$",
        RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex("\\S+")]
    private static partial Regex Word();
}
