using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>The classes of generated images.</summary>
public sealed record ClassCondition
{
    private ClassCondition(int classes, Option<int> chosen) => (Classes, Chosen) = (classes, chosen);

    /// <summary>K ≥ 1, the number of classes that the network knows.</summary>
    public int Classes { get; }

    /// <summary>The class of all images; none for each class in turn.</summary>
    public Option<int> Chosen { get; }

    /// <summary>A condition.</summary>
    /// <param name="classes">K, the number of classes that the network knows; 0 for an unconditional network.</param>
    /// <param name="chosen">The class of all images, in [0, K); none for each class in turn.</param>
    /// <returns>The condition, or every fault.</returns>
    public static Validation<Error, ClassCondition> Of(int classes, Option<int> chosen)
    {
        var conditional = Check.That(
            "class", chosen.Match(one => Invariant($"{one}"), () => "none"), classes >= 1, "needs a run that was trained with --conditional");
        var inRange = Check.That(
            "class",
            chosen.IfNone(0),
            classes < 1 || chosen.ForAll(one => one >= 0 && one < classes),
            Invariant($"must lie in [0, {classes - 1}]"));
        return (conditional, inRange).Apply((_, _) => new ClassCondition(classes, chosen));
    }

    /// <summary>The number of images after which the classes repeat: K, or 1 if all images have one class.</summary>
    public int Period => Chosen.IsSome ? 1 : Classes;

    /// <summary>The class of an image, by the image's number. It does not depend on the other images.</summary>
    public int ClassOf(int image) => Chosen.IfNone(image % Classes);
}
