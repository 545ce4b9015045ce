using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>The program as a user runs it: a process of its own, in a folder of its own, with a cache of its own.</summary>
public sealed partial class DdpmProcess : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-").FullName;

    /// <summary>What a finished process said.</summary>
    public sealed record Outcome(int ExitCode, string Output, string Error);

    /// <summary>The folder it runs in.</summary>
    public string Folder => Directory.CreateDirectory(System.IO.Path.Combine(_root, "work")).FullName;

    /// <summary>A path in its cache.</summary>
    public string CachePath(params string[] names) => System.IO.Path.Combine([_root, "cache", .. names]);

    /// <summary>What its environment says beside what ours says.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>The program.</summary>
    public string Program { get; set; } = System.IO.Path.Combine(AppContext.BaseDirectory, "Ddpm.Host.dll");

    /// <summary>A path in that folder.</summary>
    public string Path(params string[] names) => System.IO.Path.Combine([Folder, .. names]);

    /// <summary>A training run small enough for a test, three steps an epoch over some of the fixture's images; the epochs are the caller's.</summary>
    public static string[] SmallTraining(params string[] more) =>
        ["train", "--data", Fixtures.FashionMnist, "--limit", "48", "--batch-size", "16", "--steps", "12", "--threads", "1", .. more];

    /// <summary>Runs a command line to its end.</summary>
    public Outcome Run(params string[] arguments) => Run(_ => { }, arguments);

    /// <summary>Runs a command line to its end, and tells each line about its work as it comes.</summary>
    public Outcome Run(Action<Process, string> told, params string[] arguments)
    {
        Process? running = null;
        return Run(started => running = started, arguments, line => told(running!, line));
    }

    /// <summary>Runs a command line to its end, whatever is done to its process meanwhile.</summary>
    public Outcome Run(Action<Process> began, params string[] arguments) => Run(began, arguments, null);

    /// <summary>Sends the signal that Ctrl-C sends.</summary>
    public static void Interrupt(Process process) => Assert.Equal(0, Kill(process.Id, 2));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>Runs a shell script, in which "$ddpm" with arguments is the program, with the root's rights over file systems that only it sees.</summary>
    public Outcome RunScript(string script) => Start(_ => { }, null, "unshare", "-rm", "sh", "-ec", $"ddpm='dotnet {Program}'\n{script}");

    /// <summary>Tests that a shell runs in the background are told to ignore Ctrl-C, and so would be what they start.</summary>
    private Outcome Run(Action<Process> began, string[] arguments, Action<string>? told = null) => OperatingSystem.IsLinux()
        ? Start(began, told, "env", ["--default-signal=INT", "dotnet", Program, .. arguments])
        : Start(began, told, "dotnet", [Program, .. arguments]);

    private Outcome Start(Action<Process> began, Action<string>? told, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["XDG_CACHE_HOME"] = CachePath();
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        began(process);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = new System.Text.StringBuilder();
        while (process.StandardError.ReadLine() is { } line)
        {
            error.AppendLine(line);
            told?.Invoke(line);
        }

        process.WaitForExit();
        return new(process.ExitCode, output.GetAwaiter().GetResult(), error.ToString());
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
