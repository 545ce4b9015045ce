using System.Runtime.InteropServices;
using Iced.Intel;

namespace Ddpm.Gpu.Kernels;

/// <summary>Functions of x86-64 for Linux, assembled when they are first needed.</summary>
internal static unsafe partial class MachineCode
{
    private const int Read = 1, Write = 2, Execute = 4, PrivateAnonymous = 0x22;

    /// <summary>Whether this system lets a process make code.</summary>
    public static bool Runs { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && Of(a => a.ret()) is not null;

    /// <summary>A function, for as long as the process lives; null where the system does not allow it.</summary>
    /// <param name="write">Writes it: rdi points to its arguments, and rbx, rbp, rsp and r12 to r15 have to be as before when it returns.</param>
    public static void* Of(Action<Assembler> write)
    {
        var assembler = new Assembler(64);
        write(assembler);
        using var code = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(code), 0);
        var memory = Map(null, (nuint)code.Length, Read | Write, PrivateAnonymous, -1, 0);
        if (memory == (void*)-1)
        {
            return null;
        }

        code.GetBuffer().AsSpan(0, (int)code.Length).CopyTo(new(memory, (int)code.Length));
        return Protect(memory, (nuint)code.Length, Read | Execute) == 0 ? memory : null;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);
}
