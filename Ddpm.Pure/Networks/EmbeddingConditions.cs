using Ddpm.Pure.Images;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>
/// What a network adds to an embedding of the timestep: the learnt embedding of the class, and a linear map without bias of the nine numbers that tell how a
/// training image was changed (<see cref="GeometricAugmentation.Labels"/>). Samples are told nothing: all nine numbers are 0. The class embedding starts at 0.
/// The map starts at random as a linear layer does: from 0, short runs on few images hardly learn it, and the changes leak.
/// </summary>
/// <param name="Name">The middle of its parameters' names.</param>
/// <param name="Dimension">d, the dimension of the embedding.</param>
/// <param name="Classes">K, the number of classes; another row of the class embedding stands for "no class". 0 for a network without classes.</param>
/// <param name="Augmented">Whether the network is told how an image was changed.</param>
public sealed record EmbeddingConditions(string Name, int Dimension, int Classes, bool Augmented)
{
    private const string Augmentation = "augment";

    /// <summary>Nothing is added.</summary>
    public static EmbeddingConditions None { get; } = new("", 0, 0, Augmented: false);

    /// <summary>The class embedding, (K + 1)×d; none for a network without classes.</summary>
    public Option<Parameter> ClassTable => Classes == 0
        ? Option<Parameter>.None
        : new Parameter($"class_{Name}.weight", Array(Classes + 1, Dimension), new Initialization.Constant(0));

    /// <summary>The map of the augmentation, d×9 as in PyTorch's linear layers; none for a network that is not told.</summary>
    public Option<Parameter> AugmentationMap => Augmented
        ? new Parameter(
            $"{Augmentation}_{Name}.weight", Array(Dimension, GeometricAugmentation.LabelCount),
            new Initialization.Uniform(1 / Math.Sqrt(GeometricAugmentation.LabelCount)))
        : Option<Parameter>.None;

    /// <summary>The trained parameters, in state-dict order.</summary>
    public Arr<Parameter> Parameters => ClassTable.ToArray() + AugmentationMap.ToArray();

    /// <summary>Whether a parameter is a map of the augmentation. Sampling does not need it.</summary>
    /// <param name="name">Its state-dict name.</param>
    public static bool IsOfAugmentation(string name) => name.StartsWith(Augmentation + "_", StringComparison.Ordinal);
}
