using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ddpm.Gpu.Kernels;
using Ddpm.Gpu.Tensors;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Training;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Executors;

/// <summary>The update on the CPU, in two passes over memory: one measures the gradient, the other makes the update.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="workers">Who computes; how many they are changes no bit.</param>
internal sealed unsafe class KernelUpdate<T>(Replicas workers) : IWeightUpdate
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Block = 1 << 14; // weights that one thread takes at a time, and over which squares are added before the sum goes on in double

    /// <inheritdoc/>
    public Tensor Apply(TrainingState state, Tensor gradient, WeightUpdate update)
    {
        var count = (int)state.Weights.numel();
        var g = (nint)gradient.Pointer<T>();
        var blocks = (count - 1) / Block + 1;
        var squares = workers.Map(blocks, block => SquaresOf((T*)g, block * Block, Math.Min(count, (block + 1) * Block)));
        var norm = Math.Sqrt(squares.Sum());
        var factor = update.ClipNorm.Match(limit => norm <= limit ? 1 : limit / norm, () => 1);
        var (n, adam) = (state.Updates + 1, update.Adam);
        var rates = new Rates(
            adam.Beta1, 1 - adam.Beta1, adam.Beta2, 1 - adam.Beta2, adam.RootCorrection(n), adam.Epsilon, -adam.StepSize(n, update.LearningRate), factor,
            1 - update.LearningRate * update.WeightDecay, 1 - update.AverageDecay.IfNone(1));
        var (theta, m, v) = ((nint)state.Weights.Pointer<T>(), (nint)state.FirstMoment.Pointer<T>(), (nint)state.SecondMoment.Pointer<T>());
        var average = update.AverageDecay.IsSome ? (nint)state.Average!.Pointer<T>() : 0;
        var matrices = update.Muon.Map(muon => muon.Matrices).IfNone([]);
        var others = Others(matrices, count);
        // A matrix takes longest, so matrices come first.
        workers.ForEach(matrices.Count + others.Count, piece =>
        {
            if (piece < matrices.Count)
            {
                Update((T*)g, (T*)theta, (T*)m, (T*)average, matrices[piece], update.LearningRate, rates);
            }
            else
            {
                var (from, to) = others[piece - matrices.Count];
                Update((T*)g, (T*)theta, (T*)m, (T*)v, (T*)average, from, to, rates);
            }
        });
        return tensor(norm, ScalarType.Float64);
    }

    /// <summary>The weights outside of matrices, in blocks.</summary>
    private static List<(int From, int To)> Others(Arr<WeightMatrix> matrices, int count)
    {
        var (blocks, from) = (new List<(int, int)>(), 0);
        foreach (var (end, next) in matrices.Map(matrix => (End: matrix.Offset, Next: matrix.Offset + matrix.Count)).Add((count, count)))
        {
            for (; from < end; from = Math.Min(end, from + Block))
            {
                blocks.Add((from, Math.Min(end, from + Block)));
            }

            from = next;
        }

        return blocks;
    }

    /// <summary>Muon's update of a matrix. Its momentum stands in the place of Adam's m; Adam's v stays 0.</summary>
    private static void Update(T* gradient, T* theta, T* momentum, T* average, WeightMatrix matrix, double learningRate, in Rates rates)
    {
        var count = matrix.Count;
        gradient += matrix.Offset;
        theta += matrix.Offset;
        momentum += matrix.Offset;
        Mix(gradient, momentum, count, T.CreateTruncating(Muon.Momentum), T.CreateTruncating((1 - Muon.Momentum) * rates.Clip));
        KernelOrthogonalization<T>.Apply(gradient, matrix.Rows, matrix.Columns);
        var step = T.CreateTruncating(-Muon.StepSize(matrix, learningRate));
        Move(gradient, theta, average is null ? null : average + matrix.Offset, count, step, rates);
    }

    /// <summary>m ← μm + (1 − μ)g, then g ← μm + (1 − μ)g.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Mix(T* gradient, T* momentum, int count, T kept, T added)
    {
        var (keep, add) = (Vector512.Create(kept), Vector512.Create(added));
        var i = 0;
        for (; i <= count - Vector512<T>.Count; i += Vector512<T>.Count)
        {
            var scaled = add * Vector512.Load(gradient + i);
            var m = Lanes<T>.MultiplyAdd(keep, Vector512.Load(momentum + i), scaled);
            m.Store(momentum + i);
            Lanes<T>.MultiplyAdd(keep, m, scaled).Store(gradient + i);
        }

        for (; i < count; i++)
        {
            momentum[i] = T.FusedMultiplyAdd(kept, momentum[i], added * gradient[i]);
            gradient[i] = T.FusedMultiplyAdd(kept, momentum[i], added * gradient[i]);
        }
    }

    /// <summary>θ ← (1 − ηλ)θ + step·direction; the average follows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Move(T* direction, T* theta, T* average, int count, T step, in Rates rates)
    {
        var (decay, approach) = (T.CreateTruncating(rates.Kept), T.CreateTruncating(rates.Approach));
        var i = 0;
        for (; i <= count - Vector512<T>.Count; i += Vector512<T>.Count)
        {
            var t = Lanes<T>.MultiplyAdd(Vector512.Create(step), Vector512.Load(direction + i), Vector512.Create(decay) * Vector512.Load(theta + i));
            t.Store(theta + i);
            if (average is not null)
            {
                var old = Vector512.Load(average + i);
                Lanes<T>.MultiplyAdd(t - old, Vector512.Create(approach), old).Store(average + i);
            }
        }

        for (; i < count; i++)
        {
            theta[i] = T.FusedMultiplyAdd(step, direction[i], decay * theta[i]);
            if (average is not null)
            {
                average[i] = T.FusedMultiplyAdd(theta[i] - average[i], approach, average[i]);
            }
        }
    }

    private readonly record struct Rates(
        double Beta1, double New1, double Beta2, double New2, double Root, double Epsilon, double Step, double Clip, double Kept, double Approach);

    /// <summary>The sum of the squares of some numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static double SquaresOf(T* gradient, int from, int to)
    {
        var squares = Vector512<T>.Zero;
        var i = from;
        for (; i <= to - Vector512<T>.Count; i += Vector512<T>.Count)
        {
            var g = Vector512.Load(gradient + i);
            squares = Lanes<T>.MultiplyAdd(g, g, squares);
        }

        var rest = double.CreateChecked(Lanes<T>.Sum(squares));
        for (; i < to; i++)
        {
            rest += double.CreateChecked(gradient[i] * gradient[i]);
        }

        return rest;
    }

    /// <summary>The formula of <see cref="Adam.Update"/>, for a vector of weights at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Update(T* gradient, T* theta, T* first, T* second, T* average, int from, int to, Rates rates)
    {
        var i = from;
        for (; i <= to - Vector512<T>.Count; i += Vector512<T>.Count)
        {
            var (t, m, v) = Updated(Vector512.Load(gradient + i), Vector512.Load(theta + i), Vector512.Load(first + i), Vector512.Load(second + i), rates);
            t.Store(theta + i);
            m.Store(first + i);
            v.Store(second + i);
            if (average is not null)
            {
                var old = Vector512.Load(average + i);
                Lanes<T>.MultiplyAdd(t - old, Number(rates.Approach), old).Store(average + i);
            }
        }

        for (; i < to; i++)
        {
            // As a vector of one number and zeros, so that it is the same arithmetic.
            var (t, m, v) = Updated(
                Vector512.CreateScalar(gradient[i]), Vector512.CreateScalar(theta[i]), Vector512.CreateScalar(first[i]), Vector512.CreateScalar(second[i]),
                rates);
            (theta[i], first[i], second[i]) = (t.ToScalar(), m.ToScalar(), v.ToScalar());
            if (average is not null)
            {
                average[i] = T.FusedMultiplyAdd(theta[i] - average[i], T.CreateTruncating(rates.Approach), average[i]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<T> Theta, Vector512<T> First, Vector512<T> Second) Updated(
        Vector512<T> g, Vector512<T> theta, Vector512<T> m, Vector512<T> v, in Rates rates)
    {
        g *= Number(rates.Clip);
        m = Lanes<T>.MultiplyAdd(m, Number(rates.Beta1), Number(rates.New1) * g);
        v = Lanes<T>.MultiplyAdd(v, Number(rates.Beta2), Number(rates.New2) * g * g);
        var spread = Lanes<T>.MultiplyAdd(Vector512.Sqrt(v), Number(rates.Root), Number(rates.Epsilon));
        return (Lanes<T>.MultiplyAdd(Number(rates.Step), m / spread, Number(rates.Kept) * theta), m, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Number(double value) => Vector512.Create(T.CreateTruncating(value));
}
