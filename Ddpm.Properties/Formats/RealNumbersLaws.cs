using System.Runtime.InteropServices;
using Ddpm.Properties.Attacks;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Validations;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Formats;

public sealed class RealNumbersLaws
{
    /// <summary>Every half and every bfloat16 converts to the same float32 bits as in C#.</summary>
    [Fact]
    public void All_numbers_of_two_bytes_are_kept()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            Kept(SafetensorsType.F16, (float)BitConverter.UInt16BitsToHalf((ushort)bits));
            Kept(SafetensorsType.BF16, BitConverter.UInt32BitsToSingle((uint)bits << 16));

            void Kept(SafetensorsType type, float value)
            {
                var narrowed = RealNumbers.Narrowed(SampleWeights.Tensor("a", type, [1], _ => (ushort)bits));
                Assert.Equal(float.IsFinite(value), narrowed.IsSuccess);
                if (narrowed.IsSuccess)
                {
                    Assert.Equal(BitConverter.SingleToUInt32Bits(value), MemoryMarshal.Read<uint>(narrowed.Valid().Data.Span));
                }
            }
        }
    }

    [Law]
    public bool Doubles_are_rounded_once_or_refused(double[] values) =>
        RealNumbers.Narrowed(SampleWeights.Tensor("a", SafetensorsType.F64, [values.Length], i => values[i])).Match(
            tensor => MemoryMarshal.Cast<byte, float>(tensor.Data.Span).SequenceEqual([.. values.Select(value => (float)value)]),
            _ => values.Any(value => !float.IsFinite((float)value)));

    [Theory]
    [InlineData(float.MaxValue, true)]
    [InlineData(float.NaN, false)]
    [InlineData(float.NegativeInfinity, false)]
    public void Tensors_are_finite_or_say_where_they_are_not(float value, bool finite)
    {
        var tensors = (SafetensorsTensor[])[
            SampleWeights.Tensor("a", [2, 3], _ => 1f), SampleWeights.Tensor("b", [2, 3], i => i == 4 ? value : 0),
            SampleWeights.Tensor("c", SafetensorsType.I32, [1], _ => -1), SampleWeights.Tensor("d", [], _ => value)];
        var message = finite ? "" : FormattableString.Invariant($"it holds values that are not finite: 'b' is {value} at [1, 1]; 'd' is {value}");
        Assert.Equal(message, RealNumbers.AreFinite(tensors).Match(_ => "", fault => fault.Message));
    }

    [Fact]
    public void Numbers_beyond_a_limit_are_found_whatever_their_sign()
    {
        Assert.Equal(["'a' is -2 at [1]"], RealNumbers.Beyond([SampleWeights.Tensor("a", [3], i => i == 1 ? -2f : 1)], 1.5).AsEnumerable());
        Assert.True(RealNumbers.Beyond([SampleWeights.Tensor("a", [3], _ => 1.5f)], 1.5).IsEmpty);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "0, 1")]
    [InlineData(10, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9")]
    [InlineData(12, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 2 more")]
    public void Ten_are_listed_and_the_rest_is_counted(int count, string listed) => Assert.Equal(listed, Range(0, count).Map(i => $"{i}").ToSeq().Listed(", "));
}
