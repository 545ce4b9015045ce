using Ddpm.Pure.Networks;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Networks;

/// <summary>Writes the elements of one parameter.</summary>
/// <param name="parameter">Which.</param>
/// <param name="k">Its place in the state dict, the embedding not counted.</param>
/// <param name="destination">Its elements, in the C order of its shape.</param>
internal delegate void ParameterFill(Parameter parameter, int k, Span<double> destination);

/// <summary>A network's parameters by name, each a view of one vector θ.</summary>
/// <param name="named">The views.</param>
public sealed class Weights(IReadOnlyDictionary<string, Tensor> named)
{
    /// <summary>The parameter of a state-dict name.</summary>
    public Tensor this[string name] => named[name];
}

/// <summary>Tensors of a <see cref="WeightLayout"/>.</summary>
public static class WeightTensors
{
    /// <summary>Each parameter as a view of θ under its name and in its shape. Gradients flow through to θ.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="theta">θ.</param>
    public static Weights View(this WeightLayout layout, Tensor theta)
    {
        var parts = theta.split([.. layout.Parameters.Map(parameter => (long)parameter.Count)]);
        var named = new Dictionary<string, Tensor>(parts.Length);
        for (var k = 0; k < parts.Length; k++)
        {
            var parameter = layout.Parameters[k];
            named.Add(parameter.Name, parts[k].view([.. parameter.Shape.Map(size => (long)size)]));
        }

        return new(named);
    }

    /// <summary>θ from the elements of the parameters: <paramref name="fill"/> writes parameter k.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="fill">Writes the elements of a parameter in the C order of its shape.</param>
    /// <param name="type">The type of θ.</param>
    /// <param name="device">The device of θ.</param>
    internal static Tensor Assemble(this WeightLayout layout, ParameterFill fill, ScalarType type, Device device)
    {
        using var scope = NewDisposeScope();
        var parts = layout.Parameters.Map((k, parameter) =>
        {
            var elements = new double[parameter.Count];
            fill(parameter, k, elements);
            return tensor(elements, type);
        });
        return cat([.. parts]).to(device).MoveToOuterDisposeScope();
    }
}
