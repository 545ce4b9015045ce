using System.Runtime.InteropServices;
using Iced.Intel;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// Functions of x86-64 for Linux, assembled when they are first needed: for instructions of which .NET has no intrinsic. A page of memory is written first and may be run after that,
/// never both at once.
/// </summary>
internal static unsafe partial class MachineCode
{
    private const int Read = 1, Write = 2, Execute = 4, PrivateAnonymous = 0x22;

    /// <summary>Whether this system lets a process make code.</summary>
    public static bool Runs { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && Make(a => a.ret()) != 0;

    /// <summary>A function, for as long as the process lives.</summary>
    /// <param name="write">Writes it: rdi points to its arguments, and rbx, rbp, rsp and r12 to r15 have to be as before when it returns.</param>
    /// <exception cref="InsufficientMemoryException">Where there is no room for it.</exception>
    public static nint Of(Action<Assembler> write) => Make(write) is var code && code != 0 ? code : throw new InsufficientMemoryException("there is no room for machine code");

    private static nint Make(Action<Assembler> write)
    {
        var assembler = new Assembler(64);
        write(assembler);
        using var code = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(code), 0);
        var memory = Map(null, (nuint)code.Length, Read | Write, PrivateAnonymous, -1, 0);
        if (memory == (void*)-1)
        {
            return 0;
        }

        code.GetBuffer().AsSpan(0, (int)code.Length).CopyTo(new(memory, (int)code.Length));
        return Protect(memory, (nuint)code.Length, Read | Execute) == 0 ? (nint)memory : 0;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);
}
