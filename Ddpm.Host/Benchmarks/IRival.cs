using LanguageExt;

namespace Ddpm.Host.Benchmarks;

/// <summary>Another implementation of the network, measured in turn with ours.</summary>
internal interface IRival : IDisposable
{
    /// <summary>Its name, also in JSON.</summary>
    string Name { get; }

    /// <summary>Measures it once.</summary>
    Fin<Rates> Measure(Pace pace);
}

/// <summary>How many images an implementation computes in a second.</summary>
/// <param name="Training">Trained with, in steps of a whole batch; none if it cannot train.</param>
/// <param name="Forward">Evaluated, without gradients.</param>
internal sealed record Rates(Option<double> Training, double Forward);
