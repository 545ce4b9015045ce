using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>The classes of generated images, and the strength of the guidance towards them.</summary>
public sealed record ClassCondition
{
    private ClassCondition(int classes, Option<int> chosen, Guidance guidance) => (Classes, Chosen, Guidance) = (classes, chosen, guidance);

    /// <summary>K ≥ 1, the number of classes that the network knows.</summary>
    public int Classes { get; }

    /// <summary>The class of all images; none for each class in turn.</summary>
    public Option<int> Chosen { get; }

    /// <summary>The strength of the guidance.</summary>
    public Guidance Guidance { get; }

    /// <summary>A condition.</summary>
    /// <param name="classes">K, the number of classes that the network knows; 0 for an unconditional network.</param>
    /// <param name="chosen">The class of all images, in [0, K); none for each class in turn.</param>
    /// <param name="scale">The guidance scale w, finite; see <see cref="Diffusion.Guidance"/>.</param>
    /// <returns>The condition, or every fault.</returns>
    public static Validation<Error, ClassCondition> Of(int classes, Option<int> chosen, double scale)
    {
        var conditional = classes >= 1 ? unit : Check.Fail<Unit>(
            chosen.Match(_ => "class", () => "guidance-scale"),
            chosen.Match(one => Invariant($"{one}"), () => Invariant($"{scale}")),
            "needs a run that was trained with --conditional");
        var inRange = Check.That(
            "class",
            chosen.IfNone(0),
            classes < 1 || chosen.ForAll(one => one >= 0 && one < classes),
            Invariant($"must lie in [0, {classes - 1}]"));
        return (conditional, inRange, Guidance.Of(scale)).Apply((_, _, guidance) => new ClassCondition(classes, chosen, guidance));
    }

    /// <summary>The number of images after which the classes repeat: K, or 1 if all images have one class.</summary>
    public int Period => Chosen.IsSome ? 1 : Classes;

    /// <summary>The class of an image, by the image's number. It does not depend on the other images.</summary>
    public int ClassOf(int image) => Chosen.IfNone(image % Classes);
}
