using Ddpm.Pure.Random;
using FsCheck;
using FsCheck.Fluent;

namespace Ddpm.Properties.Randomness;

/// <summary>A place in a sequence of draws and how much is drawn from there.</summary>
public readonly record struct Stretch(int From, int Length);

public static class RandomGenerators
{
    private static Gen<int> Counter { get; } = Gen.Frequency((3, Gen.Choose(0, 70_000)), (1, Gen.Elements(0, 1, int.MaxValue)));

    internal static Gen<Draws> AllDraws { get; } =
        from high in Gen.Choose(int.MinValue, int.MaxValue)
        from low in Gen.Choose(int.MinValue, int.MaxValue)
        from seed in Gen.Frequency((4, Gen.Constant(((ulong)(uint)high << 32) | (ulong)(uint)low)), (1, Gen.Elements(0UL, 1UL, ulong.MaxValue)))
        from name in Gen.Elements(Enum.GetValues<StreamName>())
        from index in Counter
        from step in Counter
        select new RandomStream(seed, name).At(index, step);

    public static Arbitrary<Draws> Draws() => AllDraws.ToArbitrary();

    public static Arbitrary<Stretch> Stretches() =>
        (from start in Gen.Frequency((6, Gen.Choose(0, 100)), (2, Gen.Choose(0, 1 << 30)), (1, Gen.Choose(int.MaxValue - 200, int.MaxValue - 100)))
         from length in Gen.Frequency((1, Gen.Constant(0)), (8, Gen.Choose(1, 100)))
         select new Stretch(start, length)).ToArbitrary();
}
