using System.Runtime.Intrinsics;
using Ddpm.Gpu.Kernels;
using Ddpm.Pure.Random;
using FsCheck;
using FsCheck.Fluent;

namespace Ddpm.Properties.Kernels;

/// <summary>Sums of products of bfloat16 numbers equal their definition, and machine code gives the same bits.</summary>
public sealed unsafe class Bfloat16PairsTests
{
    private const int Border = 16, Image = 2000; // numbers before a plane, and from one image to the next

    /// <summary>How much is summed: every count of outs in a block and of planes at once, odd and even.</summary>
    public sealed record Sizes(int Outs, int Ins, int Vectors, int Images, int Draw);

    public static Arbitrary<Sizes> AnySizes() => Arb.From(
        from outs in Gen.Choose(1, 25)
        from ins in Gen.Choose(1, 5)
        from vectors in Gen.Choose(1, 5)
        from pairs in Gen.Choose(1, 3)
        from draw in Gen.Choose(0, 1000)
        select new Sizes(outs, ins, vectors, 2 * pairs, draw));

    /// <summary>At most half a unit in the last of 8 bits; exact for numbers of 8 bits.</summary>
    [Law(Arbitrary = [typeof(Generators)])]
    public bool Numbers_are_rounded_to_the_nearest_of_8_bits(Pixel first, Pixel second)
    {
        var pair = Pair((float)first.Value, (float)second.Value);
        bool Near(double value, float rounded) =>
            Math.Abs(rounded - (float)value) <= Math.Abs((float)value) / 256 && Pair(rounded, rounded) == Pair(rounded, 0) + (Pair(rounded, 0) << 16);
        return Near(first.Value, First(pair)) && Near(second.Value, Second(pair));
    }

    /// <summary>Each of n products is added with one rounding.</summary>
    [Law(Arbitrary = [typeof(Bfloat16PairsTests)])]
    public bool Windows_are_sums_of_products(Sizes sizes)
    {
        using Numbers x = new(sizes, 1), w = new(sizes, 2);
        var y = new float[Image * sizes.Outs];
        fixed (float* made = y)
        {
            Bfloat16Pairs.Sum(x.First, Image, sizes.Ins, w.First, made, Image, sizes.Outs, sizes.Vectors);
        }

        return Enumerable.Range(0, sizes.Outs).All(o => Enumerable.Range(0, 16 * sizes.Vectors).All(p =>
        {
            var terms = (from j in Enumerable.Range(0, sizes.Ins)
                         from k in Enumerable.Range(0, Bfloat16Pairs.Taps)
                         let pixel = x.First[j * Image + p + k - 1]
                         let weight = w.First[((o / WeightBlocks.Size * sizes.Ins + j) * Bfloat16Pairs.Taps + k) * WeightBlocks.Size + o % WeightBlocks.Size]
                         from term in new[] { (double)First(pixel) * First(weight), (double)Second(pixel) * Second(weight) }
                         select term).ToArray();
            return IsSum(terms, y[o * Image + p]);
        }));
    }

    [Law(Arbitrary = [typeof(Bfloat16PairsTests)])]
    public bool Products_of_planes_are_summed_over_pixels_and_images(Sizes sizes)
    {
        using Numbers d = new(sizes, 1), x = new(sizes, 2);
        var made = new float[(4 * sizes.Outs * sizes.Ins * Bfloat16Pairs.Taps) + 16];
        var sums = new Vector512<float>[Bfloat16Pairs.RoomForSums(sizes.Ins)];
        fixed (float* to = made)
        {
            fixed (Vector512<float>* room = sums)
            {
                Bfloat16Pairs.Products(d.First, d.OfImage, Image, sizes.Outs, x.First, x.OfImage, Image, sizes.Ins, sizes.Images, sizes.Vectors, room, to);
            }
        }

        float Of(uint pair, int which) => which == 0 ? First(pair) : Second(pair);
        return Enumerable.Range(0, 2 * sizes.Outs).All(o => Enumerable.Range(0, 2 * sizes.Ins).All(c => Enumerable.Range(0, Bfloat16Pairs.Taps).All(k =>
        {
            var terms = (from n in Enumerable.Range(0, sizes.Images)
                         from p in Enumerable.Range(0, 16 * sizes.Vectors)
                         let gradient = d.First[n * d.OfImage + o / 2 * Image + p]
                         let pixel = x.First[n * x.OfImage + c / 2 * Image + p + k - 1]
                         select (double)Of(gradient, o % 2) * Of(pixel, c % 2)).ToArray();
            return IsSum(terms, made[Bfloat16Pairs.PlaceOfProduct(sizes.Outs, sizes.Ins, o, c, k)]);
        })));
    }

