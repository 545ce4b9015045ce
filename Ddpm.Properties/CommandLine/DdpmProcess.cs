using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>The program as a user runs it: in another process, in a folder of its own, with a cache of its own.</summary>
public sealed partial class DdpmProcess : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-").FullName;

    /// <summary>What a finished process wrote, and how it ended.</summary>
    /// <param name="Command">The command line that it was given.</param>
    /// <param name="ExitCode">How it ended.</param>
    /// <param name="Output">All of its output stream.</param>
    /// <param name="Error">All of its error stream; lines end in \n on every system.</param>
    public sealed record Outcome(string Command, int ExitCode, string Output, string Error)
    {
        /// <summary>This, which has to be a success.</summary>
        public Outcome Done() => Ended(0);

        /// <summary>This, which has to have that exit code.</summary>
        public Outcome Ended(int exitCode)
        {
            Assert.True(ExitCode == exitCode, $"{Command}\nended with exit code {ExitCode}: {Error}{Output}");
            return this;
        }

        /// <summary>This, which has to be a refusal that says all of these: in lines for a user, none of a stack trace or of a defect of the program.</summary>
        public Outcome Refused(int exitCode, params string[] says)
        {
            Assert.All(says, text => Assert.Contains(text, Error, StringComparison.Ordinal));
            Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
            Assert.DoesNotContain("defect", Error, StringComparison.Ordinal);
            return Ended(exitCode);
        }
    }

    /// <summary>The folder it runs in.</summary>
    public string Folder => Directory.CreateDirectory(System.IO.Path.Combine(_root, "work")).FullName;

    /// <summary>A path in its cache.</summary>
    public string CachePath(params string[] names) => System.IO.Path.Combine([_root, "cache", .. names]);

    /// <summary>Environment variables that it has besides ours.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>The program.</summary>
    public string Program { get; set; } = Tested;

    private static string Tested { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "Ddpm.Host.dll");

    /// <summary>A path in that folder.</summary>
    public string Path(params string[] names) => System.IO.Path.Combine([Folder, .. names]);

    /// <summary>A training run small enough for a test, three steps an epoch over some of the fixture's images; the epochs are the caller's.</summary>
    public static string[] SmallTraining(params string[] more)
    {
        string[] steps = more.Contains("--steps") ? [] : ["--steps", "12"];
        string[] preset = more.Contains("--preset") ? [] : ["--preset", "standard"];
        return ["train", "--data", Fixtures.FashionMnist, "--limit", "48", "--batch-size", "16", "--threads", "1", .. preset, .. steps, .. more];
    }

    /// <summary>Runs a command line to its end.</summary>
    public Outcome Run(params string[] arguments)
    {
        if (!OperatingSystem.IsLinux() || Environment.Count > 0 || Program != Tested)
        {
            return Run((_, _) => { }, arguments);
        }

        var (exitCode, output, error) = WarmProgram.Run(Program, arguments, Folder, CachePath());
        return new(string.Join(' ', arguments), exitCode, output, error);
    }

    /// <summary>Runs a command line to its end, and passes on each line of its error stream as it comes.</summary>
    public Outcome Run(Action<Process, string> onLine, params string[] arguments) => Run(_ => { }, onLine, arguments);

    /// <summary>Runs a command line to its end, while a thread of its own does something to its process.</summary>
    public Outcome Run(Action<Process> meanwhile, params string[] arguments) => Run(meanwhile, (_, _) => { }, arguments);

    /// <summary>Runs a command line that has to succeed.</summary>
    public Outcome Done(params string[] arguments) => Run(arguments).Done();

    /// <summary>Runs a command line that has to be refused.</summary>
    public Outcome Refused(int exitCode, string[] says, params string[] arguments) => Run(arguments).Refused(exitCode, says);

    /// <summary>Runs another program to its end, in the same folder and environment.</summary>
    public Outcome RunProgram(string program, params string[] arguments) => Start(_ => { }, (_, _) => { }, program, arguments);

    /// <summary>The same, while a thread of its own does something to its process.</summary>
    public Outcome RunProgram(Action<Process> meanwhile, string program, params string[] arguments) => Start(meanwhile, (_, _) => { }, program, arguments);

    /// <summary>Sends the signal that Ctrl-C sends.</summary>
    public static void Interrupt(Process process) => Signal(process, 2);

    /// <summary>Sends a signal, by its number.</summary>
    public static void Signal(Process process, int number) => Signal(process.Id, number);

    /// <summary>Sends a signal to a process, by its number.</summary>
    public static void Signal(int process, int number) => Assert.Equal(0, Kill(process, number));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>Runs a shell script, in which "$ddpm" with arguments is the program, with the root's rights over file systems that only it sees.</summary>
    public Outcome RunScript(string script) => RunProgram("unshare", "-rm", "sh", "-ec", $"ddpm='dotnet {Program}'\n{script}");

    /// <summary>Tests that a shell or nohup runs in the background are told to ignore Ctrl-C or a closed terminal, and so would be what they start.</summary>
    private Outcome Run(Action<Process> meanwhile, Action<Process, string> onLine, string[] arguments) => OperatingSystem.IsLinux()
        ? Start(meanwhile, onLine, "env", ["--default-signal=INT,HUP", "dotnet", Program, .. arguments])
        : Start(meanwhile, onLine, "dotnet", [Program, .. arguments]);

    private Outcome Start(Action<Process> meanwhile, Action<Process, string> onLine, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["XDG_CACHE_HOME"] = CachePath();
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var beside = Task.Factory.StartNew(() => meanwhile(process), default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = new System.Text.StringBuilder();
        while (process.StandardError.ReadLine() is { } line)
        {
            error.Append(line).Append('\n');
            onLine(process, line);
        }

        process.WaitForExit();
        beside.GetAwaiter().GetResult(); // before the process is disposed of
        return new(string.Join(' ', [program, .. arguments]), process.ExitCode, output.GetAwaiter().GetResult(), error.ToString());
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
