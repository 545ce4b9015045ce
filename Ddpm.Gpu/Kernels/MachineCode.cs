using System.Runtime.InteropServices;
using Iced.Intel;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// Functions of x86-64 machine code for Linux, assembled on first use, for instructions without a .NET intrinsic. A page of memory is first writable, then
/// executable, never both at the same time.
/// </summary>
internal static unsafe partial class MachineCode
{
    private const int Read = 1, Write = 2, Execute = 4, PrivateAnonymous = 0x22;

    /// <summary>Whether this system lets a process create machine code.</summary>
    public static bool Runs { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && Make(a => a.ret()) != 0;

    /// <summary>Creates a function. It lives as long as the process.</summary>
    /// <param name="write">Writes the function. rdi points to its arguments. It must restore rbx, rbp, rsp and r12 to r15 before it returns.</param>
    /// <exception cref="InsufficientMemoryException">No memory for the code.</exception>
    public static nint Of(Action<Assembler> write)
    {
        var code = Make(write);
        return code != 0 ? code : throw new InsufficientMemoryException("there is no room for machine code");
    }

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
