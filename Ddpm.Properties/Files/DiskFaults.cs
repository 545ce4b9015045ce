namespace Ddpm.Properties.Files;

/// <summary>How writing ends where it goes wrong.</summary>
internal static class DiskFaults
{
    /// <summary>The exception of .NET for a full disk: ENOSPC, or ERROR_DISK_FULL on Windows.</summary>
    public static IOException Full() => new("No space left on device", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);

    /// <summary>The process dies: no error of files, so that nothing in the program takes it for one.</summary>
    public sealed class DeathException : Exception;
}
