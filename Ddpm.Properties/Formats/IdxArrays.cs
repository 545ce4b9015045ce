using Ddpm.Pure.Formats;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Formats;

/// <summary>Generates valid IDX arrays of every rank, empty ones included.</summary>
public static class IdxArrays
{
    public static Arbitrary<IdxArray> Any() => Arb.From(
        from rank in Gen.Choose(1, 4)
        from array in OfRank(rank)
        select array);

    /// <summary>Arrays of the given rank.</summary>
    public static Gen<IdxArray> OfRank(int rank) =>
        from first in Gen.Choose(0, 6)
        from others in Gen.Choose(1, 5).ArrayOf(rank - 1)
        from array in Filled(first.Cons(others).ToArr())
        select array;

    /// <summary>Arrays of the given shape.</summary>
    public static Gen<IdxArray> Filled(Arr<int> shape) =>
        from data in Generators.Bytes(shape.Fold(1, (product, size) => product * size))
        select IdxArray.Of(shape, data).Valid();
}
