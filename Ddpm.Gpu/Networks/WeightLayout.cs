using Ddpm.Pure.Networks;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Networks;

/// <summary>
/// Where each parameter lies in one flat vector θ, so that the optimiser, averaging and reduction are a few whole-vector operations.
/// Inside θ the channels of convolutions and normalisations come last, which is the layout that the convolution kernels want; outside
/// (views, checkpoints) every parameter has its state-dict shape.
/// </summary>
public sealed class WeightLayout
{
    private readonly long[] _counts;
    private readonly long[][] _stored, _toShape;

    /// <summary>Lays out parameters in their order.</summary>
    public WeightLayout(Arr<Parameter> parameters)
    {
        Parameters = parameters;
        _counts = [.. parameters.Map(parameter => (long)parameter.Count)];
        _stored = [.. parameters.Map(parameter => Storage(parameter.Shape).Select(axis => (long)parameter.Shape[axis]).ToArray())];
        _toShape = [.. parameters.Map(parameter => Inverse(Storage(parameter.Shape)))];
        Count = _counts.Sum();
    }

    /// <summary>The parameters, in state-dict order.</summary>
    public Arr<Parameter> Parameters { get; }

    /// <summary>The length of θ.</summary>
    public long Count { get; }

    /// <summary>Each parameter as a view of θ under its name and in its shape. Gradients flow through to θ.</summary>
    public Weights View(Tensor theta)
    {
        var parts = theta.split(_counts);
        var named = new Dictionary<string, Tensor>(parts.Length);
        for (var k = 0; k < parts.Length; k++)
        {
            named.Add(Parameters[k].Name, parts[k].view(_stored[k]).permute(_toShape[k]));
        }

        return new(named);
    }

    /// <summary>θ from the parameters' elements in the C order of their shapes: <paramref name="fill"/> writes parameter k.</summary>
    public Tensor Assemble(ParameterFill fill, ScalarType type, Device device)
    {
        using var scope = NewDisposeScope();
        var parts = Parameters.Map((k, parameter) =>
        {
            var elements = new double[parameter.Count];
            fill(parameter, k, elements);
            return tensor(elements, [.. parameter.Shape.Map(size => (long)size)], type).permute([.. Storage(parameter.Shape).Select(axis => (long)axis)]).reshape(-1);
        });
        return cat([.. parts]).to(device).MoveToOuterDisposeScope();
    }

    /// <summary>The order in which a shape's axes are stored: channels last.</summary>
    private static int[] Storage(Arr<int> shape) => shape.Count switch
    {
        4 => [0, 2, 3, 1],
        3 => [1, 2, 0],
        _ => [.. Enumerable.Range(0, shape.Count)],
    };

    private static long[] Inverse(int[] permutation) => [.. Enumerable.Range(0, permutation.Length).Select(axis => (long)Array.IndexOf(permutation, axis))];
}

/// <summary>Writes the elements of one parameter.</summary>
/// <param name="parameter">Which.</param>
/// <param name="k">Its place in the state dict, the embedding not counted.</param>
/// <param name="destination">Its elements, in the C order of its shape.</param>
public delegate void ParameterFill(Parameter parameter, int k, Span<double> destination);

/// <summary>A network's parameters by name, each a view of one vector.</summary>
/// <param name="named">The views.</param>
public sealed class Weights(IReadOnlyDictionary<string, Tensor> named)
{
    /// <summary>The parameter of a state-dict name.</summary>
    public Tensor this[string name] => named[name];
}
