using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Training;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Executors;

/// <summary>The update by libtorch's operations on whole vectors and matrices; on any device, without waiting for it.</summary>
internal sealed class TensorUpdate : IWeightUpdate
{
    /// <inheritdoc/>
    public Tensor Apply(TrainingState state, Tensor gradient, WeightUpdate update)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        var (n, adam) = (state.Updates + 1, update.Adam);
        var norm = gradient.norm();
        update.ClipNorm.Iter(limit => gradient.mul_(norm.reciprocal().Times(limit).Within(0, 1)));
        var moved = update.Muon.Map(muon => muon.Matrices).IfNone([]).Map(matrix => Moved(state, gradient, matrix, update));
        state.FirstMoment.Multiply(adam.Beta1).Add(gradient, 1 - adam.Beta1);
        state.SecondMoment.Multiply(adam.Beta2).AddProduct(gradient, gradient, 1 - adam.Beta2);
        var spread = state.SecondMoment.sqrt().Multiply(adam.RootCorrection(n)).Add(adam.Epsilon);
        state.Weights.Multiply(1 - update.LearningRate * update.WeightDecay).AddQuotient(state.FirstMoment, spread, -adam.StepSize(n, update.LearningRate));
        foreach (var (matrix, momentum, theta) in moved)
        {
            Of(state.FirstMoment, matrix).copy_(momentum);
            Of(state.SecondMoment, matrix).zero_();
            Of(state.Weights, matrix).copy_(theta);
        }

        update.AverageDecay.Iter(decay => state.Average!.Multiply(decay).Add(state.Weights, 1 - decay));
        return norm.to(float64).MoveToOuterDisposeScope();
    }

    /// <summary>Muon's update of a matrix: its momentum, which stands in the place of Adam's m, and its weights.</summary>
    private static (WeightMatrix Matrix, Tensor Momentum, Tensor Theta) Moved(TrainingState state, Tensor gradient, WeightMatrix matrix, WeightUpdate update)
    {
        var g = Of(gradient, matrix);
        var momentum = Of(state.FirstMoment, matrix).Times(Muon.Momentum).Add(g, 1 - Muon.Momentum);
        var step = Orthogonalized(momentum.Times(Muon.Momentum).Add(g, 1 - Muon.Momentum));
        var theta = Of(state.Weights, matrix).Times(1 - update.LearningRate * update.WeightDecay)
            .Add(step, -Muon.StepSize(matrix, update.LearningRate));
        return (matrix, momentum, theta);
    }

    private static Tensor Of(Tensor vector, WeightMatrix matrix) => vector.narrow(0, matrix.Offset, matrix.Count).view(matrix.Rows, matrix.Columns);

    private static Tensor Orthogonalized(Tensor matrix)
    {
        var turned = matrix.shape[0] > matrix.shape[1];
        var (a, b, c) = Muon.Coefficients;
        var norm = matrix.norm();
        var x = matrix / norm.add_(norm.eq(0)); // 0 stays 0
        x = turned ? x.t() : x;
        for (var n = 0; n < Muon.Iterations; n++)
        {
            var gram = x.mm(x.t());
            x = x.Times(a).Plus(gram.Times(b).Add(gram.mm(gram), c).mm(x));
        }

        return turned ? x.t() : x;
    }
}
