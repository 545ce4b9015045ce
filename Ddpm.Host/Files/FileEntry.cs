using System.Runtime.InteropServices;

namespace Ddpm.Host.Files;

/// <summary>What a name in a folder stands for.</summary>
internal enum FileKind
{
    /// <summary>Nothing, as far as can be seen.</summary>
    Nothing,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>A pipe.</summary>
    Pipe,

    /// <summary>A device that is read and written byte by byte, such as a terminal or /dev/null.</summary>
    Device,

    /// <summary>A disk, or another device of blocks.</summary>
    Disk,

    /// <summary>A socket.</summary>
    Socket,
}

/// <summary>What lies at a path. Nothing is opened, so that no pipe is waited for and no device is touched.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Names">How many names it has: a file with hard links has several.</param>
internal readonly partial record struct FileEntry(FileKind Kind, int Names)
{
    private const int Following = 0, NotFollowing = 0x100; // AT_SYMLINK_NOFOLLOW
    private const int FromHere = -100; // AT_FDCWD
    private const uint KindAndNames = 0x1 | 0x4; // STATX_TYPE, STATX_NLINK
    private const int LargestStatus = 256;

    /// <summary>What it is, in words.</summary>
    public string Words => Kind switch
    {
        FileKind.Nothing => "nothing",
        FileKind.File => Names > 1 ? "a file with several names (a hard link)" : "a file",
        FileKind.Folder => "a folder",
        FileKind.Link => "a link",
        FileKind.Pipe => "a pipe",
        FileKind.Device => "a device",
        FileKind.Disk => "a disk",
        _ => "a socket",
    };

    /// <summary>What a path leads to, through links.</summary>
    public static FileEntry Behind(string path) => Of(path, Following);

    /// <summary>What a path itself names: a link is a link.</summary>
    public static FileEntry Named(string path) => Of(path, NotFollowing);

    private static FileEntry Of(string path, int flags)
    {
        if (path.Length == 0 || path.Contains('\0'))
        {
            return default;
        }

        if (OperatingSystem.IsWindows())
        {
            return new(flags == NotFollowing && new FileInfo(path).LinkTarget is not null ? FileKind.Link
                : Directory.Exists(path) ? FileKind.Folder : File.Exists(path) ? FileKind.File : FileKind.Nothing, 1);
        }

        Span<byte> status = stackalloc byte[LargestStatus];
        ref var first = ref MemoryMarshal.GetReference(status);
        if (OperatingSystem.IsLinux())
        {
            return Statx(FromHere, path, flags, KindAndNames, ref first) < 0
                ? default
                : new(OfMode(MemoryMarshal.Read<ushort>(status[28..])), MemoryMarshal.Read<int>(status[16..]));
        }

        return (flags == NotFollowing ? StatLink(path, ref first) : Stat(path, ref first)) < 0
            ? default
            : new(OfMode(MemoryMarshal.Read<ushort>(status[4..])), MemoryMarshal.Read<ushort>(status[6..]));
    }

    /// <summary>The kind in a file's mode (inode(7)).</summary>
    private static FileKind OfMode(int mode) => (mode & 0xF000) switch
    {
        0x1000 => FileKind.Pipe,
        0x2000 => FileKind.Device,
        0x4000 => FileKind.Folder,
        0x6000 => FileKind.Disk,
        0x8000 => FileKind.File,
        0xA000 => FileKind.Link,
        _ => FileKind.Socket,
    };

    // Linux has one layout of struct statx for all processors; macOS on Arm has mode and number of names behind the device.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte status);

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, ref byte status);

    [LibraryImport("libc", EntryPoint = "lstat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatLink(string path, ref byte status);
}
