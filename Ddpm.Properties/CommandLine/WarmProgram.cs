using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Ddpm.Host.Commands;
using Ddpm.Properties.CommandLine;

namespace Ddpm.Properties.CommandLine
{
    /// <summary>
    /// A process of the program that runs one command line after another. Most of what a short command costs is the runtime's start and the compilation of its
    /// code, which is paid once so. A command that is sent signals, or has an environment of its own, gets a process of its own: see <see cref="DdpmProcess"/>.
    /// </summary>
    internal sealed class WarmProgram : IDisposable
    {
        // What a process has kept of its commands is given back now and then.
        private const int MostOrders = 60;

        private static readonly ConcurrentBag<WarmProgram> Idle = [];

        private readonly Process _process;
        private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-warm-").FullName;
        private int _orders;

        private WarmProgram(string program)
        {
            var start = new ProcessStartInfo("dotnet", [program]) { RedirectStandardInput = true, RedirectStandardOutput = true };
            start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(WarmProgram).Assembly.Location;
            start.Environment[StartupHook.Variable] = "1";
            _process = Process.Start(start)!;
        }

        /// <summary>A command line.</summary>
        internal sealed record Order(string[] Arguments, string Folder, string Cache, string Output, string Error);

        /// <summary>Runs a command line to its end.</summary>
        public static (int ExitCode, string Output, string Error) Run(string program, string[] arguments, string folder, string cache)
        {
            var warm = Idle.TryTake(out var idle) ? idle : new(program);
            var outcome = warm.Run(new(arguments, folder, cache, Path.Combine(warm._folder, "output"), Path.Combine(warm._folder, "error")));
            if (outcome.ExitCode < 0 || ++warm._orders >= MostOrders)
            {
                warm.Dispose();
            }
            else
            {
                Idle.Add(warm);
            }

            return outcome;
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        private (int ExitCode, string Output, string Error) Run(Order order)
        {
            _process.StandardInput.WriteLine(JsonSerializer.Serialize(order));
            _process.StandardInput.Flush();
            var reply = _process.StandardOutput.ReadLine();
            return (reply is null ? -1 : int.Parse(reply, System.Globalization.CultureInfo.InvariantCulture), Text(order.Output), Text(order.Error));
        }

        private static string Text(string path) => File.Exists(path) ? File.ReadAllText(path) : "";
    }
}

/// <summary>What the runtime calls before the program's own start, where it is told to.</summary>
[SuppressMessage("Design", "CA1050", Justification = "The runtime looks for this name outside of any namespace.")]
internal static partial class StartupHook
{
    public const string Variable = "DDPM_WARM_PROGRAM";

    private const int Write = 1, Create = 64, Truncate = 512;

    /// <summary>Serves orders until there are no more.</summary>
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            return;
        }

        Environment.SetEnvironmentVariable(Variable, null); // nor do programs that this one starts serve anybody
        Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", null);
        using var replies = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        while (Console.In.ReadLine() is { } line)
        {
            replies.WriteLine(Obey(JsonSerializer.Deserialize<WarmProgram.Order>(line)!));
        }

        Environment.Exit(0);
    }

    private static int Obey(WarmProgram.Order order)
    {
        Directory.SetCurrentDirectory(order.Folder);
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", order.Cache);
        Redirect(order.Output, 1);
        Redirect(order.Error, 2);
        Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true });
        Console.SetError(new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false)) { AutoFlush = true });
        return Entrance.Run(order.Arguments);
    }

    private static void Redirect(string path, int descriptor)
    {
        var file = Open(path, Write | Create | Truncate, 0x1a4);
        if (file < 0 || Duplicate(file, descriptor) < 0 || Close(file) < 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int from, int to);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
