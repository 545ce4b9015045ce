using Ddpm.Host.Runs;
using Ddpm.Properties.CommandLine;
using Xunit;

namespace Ddpm.Properties.Attacks;

/// <summary>Streams that are closed, full or pipes, and signals: the program as a shell starts it.</summary>
public sealed class StreamAttacks : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    private DdpmProcess.Outcome Shell(string command, int exitCode = 0)
    {
        var outcome = _ddpm.RunProgram("bash", "-c", $"ddpm() {{ dotnet '{_ddpm.Program}' \"$@\"; }}; {command}").Ended(exitCode);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("defect", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", outcome.Error, StringComparison.Ordinal);
        return outcome;
    }

    private static string Training(string run) => $"ddpm {string.Join(' ', DdpmProcess.SmallTraining("--epochs", "1", "--sample-every", "0", "--run", run))}";

    [LinuxFact]
    public void Results_that_cannot_be_printed_are_a_failure_in_one_line()
    {
        foreach (var command in (string[])["ddpm --help >/dev/full", "ddpm runs >/dev/full", "ddpm --version >/dev/full", "ddpm runs >&-"])
        {
            Assert.Matches("^error: the results could not be printed: .+\n$", Shell(command, 1).Error);
        }
    }

    [LinuxFact]
    public void An_error_stream_that_takes_nothing_changes_no_exit_code()
    {
        foreach (var closed in (string[])["2>/dev/full", "2>&-"])
        {
            Assert.Contains("there are no runs", Shell($"ddpm runs {closed}").Output, StringComparison.Ordinal);
            Shell($"ddpm sample {closed}", 2);
            Shell($"ddpm nonsense {closed}", 2);
            Shell($"ddpm runs --config none {closed}", 1);
        }

        Shell("ddpm runs >&- 2>&-", 1);
        Shell("ddpm sample >/dev/full 2>/dev/full", 2);
    }

    /// <summary>The work is done in full, whatever becomes of what is printed of it.</summary>
    [LinuxFact]
    public void A_training_ends_well_without_an_error_stream_and_in_full_without_an_output_stream()
    {
        Shell($"{Training("a")} 2>/dev/full");
        Shell($"{Training("b")} >/dev/full", 1);
        foreach (var run in (string[])["a", "b"])
        {
            Assert.True(new RunFolder(_ddpm.Path("runs", run)).Receipt().Valid().Finished);
            Assert.True(File.Exists(_ddpm.Path("runs", run, "report.html")));
        }
    }

    [UnixFact]
    public void Whoever_reads_the_first_line_alone_harms_nothing() =>
        Shell("ddpm reference plan --sampler ddpm --sampling-steps 1000 | head -1; test ${PIPESTATUS[0]} = 0");

    [LinuxFact]
    public void Too_few_open_files_and_too_little_memory_are_named()
    {
        Assert.Contains("allow more open files (ulimit -n)", Shell("ulimit -n 64; ddpm runs", 1).Error, StringComparison.Ordinal);
        _ddpm.Environment["DOTNET_GCHeapHardLimit"] = "0x2000000";
        Assert.Contains("error: out of memory: ", Shell("ddpm bench --image-size 256 --batch-size 64 --window 0.01", 1).Error, StringComparison.Ordinal);
    }

    [UnixFact]
    public void Pipes_are_read_where_files_are()
    {
        Assert.Equal("[]\n", Shell("ddpm runs --config <(echo '{\"json\": true}')").Output);
        Assert.Equal("[]\n", Shell("echo '{\"json\": true}' | ddpm runs --config /dev/stdin").Output);
        Assert.Contains("cannot be imported", Shell("ddpm import <(echo nonsense) --run a", 1).Error, StringComparison.Ordinal);
        Assert.Contains("/dev/fd/", Shell("ddpm evaluate --images <(echo nonsense)", 1).Error, StringComparison.Ordinal);
        Assert.Contains("more than 1048576 bytes come out of it", Shell("ddpm runs --config <(yes)", 1).Error, StringComparison.Ordinal);
        Assert.Contains("it is a device, not a file", Shell("ddpm runs --config /dev/zero", 1).Error, StringComparison.Ordinal);
    }

    [UnixFact]
    public void A_file_is_exported_into_a_pipe_as_it_is_written_to_a_file()
    {
        Shell(Training("a"));
        UnixFiles.Pipe(_ddpm.Path("pipe"));
        Shell("ddpm export --run a --to file && cat pipe >piped & ddpm export --run a --to pipe; wait; cmp file piped && test -p pipe");
    }

    [UnixFact]
    public void A_word_that_begins_with_an_at_sign_is_a_word()
    {
        File.WriteAllText(_ddpm.Path("words"), "--json");
        Assert.Contains("@words", _ddpm.Run("runs", "@words").Ended(2).Error, StringComparison.Ordinal);
        Assert.Contains("no runs in @words", _ddpm.Done("runs", "--in", "@words").Output, StringComparison.Ordinal);
    }

    [UnixFact]
    public void A_config_may_have_a_byte_order_mark_comments_trailing_commas_and_the_home_folder()
    {
        const string config = "// where\n{ \"in\": \"~/x\", /* as\n text */ }";
        _ddpm.Environment["HOME"] = _ddpm.Folder;
        foreach (var encoding in (System.Text.Encoding[])[System.Text.Encoding.UTF8, System.Text.Encoding.Unicode, System.Text.Encoding.BigEndianUnicode])
        {
            File.WriteAllText(_ddpm.Path("config.json"), config, encoding);
            Assert.Contains($"no runs in {_ddpm.Path("x")}", _ddpm.Done("runs", "--config=~/config.json").Output, StringComparison.Ordinal);
        }
    }

    public static TheoryData<int> Signals { get; } = [1, 2, 15]; // SIGHUP, SIGINT, SIGTERM

    /// <summary>A pipe opens once both ends are: then the program waits for what comes out of it.</summary>
    [UnixTheory]
    [MemberData(nameof(Signals))]
    public void A_signal_ends_an_import_that_waits_for_its_file(int signal)
    {
        var pipe = UnixFiles.Pipe(_ddpm.Path("pipe"));
        FileStream? held = null;
        var outcome = _ddpm.Run(
            process =>
            {
                held = new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                DdpmProcess.Signal(process, signal);
            },
            "import", "pipe", "--run", "a");
        held!.Dispose();
        Assert.Equal("stopped\n", outcome.Ended(130).Error);
    }

    /// <summary>A closed terminal leaves the checkpoint that Ctrl-C leaves.</summary>
    [UnixFact]
    public void A_training_whose_terminal_is_closed_goes_on_later()
    {
        var signalled = false;
        _ddpm.Run(
            (process, line) =>
            {
                if (!signalled && line.Contains("training the", StringComparison.Ordinal))
                {
                    signalled = true;
                    DdpmProcess.Signal(process, 1);
                }
            },
            DdpmProcess.SmallTraining("--epochs", "4000", "--run", "a", "--sample-every", "0")).Ended(130);
        Assert.NotNull(new RunFolder(_ddpm.Path("runs", "a")).Receipt().Valid().Last);
        Assert.False(File.Exists(_ddpm.Path("runs", "a", "run.lock")));
    }
}
