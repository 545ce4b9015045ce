using System.Runtime.InteropServices;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Gpu.Devices;

/// <summary>
/// Loads the libtorch of an installed PyTorch, in place of the one that a build brings. libLibTorchSharp.so names the libraries that it needs. Once they are
/// loaded from any folder, the loader looks no further.
/// </summary>
internal static class InstalledLibtorch
{
    /// <summary>The environment variable that names the folder: PyTorch's torch/lib.</summary>
    public const string Variable = "DDPM_LIBTORCH";

    private const string Ours = "libLibTorchSharp.so";

    // Each needs those before it. A build for the CPU has none of CUDA's.
    private static readonly (string Name, bool Always)[] Libraries =
        [("libc10.so", true), ("libtorch_cpu.so", true), ("libc10_cuda.so", false), ("libtorch_cuda.so", false), ("libtorch.so", true)];

    /// <summary>Loads it where the variable asks for it, before anything else of libtorch is.</summary>
    /// <returns>Nothing; or why it cannot be done.</returns>
    public static Fin<Unit> Load() => Optional(Environment.GetEnvironmentVariable(Variable)).Filter(folder => folder.Length > 0).Match(
        folder => Load(folder, AppContext.BaseDirectory),
        () => unit);

    private static Fin<Unit> Load(string folder, string program)
    {
        Fin<Unit> Fault(string what) => Error.New($"{Variable} is {folder}, but {what}");
        if (!OperatingSystem.IsLinux())
        {
            return Fault("only on Linux is an installed libtorch taken");
        }

        if (File.Exists(Path.Combine(program, "libtorch_cpu.so")))
        {
            return Fault("this build brings a libtorch of its own: build with -p:Libtorch=none");
        }

        var missing = Libraries.Where(library => library.Always && !File.Exists(Path.Combine(folder, library.Name))).Select(library => library.Name).ToArray();
        if (missing.Length > 0)
        {
            return Fault($"{string.Join(", ", missing)} {(missing.Length == 1 ? "is" : "are")} not there: name the folder torch/lib of an installed PyTorch");
        }

        try
        {
            foreach (var path in Libraries.Select(library => Path.Combine(folder, library.Name)).Where(File.Exists).Append(Path.Combine(program, Ours)))
            {
                NativeLibrary.Load(path);
            }

            return unit;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return Fault($"it does not load, as where it is another version than TorchSharp's: {e.Message.Split('\n')[0].Trim()}");
        }
    }
}
