using System.Diagnostics;
using System.Runtime.InteropServices;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Gpu.Ranks;

/// <summary>
/// Messages by MPI: the few functions that <see cref="RankGroup"/> needs, of a library that is found at run time. Collective operations of MPI are not used,
/// because the library decides in which order they add.
/// </summary>
internal sealed unsafe class MpiMessages : IRankMessages
{
    // Libraries send this much at once, whether or not the other rank waits for it. A longer message needs both ranks to look after it.
    private const int LargestAtOnce = 1 << 11;
    private const int Contents = 1, Announcement = 2; // tags
    private const int StatusBytes = 64; // no library's status is longer
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2);

    private readonly nint _library, _world, _byte;
    private readonly delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> _send, _receive;
    private readonly delegate* unmanaged<nint*, int*, void*, int> _test;
    private readonly delegate* unmanaged<int, int, nint, int*, void*, int> _probe;

    private MpiMessages(nint library, string file, MpiInterface kind)
    {
        (_library, File, Interface) = (library, file, kind);
        (_world, _byte) = kind switch
        {
            MpiInterface.OpenMpi => (Function("ompi_mpi_comm_world"), Function("ompi_mpi_byte")),
            MpiInterface.Mpich => (0x44000000, 0x4c00010d),
            MpiInterface.Standard => ((nint)0x101, (nint)0x247), // MPI 5.0, annex A.1.1; mpi.h of github.com/mpi-forum/mpi-abi-stubs
            _ => throw new UnreachableException(),
        };
        _send = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Function("MPI_Isend");
        _receive = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Function("MPI_Irecv");
        _test = (delegate* unmanaged<nint*, int*, void*, int>)Function("MPI_Test");
        _probe = (delegate* unmanaged<int, int, nint, int*, void*, int>)Function("MPI_Iprobe");
    }

    /// <inheritdoc/>
    public int Rank { get; private set; }

    /// <inheritdoc/>
    public int Size { get; private set; }

    /// <summary>The library's file.</summary>
    public string File { get; }

    /// <summary>How it is called.</summary>
    public MpiInterface Interface { get; }

    /// <summary>Loads the first library of a launcher that is here, and joins the other ranks.</summary>
    public static Fin<MpiMessages> Join(Launcher launcher)
    {
        foreach (var library in launcher.Libraries)
        {
            if (library.Load().Case is (nint handle, string file))
            {
                return MpiLibrary.InterfaceOf(handle, file).Bind(kind => new MpiMessages(handle, file, kind).Begin());
            }
        }

        var files = string.Join(", ", launcher.Libraries.Bind(library => library.Files));
        return Error.New($"{launcher.Name} started this process as one of several, but none of its libraries is here ({files}): {MpiLibrary.Remedy}, or name a "
            + $"library with {Launcher.LibraryVariable}");
    }

    /// <summary>The version that a library says of itself, in one line. It may be asked before joining.</summary>
    public static string Version(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "MPI_Get_library_version", out var function))
        {
            return "an unknown version";
        }

        Span<byte> text = stackalloc byte[16384]; // the longest, of MPICH, has 8192
        int length;
        fixed (byte* first = text)
        {
            ((delegate* unmanaged<byte*, int*, int>)function)(first, &length);
        }

        return System.Text.Encoding.UTF8.GetString(text[..Math.Clamp(length, 0, text.Length)]).TrimEnd('\0').Split('\n')[0].Replace('\t', ' ').Trim();
    }

    /// <summary>Sends bytes. If they are many, both ranks first tell each other that they are there: until then they may sleep.</summary>
    public void Send(int to, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > LargestAtOnce)
        {
            Move(_send, "MPI_Isend", to, default, Announcement);
            Await(to, Announcement);
            Move(_receive, "MPI_Irecv", to, default, Announcement);
        }

        Move(_send, "MPI_Isend", to, bytes, Contents);
    }

    /// <inheritdoc/>
    public void Receive(int from, Span<byte> bytes)
    {
        if (bytes.Length > LargestAtOnce)
        {
            Await(from, Announcement);
            Move(_receive, "MPI_Irecv", from, default, Announcement);
            Move(_send, "MPI_Isend", from, default, Announcement);
        }
        else
        {
            Await(from, Contents);
        }

        Move(_receive, "MPI_Irecv", from, bytes, Contents);
    }

    /// <inheritdoc/>
    public void Abort(int code) => ((delegate* unmanaged<nint, int, int>)Function("MPI_Abort"))(_world, code);

    /// <inheritdoc/>
    public void Dispose() => ((delegate* unmanaged<int>)Function("MPI_Finalize"))();

    private Fin<MpiMessages> Begin()
    {
        // MPI_THREAD_SERIALIZED: the exchange of a step has a thread of its own. The standard interface numbers the levels 0, 1024, 2048 and 4096 (mpi.h of
        // github.com/mpi-forum/mpi-abi-stubs), the others 0 to 3.
        var (wanted, given) = (Interface == MpiInterface.Standard ? 2048 : 2, 0);
        Check(((delegate* unmanaged<void*, void*, int, int*, int>)Function("MPI_Init_thread"))(null, null, wanted, &given), "MPI_Init_thread");
        if (given < wanted)
        {
            return Error.New($"{File} lets only one thread send messages (MPI_THREAD_SERIALIZED is missing): {MpiLibrary.Remedy}");
        }

        int rank, size;
        Check(((delegate* unmanaged<nint, int*, int>)Function("MPI_Comm_rank"))(_world, &rank), "MPI_Comm_rank");
        Check(((delegate* unmanaged<nint, int*, int>)Function("MPI_Comm_size"))(_world, &size), "MPI_Comm_size");
        (Rank, Size) = (rank, size);
        return this;
    }

    /// <summary>
    /// Sends or receives bytes whose partner is there. Libraries copy long messages in pieces, a few at each look, so this does not sleep between two looks.
    /// </summary>
    private void Move(
        delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> function, string name, int partner, ReadOnlySpan<byte> bytes, int tag)
    {
        var status = stackalloc byte[StatusBytes];
        fixed (byte* start = bytes)
        {
            foreach (var (first, count) in MessageParts.Of(bytes.Length))
            {
                var (request, done) = ((nint)0, 0);
                Check(function(start + first, count, _byte, partner, tag, _world, &request), name);
                for (Check(_test(&request, &done, status), "MPI_Test"); done == 0; Check(_test(&request, &done, status), "MPI_Test"))
                {
                    Thread.Yield();
                }
            }
        }
    }

    /// <summary>
    /// Waits until a message is there. The functions of MPI that wait keep a core busy, which other threads of this process, or other ranks, may need.
    /// So this gives the core away between two looks, and sleeps if it takes long.
    /// </summary>
    private void Await(int from, int tag)
    {
        var status = stackalloc byte[StatusBytes];
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var here = 0;
            Check(_probe(from, tag, _world, &here, status), "MPI_Iprobe");
            if (here != 0)
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(began) < Patience)
            {
                Thread.Yield();
            }
            else
            {
                Thread.Sleep(1);
            }
        }
    }

    private nint Function(string name) => NativeLibrary.GetExport(_library, name);

    /// <summary>MPI ends all ranks itself at an error. This is for libraries that do not.</summary>
    private static void Check(int code, string function)
    {
        if (code != 0)
        {
            throw new IOException($"{function} failed with code {code}");
        }
    }
}
