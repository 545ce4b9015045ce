using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Sampling;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Reference;

/// <summary>A sampling plan in the format of the reference files.</summary>
public static class PlanJson
{
    /// <summary>The plan as named values. The factors of each sum are in the order of summation.</summary>
    public static Datum Of(SamplingPlan plan) => Datum.Named(
        ("start", Of(plan.Start)),
        ("clip-sample", Datum.Of(plan.ClipSample)),
        ("lines", Datum.Each(plan.Lines, line => Datum.Named([
            ("timestep", Datum.Of(line.Timestep)),
            ("input", Datum.Of(line.Input)),
            .. Of(line.Output),
            ("estimate", Of(line.Estimate)),
            ("remember", Datum.Of([line.Remember.X, line.Remember.Output, line.Remember.X0])),
            ("correct", Datum.Named(("base", Datum.Of(line.Correct.Base)), ("x", Datum.Of(line.Correct.X)), ("history", Datum.Of(line.Correct.History)))),
            ("predict", Datum.Named(("base", Datum.Of(line.Predict.Base)), ("history", Datum.Of(line.Predict.History)))),
            ("noise", Datum.Named(("least", Datum.Of(line.Noise.Least)), ("most", Datum.Of(line.Noise.Most)), ("log-width", Datum.Of(line.Noise.LogWidth)))),
            ("marginal", Of(line.Marginal))]))));

    /// <summary>The plan as JSON.</summary>
    public static string Text(SamplingPlan plan) => System.Text.Encoding.UTF8.GetString(new Content.Json(Of(plan)).ToBytes().Span);

    /// <summary>Only a guided line says which networks it asks.</summary>
    private static Seq<(string, Datum)> Of(GuidedOutput output) => output == GuidedOutput.Plain ? [] : Seq1(("output", Datum.Named(
        ("terms", Datum.Each(output.Terms, term => Datum.Named(
            ("source", Datum.Of(Name(term.Source))),
            ("factor", Datum.Of(term.Factor))))),
        ("rescale", Datum.Of(output.Rescale)))));

    private static string Name(NetworkSource source) => source switch
    {
        NetworkSource.Model => "model",
        NetworkSource.Unconditional => "unconditional",
        NetworkSource.Guide => "guide",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Datum Of(LinearPair pair) => Datum.Of([pair.First, pair.Second]);
}
