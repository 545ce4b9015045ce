using Ddpm.Pure.Random;

namespace Ddpm.Pure.Networks;

/// <summary>The initial weights of a network. They depend on the seed and on the parameter's place alone.</summary>
public static class WeightInitialization
{
    /// <summary>Fills the k-th parameter in the C order of its state-dict shape. Element j is the draw at index k, position j.</summary>
    public static void Fill(Parameter parameter, int k, ulong seed, Span<double> destination)
    {
        switch (parameter.Start)
        {
            case Initialization.Constant(var value):
                destination.Fill(value);
                break;
            case Initialization.Uniform(var bound):
                var draws = new RandomStream(seed, StreamName.WeightInitialization).At(k, 0);
                for (var j = 0; j < destination.Length; j++)
                {
                    destination[j] = bound * (2 * draws.Uniform(j) - 1);
                }

                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
