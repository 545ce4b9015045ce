using System.Text.Json;
using Ddpm.Pure.Random;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Reference;

/// <summary>The random numbers of every stream.</summary>
internal static class RandomEntries
{
    private const int Count = 67, PermutationLength = 100, Permutations = 3;

    private const string Source = "Salmon et al. 2011; Ddpm.Pure/Random";

    private static readonly Arr<ulong> Seeds = Array(0UL, 1UL, (1UL << 32) + 5, ulong.MaxValue);

    private static readonly Arr<(int Index, int Step)> Addresses = Array((0, 0), (1, 0), (0, 1), (3, 7), (70_000, 65_537), (int.MaxValue, int.MaxValue));

    private static readonly Arr<(StreamName Stream, string Name)> Streams =
        Enum.GetValues<StreamName>().Map(stream => (stream, JsonNamingPolicy.KebabCaseLower.ConvertName($"{stream}"))).ToArr();

    public static IEnumerable<ReferenceEntry> All =>
    [
        ReferenceEntry.Json(
            "random/addresses.json",
            "the seeds, the (index, step) of the draws, how many numbers from position 0 on, the length and number of permutations, "
            + "and the streams by number",
            "word 4b + i of (seed, stream, index, step) is word i of Philox4x32-10 with counter (b, index, step, stream) "
            + "and key (seed mod 2³², seed div 2³²)",
            Source,
            Tolerance.Exact,
            Places),
        .. Streams.Map(stream => Drawn(
            "words",
            stream,
            "uint32",
            "the random words themselves",
            draws => Content.Of(Shape(Count), Each(draws, (draw, i) => draw.Word(i))))),
        .. Streams.Map(stream => Drawn(
            "uniforms",
            stream,
            "float64",
            "(word + ½)·2⁻³²",
            draws => Content.Of(Shape(Count), Each(draws, (draw, i) => draw.Uniform(i))))),
        .. Streams.Map(stream => Drawn(
            "normals",
            stream,
            "float32",
            "Box and Muller in double precision, polynomials as in Ddpm.Pure/README.md, rounded to float32 once",
            draws => Content.Of(Shape(Count), Normals(draws)))),
        .. Streams.Map(stream => new ReferenceEntry(
            $"random/permutations/{stream.Name}.npy",
            "int32 [seeds, steps 0 … 2, 100]: the permutation of 0 … 99 at index 0",
            "for i = 0 … n − 1: swap places i and i + ⌊word_i·(n − i)/2³²⌋",
            "Fisher and Yates; Ddpm.Pure/Random/Permutation.cs",
            Tolerance.Exact,
            () => PermutationsOf(stream.Stream))),
    ];

    private static ReferenceEntry Drawn(
        string kind, (StreamName Stream, string Name) stream, string type, string formula, Func<Arr<Draws>, Content> make) => new(
        $"random/{kind}/{stream.Name}.npy",
        $"{type} [seeds, addresses, positions 0 … {Count - 1}] of stream {(uint)stream.Stream}",
        formula,
        Source,
        Tolerance.Exact,
        () => make((from seed in Seeds from address in Addresses select new RandomStream(seed, stream.Stream).At(address.Index, address.Step)).ToArr()));

    private static Content PermutationsOf(StreamName stream)
    {
        int[] items =
        [
            .. from seed in Seeds
               from step in Range(0, Permutations)
               from item in Permutation.Of(new RandomStream(seed, stream).At(0, step), PermutationLength)
               select item,
        ];
        return Content.Of(Array<long>(Seeds.Count, Permutations, PermutationLength), items);
    }

    private static T[] Each<T>(Arr<Draws> draws, Func<Draws, int, T> at) => [.. from draw in draws from i in Range(0, Count) select at(draw, i)];

    private static float[] Normals(Arr<Draws> draws)
    {
        var normals = new float[draws.Count * Count];
        draws.Iter((i, draw) => draw.FillNormals(normals.AsSpan(i * Count, Count)));
        return normals;
    }

    private static Arr<long> Shape(int count) => Array<long>(Seeds.Count, Addresses.Count, count);

    private static Datum Places() => Datum.Named(
        ("seeds", Datum.Each(Seeds, Datum.Of)),
        ("addresses", Datum.Each(Addresses, address => Datum.Of([address.Index, address.Step]))),
        ("count", Datum.Of(Count)),
        ("permutation-length", Datum.Of(PermutationLength)),
        ("permutations", Datum.Of(Permutations)),
        ("streams", Datum.NamedEach(Streams, stream => (stream.Name, Datum.Of((int)stream.Stream)))));
}