    [MachineCodeLaw(Arbitrary = [typeof(Bfloat16PairsTests)])]
    public bool Machine_code_makes_the_same_bits(Sizes sizes)
    {
        using Numbers x = new(sizes, 1), w = new(sizes, 2);
        int outs = Math.Min(sizes.Outs, WeightBlocks.Size), planes = 1 + sizes.Outs % 2, block = sizes.Ins * Bfloat16Pairs.Taps * WeightBlocks.Size;
        float[] theirs = new float[Image * sizes.Outs], ours = new float[Image * sizes.Outs];
        var (a, b) = (new Vector512<float>[32], new Vector512<float>[32]);
        fixed (float* made = theirs, to = ours)
        {
            fixed (Vector512<float>* sums = a, room = b)
            {
                for (var o = 0; o < sizes.Outs; o += WeightBlocks.Size)
                {
                    Bfloat16Pairs.SumOfBlock(
                        x.First, Image, sizes.Ins, w.First + o / WeightBlocks.Size * block, made + o * Image, Image,
                        Math.Min(WeightBlocks.Size, sizes.Outs - o), sizes.Vectors);
                }

                Bfloat16Pairs.Sum(x.First, Image, sizes.Ins, w.First, to, Image, sizes.Outs, sizes.Vectors);
                Bfloat16Pairs.ProductsOfBlock(x.First, x.OfImage, Image, planes, w.First, w.OfImage, sizes.Images, sizes.Vectors, sums);
                Bfloat16Code.Products(x.First, x.OfImage, Image, planes, w.First, w.OfImage, sizes.Images, sizes.Vectors, room);
            }
        }

        return ours.SequenceEqual(theirs) && a.SequenceEqual(b) && a[4 * Bfloat16Pairs.Taps - 1] != default;
    }

    private static bool IsSum(double[] terms, float sum) =>
        Math.Abs(terms.Sum() - sum) <= terms.Length * Math.Pow(2, -24) * terms.Sum(Math.Abs) && terms.Any(term => term != 0);

    private static uint Pair(float first, float second) => Bfloat16Pairs.Round(Vector512.Create(first), Vector512.Create(second))[3];

    private static float First(uint pair) => BitConverter.UInt32BitsToSingle(pair << 16);

    private static float Second(uint pair) => BitConverter.UInt32BitsToSingle(pair & 0xFFFF0000);

    /// <summary>Pairs of normally distributed numbers: planes of images, or weights.</summary>
    private sealed class Numbers : IDisposable
    {
        private readonly NativeArray<uint> _pairs;

        public Numbers(Sizes sizes, int which)
        {
            var planes = Math.Max(sizes.Outs, sizes.Ins);
            OfImage = planes * Image;
            _pairs = new(Border + sizes.Images * OfImage + Border);
            var values = new float[2 * _pairs.Count];
            new RandomStream(5, StreamName.InitialNoise).At(sizes.Draw, which).FillNormals(values);
            for (var i = 0; i < _pairs.Count; i++)
            {
                _pairs.Pointer[i] = Pair(values[2 * i], values[2 * i + 1]);
            }
        }

        public int OfImage { get; }

        public uint* First => _pairs.Pointer + Border;

        public void Dispose() => _pairs.Dispose();
    }
}
