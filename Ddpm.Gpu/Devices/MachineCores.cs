using System.Diagnostics;
using System.Numerics;

namespace Ddpm.Gpu.Devices;

/// <summary>The cores of this machine, and those that this process may use.</summary>
internal static class MachineCores
{
    private const int MaskBits = 64; // of Process.ProcessorAffinity

    /// <summary>The cores that this process may use: a launcher, or a limit of a container, may leave it some.</summary>
    public static int Allowed => Environment.ProcessorCount;

    /// <summary>The cores of the machine or container, if this process is bound to some of them; else as many as <see cref="Allowed"/>.</summary>
    public static int Online
    {
        get
        {
            const string Path = "/sys/devices/system/cpu/online"; // such as 0-7, or 0-3,8-11
            if (!OperatingSystem.IsLinux() || !File.Exists(Path))
            {
                return Allowed;
            }

            var online = File.ReadAllText(Path).Trim().Split(',').Sum(range =>
            {
                var ends = range.Split('-').Select(int.Parse).ToArray();
                return ends[^1] - ends[0] + 1;
            });
            using var process = Process.GetCurrentProcess();
            return online <= MaskBits && BitOperations.PopCount((ulong)process.ProcessorAffinity) < online ? online : Allowed;
        }
    }
}
