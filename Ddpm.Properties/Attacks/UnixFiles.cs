using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Ddpm.Properties.Attacks;

/// <summary>Names in folders that are no files, made as an attacker would make them.</summary>
internal static partial class UnixFiles
{
    private const int Everybody = 0b110_110_110, DeviceOfBytes = 0x2000, Nobody = 65534;

    /// <summary>Makes a pipe with a name.</summary>
    public static string Pipe(string path) => Made(path, MakePipe(path, Everybody));

    /// <summary>Gives a file a second name.</summary>
    public static string HardLink(string path, string file) => Made(path, MakeLink(file, path));

    /// <summary>Makes a device that does what Linux's device of that number in /dev does; nothing where that is not permitted.</summary>
    public static string? Device(string path, int number) =>
        MakeNode(path, DeviceOfBytes | Everybody, (1UL << 8) | (uint)number) == 0 && Opens(path) ? path : null;

    /// <summary>Does something without the rights of root. They are this thread's alone.</summary>
    [SupportedOSPlatform("linux")]
    public static T AsNobody<T>(Func<T> act)
    {
        var me = SetFileUser(Nobody);
        try
        {
            return act();
        }
        finally
        {
            _ = SetFileUser(me);
        }
    }

    private static string Made(string path, int answer) =>
        answer == 0 ? path : throw new IOException($"{path} cannot be made: {Marshal.GetLastPInvokeErrorMessage()}");

    private static bool Opens(string path)
    {
        try
        {
            using var device = File.OpenWrite(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // devices are not served on this file system
        }
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, int mode);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeLink(string file, string path);

    [LibraryImport("libc", EntryPoint = "mknod", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeNode(string path, int mode, ulong device);

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileUser(int user);
}
