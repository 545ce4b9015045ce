using Ddpm.Pure.Networks;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Networks;

/// <summary>
/// Where each parameter lies in one flat vector θ, so that the optimiser, averaging and reduction are a few whole-vector operations:
/// one behind another in state-dict order, each in the C order of its shape.
/// </summary>
public sealed class WeightLayout
{
    private readonly long[] _counts;
    private readonly long[][] _shapes;
    private readonly Dictionary<string, int> _offsets = [];

    /// <summary>Lays out parameters in their order.</summary>
    public WeightLayout(Arr<Parameter> parameters)
    {
        Parameters = parameters;
        _counts = [.. parameters.Map(parameter => (long)parameter.Count)];
        _shapes = [.. parameters.Map(parameter => parameter.Shape.Map(size => (long)size).ToArray())];
        var offset = 0;
        foreach (var parameter in parameters)
        {
            _offsets.Add(parameter.Name, offset);
            offset = checked(offset + parameter.Count);
        }

        Count = offset;
    }

    /// <summary>The parameters, in state-dict order.</summary>
    public Arr<Parameter> Parameters { get; }

    /// <summary>The length of θ.</summary>
    public long Count { get; }

    /// <summary>Where a parameter begins in θ.</summary>
    public int Offset(string name) => _offsets[name];

    /// <summary>Each parameter as a view of θ under its name and in its shape. Gradients flow through to θ.</summary>
    public Weights View(Tensor theta)
    {
        var parts = theta.split(_counts);
        var named = new Dictionary<string, Tensor>(parts.Length);
        for (var k = 0; k < parts.Length; k++)
        {
            named.Add(Parameters[k].Name, parts[k].view(_shapes[k]));
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
            return tensor(elements, type);
        });
        return cat([.. parts]).to(device).MoveToOuterDisposeScope();
    }
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
