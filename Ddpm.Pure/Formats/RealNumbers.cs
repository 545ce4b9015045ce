using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>Converts the numbers of tensors to float32, and finds the numbers that no network can compute with.</summary>
internal static class RealNumbers
{
    /// <summary>Converts a tensor of real numbers to float32, rounded to nearest.</summary>
    /// <param name="tensor">A tensor of F64, F32, BF16 or F16.</param>
    /// <returns>
    /// The tensor; or an error if it holds no real numbers, or an error with the first element that is NaN, infinite or beyond float32, and its index.
    /// </returns>
    public static Validation<Error, SafetensorsTensor> Narrowed(SafetensorsTensor tensor)
    {
        if (Reader(tensor) is not { } read)
        {
            return Refused($"{Quote(tensor.Name)} must hold real numbers, but its type is {tensor.Type.Name}");
        }

        var numbers = new float[tensor.Data.Length / tensor.Type.ItemBytes];
        for (var i = 0; i < numbers.Length; i++)
        {
            var number = read(i);
            numbers[i] = (float)number;
            if (!float.IsFinite(numbers[i]))
            {
                var found = Describe(tensor, i, number);
                return Refused(double.IsFinite(number) ? $"{found}, which float32 cannot hold" : found);
            }
        }

        return tensor.Type == SafetensorsType.F32
            ? tensor
            : SafetensorsTensor.Of(tensor.Name, SafetensorsType.F32, tensor.Shape, MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray());

        static Validation<Error, SafetensorsTensor> Refused(string fault) => Validation<Error, SafetensorsTensor>.Fail(Seq1(Error.New(fault)));
    }

    /// <summary>Checks that all real numbers of tensors are finite.</summary>
    /// <returns>Nothing; or, for each faulty tensor, its first number that is not finite, and the index.</returns>
    public static Fin<Unit> AreFinite(IEnumerable<SafetensorsTensor> tensors)
    {
        var faults = Where(tensors, number => !double.IsFinite(number));
        return faults.IsEmpty ? unit : Error.New($"it holds values that are not finite: {faults.Listed("; ")}");
    }

    /// <summary>The tensors with a number of magnitude above a limit: each with its first such number and the index.</summary>
    public static Seq<string> Beyond(IEnumerable<SafetensorsTensor> tensors, double limit) => Where(tensors, number => Math.Abs(number) > limit);

    private static Seq<string> Where(IEnumerable<SafetensorsTensor> tensors, Func<double, bool> sought) =>
        toSeq(tensors.SelectMany(tensor => First(tensor, sought).AsEnumerable()).ToArray());

    private static Option<string> First(SafetensorsTensor tensor, Func<double, bool> sought)
    {
        if (Reader(tensor) is { } read)
        {
            for (var i = 0; i < tensor.Data.Length / tensor.Type.ItemBytes; i++)
            {
                if (sought(read(i)))
                {
                    return Describe(tensor, i, read(i));
                }
            }
        }

        return None;
    }

    private static Func<int, double>? Reader(SafetensorsTensor tensor) => tensor.Type.Name switch
    {
        "F64" => i => BinaryPrimitives.ReadDoubleLittleEndian(tensor.Data.Span[(8 * i)..]),
        "F32" => i => BinaryPrimitives.ReadSingleLittleEndian(tensor.Data.Span[(4 * i)..]),
        "F16" => i => (double)BinaryPrimitives.ReadHalfLittleEndian(tensor.Data.Span[(2 * i)..]),
        "BF16" => i => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(tensor.Data.Span[(2 * i)..]) << 16),
        _ => null,
    };

    /// <summary>Text such as 'name' is NaN at [1, 0, 2].</summary>
    private static string Describe(SafetensorsTensor tensor, int at, double number)
    {
        var (place, rest) = (new long[tensor.Shape.Count], (long)at);
        for (var axis = place.Length - 1; axis >= 0; axis--)
        {
            (rest, place[axis]) = Math.DivRem(rest, tensor.Shape[axis]);
        }

        var where = place.Length == 0 ? "" : $" at [{string.Join(", ", place)}]";
        return $"{Quote(tensor.Name)} is {number.ToString("G3", CultureInfo.InvariantCulture)}{where}";
    }
}
