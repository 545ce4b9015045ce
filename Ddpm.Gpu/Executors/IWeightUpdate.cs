using Ddpm.Pure.Training;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Executors;

/// <summary>What ends a training step: it clips the gradient if asked to, and updates the weights by Adam or Muon.</summary>
internal interface IWeightUpdate
{
    /// <summary>Updates a state's vectors in place.</summary>
    /// <param name="state">Where training stands.</param>
    /// <param name="gradient">The gradient of the batch. It is changed.</param>
    /// <param name="update">What the plan says of it.</param>
    /// <returns>How long it was, in float64, on the state's device.</returns>
    Tensor Apply(TrainingState state, Tensor gradient, WeightUpdate update);
}
