using System.Numerics;
using Ddpm.Pure.Networks;
using LanguageExt;

namespace Ddpm.Gpu.Kernels;

/// <summary>The embedding that all later projections share: linear, SiLU, linear, plus the class embedding, then SiLU.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class EmbeddingNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly KernelProgram<T> _program;
    private readonly KernelProjection<T> _projection;
    private readonly NativeArray<T> _slope, _gradient;
    private readonly int _dimension, _row;
    private readonly int? _classes;

    /// <summary>Adds the embedding to a network under construction. Only later projections read it.</summary>
    public EmbeddingNode(KernelProgram<T> program, TimeEmbedding layer)
    {
        (_program, _projection, _dimension) = (program, new(program, Prelude.Array(layer.First, layer.Second)), layer.Out);
        _classes = layer.ClassTable.Case is Parameter table ? program.Weights.Offset(table.Name) : null;
        _row = program.Conditions.Share(_dimension);
        (_slope, _gradient) = (program.Allocate((long)program.Images * _row), program.Allocate(_row));
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        for (var n = 0; n < images; n++)
        {
            var made = _projection.Forward(n);
            if (_classes is { } table)
            {
                Lanes<T>.AddScaled(_program.Weights.Theta + ClassRow(table, n), T.One, made, _dimension);
            }

            Silu(made, _program.Conditions.Embedding(n), _slope.Pointer + n * _row, _row);
        }
    }

    /// <inheritdoc/>
    public override void Backward(int images, T* gradient)
    {
        for (var n = 0; n < images; n++)
        {
            Multiply(_program.Conditions.Gradient(n), _slope.Pointer + n * _row, _gradient.Pointer, _row);
            if (_classes is { } table)
            {
                Lanes<T>.AddScaled(_gradient.Pointer, T.One, gradient + ClassRow(table, n), _dimension);
            }

            _projection.Backward(n, _gradient.Pointer, gradient);
        }
    }

    private int ClassRow(int table, int image) => table + _program.Conditions.Class(image) * _dimension;
}
