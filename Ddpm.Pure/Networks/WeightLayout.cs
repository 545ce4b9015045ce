using LanguageExt;

namespace Ddpm.Pure.Networks;

/// <summary>
/// The place of each parameter in one flat vector θ: one after another in state-dict order, each in the C order of its shape. The optimiser, the average and
/// the reduction of gradients are then a few operations on whole vectors.
/// </summary>
public sealed class WeightLayout
{
    private readonly HashMap<string, int> _offsets;

    /// <summary>Lays out parameters in their order.</summary>
    /// <param name="parameters">The parameters, in state-dict order.</param>
    public WeightLayout(Arr<Parameter> parameters)
    {
        Parameters = parameters;
        var offset = 0;
        foreach (var parameter in parameters)
        {
            _offsets = _offsets.Add(parameter.Name, offset);
            offset = checked(offset + parameter.Count);
        }

        Count = offset;
    }

    /// <summary>The parameters, in state-dict order.</summary>
    public Arr<Parameter> Parameters { get; }

    /// <summary>The length of θ.</summary>
    public long Count { get; }

    /// <summary>The place in θ where a parameter begins.</summary>
    /// <param name="name">Its state-dict name.</param>
    public int Offset(string name) => _offsets[name];
}
