using System.Buffers.Binary;
using Ddpm.Pure.Formats;
using LanguageExt;

namespace Ddpm.Pure.Reference;

/// <summary>The content of a reference file: a JSON value or an array.</summary>
public abstract record Content
{
    private Content()
    {
    }

    /// <summary>A JSON file.</summary>
    public sealed record Json(Datum Root) : Content;

    /// <summary>A .npy file.</summary>
    public sealed record Table(NpyArray Array) : Content;

    /// <summary>The bytes of the file, the same on every machine.</summary>
    public ReadOnlyMemory<byte> ToBytes() => this switch
    {
        Json(var root) => DatumJson.Write(root),
        Table(var array) => Npy.Write(array),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>An array of doubles.</summary>
    /// <param name="shape">The extents, outermost first.</param>
    /// <param name="values">The elements, with the last index running fastest. Their number follows from the shape.</param>
    public static Content Of(Arr<long> shape, ReadOnlySpan<double> values) => Array(NpyType.F8, shape, values, BinaryPrimitives.WriteDoubleLittleEndian);

    /// <summary>An array of floats.</summary>
    /// <inheritdoc cref="Of(Arr{long}, ReadOnlySpan{double})"/>
    public static Content Of(Arr<long> shape, ReadOnlySpan<float> values) => Array(NpyType.F4, shape, values, BinaryPrimitives.WriteSingleLittleEndian);

    /// <summary>An array of integers.</summary>
    /// <inheritdoc cref="Of(Arr{long}, ReadOnlySpan{double})"/>
    public static Content Of(Arr<long> shape, ReadOnlySpan<int> values) => Array(NpyType.I4, shape, values, BinaryPrimitives.WriteInt32LittleEndian);

    /// <summary>An array of unsigned integers.</summary>
    /// <inheritdoc cref="Of(Arr{long}, ReadOnlySpan{double})"/>
    public static Content Of(Arr<long> shape, ReadOnlySpan<uint> values) => Array(NpyType.U4, shape, values, BinaryPrimitives.WriteUInt32LittleEndian);

    private delegate void Writer<T>(Span<byte> bytes, T value);

    private static Table Array<T>(NpyType type, Arr<long> shape, ReadOnlySpan<T> values, Writer<T> write)
    {
        var data = new byte[values.Length * type.ItemBytes];
        for (var i = 0; i < values.Length; i++)
        {
            write(data.AsSpan(i * type.ItemBytes), values[i]);
        }

        return new(NpyArray.Of(type, shape, data).IfFail(faults => throw new ArgumentException(faults.Head.Message, nameof(shape))));
    }
}
