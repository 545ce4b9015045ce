
namespace Ddpm.Host.Faults;

/// <summary>Why a file cannot be read or written, in words.</summary>
internal static class FileFault
{
    /// <summary>The code of the error that a file cannot be replaced, because another program has it open.</summary>
    public const int Held = 1;

    /// <summary>
    /// Whether replacing a file failed because another program has it open, as Windows reports it: ERROR_SHARING_VIOLATION, or for a rename
    /// ERROR_ACCESS_DENIED, which .NET throws as <see cref="UnauthorizedAccessException"/>. Other systems replace an open file.
    /// </summary>
    public static bool IsHeld(Exception e) => e is UnauthorizedAccessException || e.HResult == unchecked((int)0x80070020);

    /// <summary>Whether an exception comes from the file system.</summary>
    public static bool IsOne(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>The message on one line without a full stop, with a remedy if there is one.</summary>
    public static string Reason(Exception e) =>
        IsDiskFull(e) ? "the disk is full or your quota is used up; free some space or choose another place"
        : IsTooManyFiles(e) ? "too many files are open; raise the limit (ulimit -n)"
        : e is FileNotFoundException ? "there is no such file"
        : e.Message.ReplaceLineEndings(" ").TrimEnd('.');

    /// <summary>ENOSPC and EDQUOT on Linux and macOS, ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL on Windows.</summary>
    public static bool IsDiskFull(Exception e) => e is IOException && (
        OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 39 or 112
        : OperatingSystem.IsMacOS() ? e.HResult is 28 or 69
        : e.HResult is 28 or 122);

    /// <summary>ENFILE and EMFILE; Windows has no such limit.</summary>
    private static bool IsTooManyFiles(Exception e) => e is IOException && !OperatingSystem.IsWindows() && e.HResult is 23 or 24;
}
