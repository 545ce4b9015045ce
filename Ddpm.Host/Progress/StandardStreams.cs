using System.Runtime.InteropServices;
using System.Text;

namespace Ddpm.Host.Progress;

/// <summary>
/// The output and the error stream, either of which may be closed, full or read by nobody. Writing to them never throws. What could not be printed is known
/// at the end.
/// </summary>
internal sealed partial class StandardStreams
{
    private const int GetFlags = 1, CloseOnExec = 1; // F_GETFD, FD_CLOEXEC

    private readonly LenientWriter _output;

    private StandardStreams(LenientWriter output) => _output = output;

    /// <summary>Why a part of the results could not be printed; null where all were.</summary>
    public string? OutputFault => _output.Fault;

    /// <summary>Makes <see cref="Console.Out"/> and <see cref="Console.Error"/> lenient.</summary>
    public static StandardStreams Open()
    {
        var output = LenientWriter.Of(1, () => Console.Out, Console.OpenStandardOutput);
        Console.SetOut(output);
        Console.SetError(LenientWriter.Of(2, () => Console.Error, Console.OpenStandardError));
        return new(output);
    }

    /// <summary>
    /// Where a stream was closed when the program started, the runtime may have given its number to a pipe or file of its own, which must not be written to.
    /// Such a number would not pass to another program; one that came from another program has passed already.
    /// </summary>
    private static bool IsClosed(int descriptor)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        var flags = Control(descriptor, GetFlags);
        return flags < 0 || (flags & CloseOnExec) != 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command);

    private sealed class LenientWriter(TextWriter inner) : TextWriter
    {
        public string? Fault { get; private set; }

        public override Encoding Encoding => inner.Encoding;

        public static LenientWriter Of(int descriptor, Func<TextWriter> open, Func<Stream> bare)
        {
            string? fault = null;
            try
            {
                if (!IsClosed(descriptor))
                {
                    bare().Write([]); // loads what writing needs, while files can be opened
                    return new(open());
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ExternalException)
            {
                fault = e.Message;
            }

            return new(new StreamWriter(new ClosedStream(fault ?? "it is closed")) { AutoFlush = true });
        }

        public override void Write(char value) => Try(() => inner.Write(value));

        public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

        public override void Write(string? value) => Try(() => inner.Write(value));

        public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

        public override void Flush() => Try(inner.Flush);

        /// <summary>After the first fault nothing more is tried: a part of a result is no result.</summary>
        private void Try(Action write)
        {
            if (Fault is not null)
            {
                return;
            }

            try
            {
                write();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ExternalException)
            {
                Fault = e.Message.TrimEnd('.');
            }
        }
    }

    /// <summary>Takes nothing.</summary>
    private sealed class ClosedStream(string why) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException(why);

        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException(why);
    }
}
