using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Training;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Executors;

/// <summary>Adam by libtorch's operations on whole vectors; on any device, without waiting for it.</summary>
internal sealed class TensorAdam : IAdamUpdate
{
    /// <inheritdoc/>
    public Tensor Apply(TrainingState state, IReadOnlyList<Tensor> gradients, WeightUpdate update)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        var (n, adam) = (state.Updates + 1, update.Adam);
        var gradient = gradients.Aggregate((sum, next) => sum.Add(next, 1));
        var norm = gradient.dot(gradient).sqrt();
        update.ClipNorm.Iter(limit => gradient.mul_(norm.reciprocal().Times(limit).Within(0, 1)));
        state.FirstMoment.Multiply(adam.Beta1).Add(gradient, 1 - adam.Beta1);
        state.SecondMoment.Multiply(adam.Beta2).AddProduct(gradient, gradient, 1 - adam.Beta2);
        var spread = state.SecondMoment.sqrt().Multiply(adam.RootCorrection(n)).Add(adam.Epsilon);
        state.Weights.Multiply(1 - update.LearningRate * update.WeightDecay).AddQuotient(state.FirstMoment, spread, -adam.StepSize(n, update.LearningRate));
        update.AverageDecay.Iter(decay => state.Average!.Multiply(decay).Add(state.Weights, 1 - decay));
        return norm.to(float64).MoveToOuterDisposeScope();
    }
}
