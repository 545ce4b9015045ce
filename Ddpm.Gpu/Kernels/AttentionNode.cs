using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// Self-attention over pixels: y_i = Σ_j p_ij·v_j with p_i = softmax_j(q_i·k_j/√d), head by head. Vectors run along j; borders have weight 0. It keeps the p
/// for the backward pass.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class AttentionNode<T> : KernelNode<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Activation<T> _x, _y;
    private readonly NativeArray<T> _weights, _back;
    private readonly int[] _pixels; // their offsets from the first pixel
    private readonly int _heads, _depth, _row;
    private readonly bool _kept;
    private readonly T _scale;

    /// <summary>Adds attention to a network under construction. No other node uses its queries, keys and values.</summary>
    public AttentionNode(KernelProgram<T> program, int heads, Activation<T> queriesKeysValues, out Activation<T> y)
    {
        (_x, _heads, _kept) = (queriesKeysValues, heads, program.WithGradient);
        var (shape, channels) = (_x.Shape, _x.Channels / 3);
        y = _y = program.Allocate(shape, channels);
        (_depth, _row) = (channels / heads, shape.Length);
        _scale = T.One / T.Sqrt(T.CreateChecked(_depth));
        _pixels = [.. from h in Enumerable.Range(0, shape.Size.Height) from w in Enumerable.Range(0, shape.Size.Width) select h * shape.Pitch + w];
        _weights = program.Allocate(_kept ? (long)program.Images * heads * _pixels.Length * _row : _row);
        _back = program.Allocate(_row);
    }

    /// <inheritdoc/>
    public override void Forward(int images)
    {
        for (var n = 0; n < images; n++)
        {
            for (var head = 0; head < _heads; head++)
            {
                T* q = Plane(_x.Values(n), 0, head), k = Plane(_x.Values(n), 1, head), v = Plane(_x.Values(n), 2, head);
                var y = Plane(_y.Values(n), 0, head);
                for (var i = 0; i < _pixels.Length; i++)
                {
                    var p = Weights(n, head, i);
                    new Span<T>(p, _row).Clear();
                    for (var c = 0; c < _depth; c++)
                    {
                        Lanes<T>.AddScaled(Channel(k, c), Channel(q, c)[_pixels[i]] * _scale, p, _row);
                    }

                    Softmax(p);
                    for (var c = 0; c < _depth; c++)
                    {
                        Channel(y, c)[_pixels[i]] = Lanes<T>.Dot(p, Channel(v, c), _row);
                    }
                }
            }
        }
    }

    /// <summary>With dp_ij = dy_i·v_j and ds_ij = p_ij(dp_ij − Σ_j p_ij·dp_ij)/√d: dq_i = Σ_j ds_ij·k_j, dk_j = Σ_i ds_ij·q_i, dv_j = Σ_i p_ij·dy_i.</summary>
    public override void Backward(int images, T* gradient)
    {
        for (var n = 0; n < images; n++)
        {
            new Span<T>(_x.Gradient(n), _x.ImageStride).Clear();
            for (var head = 0; head < _heads; head++)
            {
                T* q = Plane(_x.Values(n), 0, head), k = Plane(_x.Values(n), 1, head), v = Plane(_x.Values(n), 2, head);
                T* dq = Plane(_x.Gradient(n), 0, head), dk = Plane(_x.Gradient(n), 1, head), dv = Plane(_x.Gradient(n), 2, head);
                var dy = Plane(_y.Gradient(n), 0, head);
                for (var i = 0; i < _pixels.Length; i++)
                {
                    T* p = Weights(n, head, i), ds = _back.Pointer;
                    var pixel = _pixels[i];
                    _back.Clear();
                    for (var c = 0; c < _depth; c++)
                    {
                        Lanes<T>.AddScaled(Channel(v, c), Channel(dy, c)[pixel], ds, _row);
                        Lanes<T>.AddScaled(p, Channel(dy, c)[pixel], Channel(dv, c), _row);
                    }

                    SoftmaxGradient(p, ds, Lanes<T>.Dot(p, ds, _row));
                    for (var c = 0; c < _depth; c++)
                    {
                        Channel(dq, c)[pixel] = Lanes<T>.Dot(ds, Channel(k, c), _row);
                        Lanes<T>.AddScaled(ds, Channel(q, c)[pixel], Channel(dk, c), _row);
                    }
                }
            }
        }
    }

    private T* Weights(int image, int head, int pixel) =>
        _kept ? _weights.Pointer + (((long)image * _heads + head) * _pixels.Length + pixel) * _row : _weights.Pointer;

    /// <summary>The first pixel of a head's first channel: part 0 is queries, 1 keys, 2 values.</summary>
    private T* Plane(T* image, int part, int head) => Channel(image + _x.Shape.Origin, (part * _heads + head) * _depth);

    private T* Channel(T* first, int channel) => first + channel * _x.Shape.Stride;

    /// <summary>p ← eᵖ/Σeᵖ over the pixels; 0 on the borders. It subtracts the largest p first, so nothing overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Softmax(T* p)
    {
        var lanes = Vector512<T>.Count;
        var mask = _x.Shape.Mask.Pointer + _x.Shape.Origin;
        var most = p[0];
        foreach (var pixel in _pixels)
        {
            most = T.Max(most, p[pixel]);
        }

        Vector512<T> largest = Vector512.Create(most), sum = default;
        for (var i = 0; i < _row; i += lanes)
        {
            var e = Lanes<T>.Where(Vector512.Load(mask + i), Lanes<T>.Exp(Vector512.Load(p + i) - largest));
            e.Store(p + i);
            sum += e;
        }

        var share = Vector512.Create(T.One / Lanes<T>.Sum(sum));
        for (var i = 0; i < _row; i += lanes)
        {
            (Vector512.Load(p + i) * share).Store(p + i);
        }
    }

    /// <summary>Turns dp into ds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void SoftmaxGradient(T* p, T* dp, T mean)
    {
        var (less, times) = (Vector512.Create(mean), Vector512.Create(_scale));
        for (var i = 0; i < _row; i += Vector512<T>.Count)
        {
            (Vector512.Load(p + i) * (Vector512.Load(dp + i) - less) * times).Store(dp + i);
        }
    }
}
