namespace Ddpm.Host.Benchmarks;

/// <summary>One measured figure.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Title">What it is, for people.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Value">The measurements.</param>
internal sealed record Figure(string Name, string Title, string Unit, Spread Value);
