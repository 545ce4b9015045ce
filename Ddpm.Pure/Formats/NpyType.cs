using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>An element type of a <c>.npy</c> array. All types are little-endian. Only the values below exist.</summary>
public sealed record NpyType
{
    private NpyType(string descr, int itemBytes) => (Descr, ItemBytes) = (descr, itemBytes);

    /// <summary>Unsigned 8-bit integers.</summary>
    public static NpyType U1 { get; } = new("|u1", 1);

    /// <summary>Signed 32-bit integers.</summary>
    public static NpyType I4 { get; } = new("<i4", 4);

    /// <summary>Unsigned 32-bit integers.</summary>
    public static NpyType U4 { get; } = new("<u4", 4);

    /// <summary>Signed 64-bit integers.</summary>
    public static NpyType I8 { get; } = new("<i8", 8);

    /// <summary>IEEE 754 binary32.</summary>
    public static NpyType F4 { get; } = new("<f4", 4);

    /// <summary>IEEE 754 binary64.</summary>
    public static NpyType F8 { get; } = new("<f8", 8);

    /// <summary>All element types.</summary>
    public static Arr<NpyType> All { get; } = Array(U1, I4, U4, I8, F4, F8);

    /// <summary>NumPy's name of the type in the file: byte order, kind, bytes.</summary>
    public string Descr { get; }

    /// <summary>Bytes of one element.</summary>
    public int ItemBytes { get; }

    /// <inheritdoc/>
    public override string ToString() => Descr;
}
