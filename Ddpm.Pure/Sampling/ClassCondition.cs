using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>Which classes generated images are of, and how strongly.</summary>
public sealed record ClassCondition
{
    private ClassCondition(int classes, Option<int> chosen, Guidance guidance) => (Classes, Chosen, Guidance) = (classes, chosen, guidance);

    /// <summary>K ≥ 1, the classes that the network knows.</summary>
    public int Classes { get; }

    /// <summary>The class of all images; none for each in turn.</summary>
    public Option<int> Chosen { get; }

    /// <summary>How strongly.</summary>
    public Guidance Guidance { get; }

    /// <summary>A condition.</summary>
    /// <param name="classes">K, the classes that the network knows; 0 where it knows none.</param>
    /// <param name="chosen">The class of all images, in [0, K); none for each in turn.</param>
    /// <param name="scale">The guidance scale w, finite; see <see cref="Diffusion.Guidance"/>.</param>
    /// <returns>The condition, or every fault.</returns>
    public static Validation<Error, ClassCondition> Of(int classes, Option<int> chosen, double scale) =>
        (classes >= 1 ? unit : Check.Fail<Unit>(
                    chosen.Match(_ => "class", () => "guidance-scale"), chosen.Match(one => Invariant($"{one}"), () => Invariant($"{scale}")), "needs a run that was trained with --conditional"),
                Check.That("class", chosen.IfNone(0), classes < 1 || chosen.ForAll(one => one >= 0 && one < classes), Invariant($"must lie in [0, {classes - 1}]")),
                Guidance.Of(scale))
            .Apply((_, _, guidance) => new ClassCondition(classes, chosen, guidance));

    /// <summary>After how many images the classes come again: K, or 1 where all are of one.</summary>
    public int Period => Chosen.IsSome ? 1 : Classes;

    /// <summary>The class of an image, by its number: the same whatever else is generated with it.</summary>
    public int ClassOf(int image) => Chosen.IfNone(image % Classes);
}
