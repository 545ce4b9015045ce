using LanguageExt;

namespace Ddpm.Pure.Networks;

/// <summary>The initialisation of a parameter.</summary>
public abstract record Initialization
{
    private Initialization()
    {
    }

    /// <summary>Uniform in (−Bound, Bound).</summary>
    /// <param name="Bound">The largest magnitude. For convolutions and linear layers it is PyTorch's default, 1/√fan_in.</param>
    public sealed record Uniform(double Bound) : Initialization;

    /// <summary>The same value everywhere.</summary>
    /// <param name="Value">For example 1 for the scales and 0 for the shifts of a normalisation.</param>
    public sealed record Constant(double Value) : Initialization;
}

/// <summary>One trained tensor of a network.</summary>
/// <param name="Name">Its name in the state dict.</param>
/// <param name="Shape">Its shape in the state dict.</param>
/// <param name="Start">Its initialisation.</param>
public sealed record Parameter(string Name, Arr<int> Shape, Initialization Start)
{
    /// <summary>The number of elements.</summary>
    public int Count => Shape.Fold(1, (product, size) => checked(product * size));
}
