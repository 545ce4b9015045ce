using System.Numerics;
using Ddpm.Pure.Networks;
using LanguageExt;

namespace Ddpm.Gpu.Kernels;

/// <summary>The embedding that all later projections share: linear, SiLU, linear, plus the conditions, then SiLU.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class EmbeddingNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelProgram<T> _program;
    private readonly KernelProjection<T> _projection;
    private readonly NativeArray<T> _slope, _gradient;
    private readonly int _row;
    private readonly KernelConditions<T>.Places _added;

    /// <summary>Adds the embedding to a network under construction. Only later projections read it.</summary>
    public EmbeddingNode(KernelProgram<T> program, TimeEmbedding layer)
    {
        (_program, _projection) = (program, new(program, Prelude.Array(layer.First, layer.Second)));
        _added = program.Conditions.Of(layer.Conditions);
        _row = program.Conditions.Share(layer.Out);
        (_slope, _gradient) = (program.Allocate((long)program.Images * _row), program.Allocate(_row));
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        for (var n = 0; n < images; n++)
        {
            var made = _projection.Forward(n);
            _program.Conditions.Add(_added, n, made);
            Silu(made, _program.Conditions.Embedding(n), _slope.Pointer + n * _row, _row);
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        for (var n = 0; n < images; n++)
        {
            Multiply(_program.Conditions.Gradient(n), _slope.Pointer + n * _row, _gradient.Pointer, _row);
            _program.Conditions.AddGradient(_added, n, _gradient.Pointer, gradient);
            _projection.Backward(n, _gradient.Pointer, gradient);
        }
    }
}
