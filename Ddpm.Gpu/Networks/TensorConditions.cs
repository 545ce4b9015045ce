using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Networks;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Networks;

/// <summary>What a network is told of each image beside its timestep.</summary>
/// <param name="Classes">Its class, N integers in [0, K]; null for a network without classes.</param>
/// <param name="Augmentation">The labels of its change, N×9; null if no image is changed.</param>
internal sealed record TensorConditions(Tensor? Classes, Tensor? Augmentation)
{
    /// <summary>An embedding, N×d, with the conditions added to it.</summary>
    public Tensor AddedTo(Tensor embedding, EmbeddingConditions conditions, Weights w)
    {
        var classified = conditions.ClassTable.Match(table => embedding.Plus(w[table.Name][Classes!]), () => embedding);
        return Augmentation is null
            ? classified
            : conditions.AugmentationMap.Match(map => classified.Plus(Augmentation.matmul(w[map.Name].t())), () => classified);
    }
}
