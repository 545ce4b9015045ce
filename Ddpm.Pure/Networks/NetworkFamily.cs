using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Networks;

/// <summary>
/// A family of networks as one record: its name, its channels, its timestep embedding and its steps. Options, checkpoints and every reading of a network
/// follow from it. A new family is such a record and a row of <see cref="All"/>.
/// </summary>
public abstract record NetworkFamily
{
    /// <summary>The families by name.</summary>
    public static ChoiceTable<NetworkFamily> All { get; } = ChoiceTable.Of<NetworkFamily>(
        family => family.Name, new TutorialUNet(Residual: false), new TutorialUNet(Residual: true), new ModernUNet());

    /// <summary>The name that options give it.</summary>
    public abstract string Name { get; }

    /// <summary>The formula of the frozen timestep embedding.</summary>
    public abstract SinusoidalEmbedding Embedding { get; }

    /// <summary>The channels at full, half and quarter resolution.</summary>
    /// <param name="width">The channels at full resolution that a user asks for; null for the family's own.</param>
    /// <returns>The channels, or the fault of the width.</returns>
    public abstract Validation<Error, Arr<int>> Channels(int? width);

    /// <summary>The network, step by step; its layers come in state-dict order.</summary>
    /// <param name="config">The configuration of this family.</param>
    public abstract Arr<NetworkStep> Steps(UNetConfig config);
}
