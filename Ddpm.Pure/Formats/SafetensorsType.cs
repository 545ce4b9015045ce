using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>An element type of a safetensors file. All types are little-endian. Only the values below exist.</summary>
public sealed record SafetensorsType
{
    private SafetensorsType(string name, int itemBytes) => (Name, ItemBytes) = (name, itemBytes);

    /// <summary>Booleans, one byte each: 0 or 1.</summary>
    public static SafetensorsType Bool { get; } = new("BOOL", 1);

    /// <summary>Unsigned 8-bit integers.</summary>
    public static SafetensorsType U8 { get; } = new("U8", 1);

    /// <summary>Signed 8-bit integers.</summary>
    public static SafetensorsType I8 { get; } = new("I8", 1);

    /// <summary>8-bit floating point numbers with five bits of exponent and two of fraction.</summary>
    public static SafetensorsType F8E5M2 { get; } = new("F8_E5M2", 1);

    /// <summary>8-bit floating point numbers with four bits of exponent and three of fraction.</summary>
    public static SafetensorsType F8E4M3 { get; } = new("F8_E4M3", 1);

    /// <summary>Signed 16-bit integers.</summary>
    public static SafetensorsType I16 { get; } = new("I16", 2);

    /// <summary>Unsigned 16-bit integers.</summary>
    public static SafetensorsType U16 { get; } = new("U16", 2);

    /// <summary>IEEE 754 binary16.</summary>
    public static SafetensorsType F16 { get; } = new("F16", 2);

    /// <summary>The upper half of an IEEE 754 binary32.</summary>
    public static SafetensorsType BF16 { get; } = new("BF16", 2);

    /// <summary>Signed 32-bit integers.</summary>
    public static SafetensorsType I32 { get; } = new("I32", 4);

    /// <summary>Unsigned 32-bit integers.</summary>
    public static SafetensorsType U32 { get; } = new("U32", 4);

    /// <summary>IEEE 754 binary32.</summary>
    public static SafetensorsType F32 { get; } = new("F32", 4);

    /// <summary>IEEE 754 binary64.</summary>
    public static SafetensorsType F64 { get; } = new("F64", 8);

    /// <summary>Signed 64-bit integers.</summary>
    public static SafetensorsType I64 { get; } = new("I64", 8);

    /// <summary>Unsigned 64-bit integers.</summary>
    public static SafetensorsType U64 { get; } = new("U64", 8);

    /// <summary>All element types.</summary>
    public static Arr<SafetensorsType> All { get; } =
        Array(Bool, U8, I8, F8E5M2, F8E4M3, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64);

    /// <summary>The type's name in the file.</summary>
    public string Name { get; }

    /// <summary>Bytes of one element.</summary>
    public int ItemBytes { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
