using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Reference;

/// <summary>The posterior, predictions, the variational bound, loss weights, guidance and interpolation.</summary>
internal static class DiffusionEntries
{
    // As for the tables of the schedules; β between neighbouring levels is equally exact.
    private static readonly Tolerance Terms = new(1e-10, 1e-12);

    // The rounding error of a deviation s counts times (distance/s)² in the logarithm of a mass; here up to 10⁴.
    private static readonly Tolerance LearnedTerms = new(1e-9, 1e-11);

    private static readonly Tolerance Plain = new(1e-14, 1e-15);

    private static readonly Arr<(string Name, int Steps)> Schedules = Array(("linear", 1000), ("cosine", 1000), ("linear", 10));

    public static IEnumerable<ReferenceEntry> All =>
    [
        .. Schedules.Map(on => ReferenceEntry.Json(
            $"posterior/{on.Name}-{on.Steps}.json",
            "of each pair (t, p), p earlier than t, −1 the clean image: x0, xt, the factors of the mean, and variance β̃",
            "√ᾱ_p·β/(1 − ᾱ_t), √α·(1 − ᾱ_p)/(1 − ᾱ_t), β·(1 − ᾱ_p)/(1 − ᾱ_t), with α = ᾱ_t/ᾱ_p, β = 1 − α",
            "Ho et al. 2020, eqs. 6 and 7",
            Terms,
            () => Posteriors(ScheduleEntries.Chain(on.Name, on.Steps)))),
        .. Schedules.Map(on => ReferenceEntry.Json(
            $"bound/{on.Name}-{on.Steps}.json",
            "prior: L_T in nats for mean x0² = 0.3; for s² = β and β̃: steps, L_{t−1} in nats for squared error 0.01, t = 1 … T − 1; "
            + "the weight of the squared error of ε, x0 and v in it; the decoder's deviation; "
            + "total, the bound in bits per dimension with 2 nats for L_0",
            "½(ᾱ·x0² − ᾱ − ln(1 − ᾱ)); ½(β̃/s² − 1 − ln(β̃/s²)) + c₁²/(2s²)·error",
            "Ho et al. 2020, eqs. 5, 12 and 13; Kingma et al. 2021, eq. 13",
            Terms,
            () => Bound(ScheduleEntries.Chain(on.Name, on.Steps)))),
        .. Schedules.Map(on => ReferenceEntry.Json(
            $"learned-variance/{on.Name}-{on.Steps}.json",
            "the range of s² for t = 0 … T − 1: least, most, log-width; the factor of a term's nats in the loss; then terms for one pixel with ε = 0.5: "
            + "the timestep, the prediction, the byte of x0, and for each error of o (o = target + error) the nats and the slope d(nats)/df "
            + "at f = −0.25, 0, 0.25, 0.625, 1, 1.25",
            "s² = β̃^(1 − f)·β^f, β̃_1 in the place of β̃_0; t > 0: ½(e − 1 − ln e) + w·error²·e with e = exp(−f·ln(β/β̃)) and w = c₁²/(2β̃)·(dx0/do)²; "
            + "t = 0: −ln of the mass of x0's level under N(x̂0, s²), as in discretised-gaussian.json",
            "Nichol and Dhariwal 2021 (2102.09672), section 3.1 and eq. 15",
            LearnedTerms,
            () => Learned(ScheduleEntries.Chain(on.Name, on.Steps)))),
        ReferenceEntry.Json(
            "predictions.json",
            "on each of four schedules of 1000: factors of (x0, ε) in the target, of (x, o) in x0, in ε and in the score, and the input factor c_in, "
            + "for t = 0, 1, 499, 998, 999; pairs that do not exist are left out",
            "o = p·x0 + q·ε, D = a·q − σ·p, x0 = (q·x − σ·o)/D, ε = (a·o − p·x)/D; score = −ε/σ; (p, q): ε (0, 1), x0 (1, 0), v (−σ, a), "
            + "flow (−1, 1), edm (σ/(s·σ_d), −a·σ_d/s) with s² = a²·σ_d² + σ², σ_d = 0.5 and c_in = 1/s",
            "Salimans and Ho 2022, appendix D; Esser et al. 2024; Karras et al. 2022, table 1; Song et al. 2021",
            Terms,
            Predictions),
        ReferenceEntry.Json(
            "discretised-gaussian.json",
            "for each mean and deviation, ln of the mass of the levels 0 … 255",
            "ln(Φ(((2k − 254)/255 − mean)/deviation) − Φ(((2k − 256)/255 − mean)/deviation)), open at both ends",
            "Ho et al. 2020, eq. 13",
            new(1e-9, 1e-11),
            Masses),
        ReferenceEntry.Json(
            "loss-weights.json",
            "on each of four schedules of 1000, for each weighting and prediction: the weight at t = 0, 1, 9, 99, 499, 998, 999",
            "min-SNR-γ: min(SNR, γ) on x0; P2: 1/(k + SNR)^γ on ε; a unit squared error of x0 is a squared error (D/σ)² of o, and of o is (a/D)² of ε, "
            + "with D as in predictions.json; where a = 0 makes the weight 0, it is 1, unless the weighting vanishes",
            "Hang et al. 2023 (2303.09556); Choi et al. 2022, eq. 8",
            new(1e-9, 1e-11),
            Weights),
        ReferenceEntry.Json(
            "guidance.json",
            "for each scale w the factors of (the worse answer, the model's) and their value for the outputs 0.5 and −0.25",
            "o = (1 − w)·o_g + w·o_m",
            "Ho and Salimans 2022 (2207.12598), Karras et al. 2024 (2406.02507)",
            Plain,
            Guided),
        ReferenceEntry.Json(
            "spherical-interpolation.json",
            "pairs of vectors, the angle between them, and the vector at fractions 0, 0.25, 0.5, 1 of the way",
            "sin((1 − f)θ)/sin θ·u + sin(fθ)/sin θ·v; (1 − f)·u + f·v where sin θ < 1e-8",
            "Shoemake 1985",
            new(1e-12, 1e-12),
            Interpolated),
    ];

    private static Datum Posteriors(VariancePreservingSchedule schedule)
    {
        var neighbours = Enumerable.Range(0, schedule.Steps).Select(t => (Later: t, Earlier: t - 1));
        var far = Array<(int Later, int Earlier)>((420, 400), (980, 960), (999, 0), (999, -1)).Filter(pair => pair.Later < schedule.Steps);
        var pairs = new Arr<(int Later, int Earlier)>([.. neighbours, .. far]);
        var posteriors = pairs.Map(pair => Posterior.Between(schedule[pair.Later], schedule[pair.Earlier]));
        return Datum.Named(
            ("pairs", Datum.Each(pairs, pair => Datum.Of([pair.Later, pair.Earlier]))),
            ("x0", Datum.Of(posteriors.Map(posterior => posterior.X0Coefficient))),
            ("xt", Datum.Of(posteriors.Map(posterior => posterior.XtCoefficient))),
            ("variance", Datum.Of(posteriors.Map(posterior => posterior.Variance))));
    }

    private static Datum Bound(VariancePreservingSchedule schedule)
    {
        var errors = Range(1, schedule.Steps - 1).Map(_ => 0.01).ToArr();
        Arr<double> Steps(double fraction) => errors.Map((i, error) => VariationalBound.StepNats(schedule[i + 1], schedule[i], fraction, error)).ToArr();
        return Datum.Named([
            ("prior", Datum.Of(VariationalBound.PriorNats(schedule[schedule.Steps - 1], 0.3))),
            .. Array(("beta", VariationalBound.OfBeta), ("posterior", VariationalBound.OfPosterior)).Map(kind => (kind.Item1, Datum.Named([
                ("steps", Datum.Of(Steps(kind.Item2))),
                .. Named(Prediction.All).Select(prediction => ($"weight-{prediction.Name}",
                    Datum.Of(errors.Map((i, _) => VariationalBound.Weight(prediction.Value, schedule[i + 1], schedule[i], kind.Item2))))),
                ("decoder-deviation", Datum.Of(VariationalBound.DecoderAt(schedule, kind.Item2, 0).StandardDeviation)),
                ("total", Datum.Of(VariationalBound.Of(schedule, 0.3, Steps(kind.Item2), 2).OrThrow().Total))])))]);
    }

    private static Datum Learned(VariancePreservingSchedule schedule)
    {
        const double Noise = 0.5;
        var fractions = Array(-0.25, 0, 0.25, 0.625, 1, 1.25);
        var terms = Prediction.All.ToDictionary(row => row.Name, row => LearnedVariance.Of(schedule, row.Value));
        var ranges = terms["epsilon"].Terms.Map(term => term.Range);
        IEnumerable<(string Name, Datum Value)> At(Prediction prediction, int t, int level, double error)
        {
            var (term, at, x0) = (terms[prediction.Name].Terms[t], schedule[t], PixelScale.Value(level));
            var (x, target) = (prediction.InputScale(at) * ForwardProcess.Diffuse(at, x0, Noise), prediction.Target(at).Of(x0, Noise));
            var losses = fractions.Map(f => term.Of(x, target, target + error, f));
            return [("error", Datum.Of(error)), ("nats", Datum.Of(losses.Map(loss => loss.Nats))), ("slope", Datum.Of(losses.Map(loss => loss.Slope)))];
        }

        var places = from row in Named(Prediction.All)
                     from t in Array(0, 1, 2, schedule.Steps / 2, schedule.Steps - 1)
                     from level in t == 0 ? Array(0, 153, 255) : Array(153)
                     select (row.Name, Prediction: row.Value, Timestep: t, Level: level);
        return Datum.Named(
            ("least", Datum.Of(ranges.Map(range => range.Least))),
            ("most", Datum.Of(ranges.Map(range => range.Most))),
            ("log-width", Datum.Of(ranges.Map(range => range.LogWidth))),
            ("loss-weight", Datum.Of(terms["epsilon"].LossWeight)),
            ("terms", Datum.Each(places, place => Datum.Named(
                ("timestep", Datum.Of(place.Timestep)),
                ("prediction", Datum.Of(place.Name)),
                ("level", Datum.Of(place.Level)),
                ("losses", Datum.Each(
                    Array(0, 0.01, -0.2),
                    error => Datum.Named([.. At(place.Prediction, place.Timestep, place.Level, error)])))))));
    }

    private static Datum Predictions()
    {
        static IEnumerable<(string Name, Datum Value)> Pair(string name, LinearPair pair) =>
            double.IsFinite(pair.First) && double.IsFinite(pair.Second) ? [(name, Datum.Of([pair.First, pair.Second]))] : [];
        static Datum At(Prediction prediction, NoiseLevel level) => Datum.Named(
        [
            .. Pair("target", prediction.Target(level)),
            .. Pair("clean-image", prediction.CleanImage(level)),
            .. Pair("noise", prediction.Noise(level)),
            .. Pair("score", Score.OfOutput(prediction, level)),
            ("input", Datum.Of(prediction.InputScale(level))),
        ]);
        return OnFourSchedules("", schedule => Datum.NamedEach(
            Named(Prediction.All),
            row => (row.Name, Datum.NamedEach(Array(0, 1, 499, 998, 999), t => (Invariant($"{t}"), At(row.Value, schedule[t]))))));
    }

    private static Datum Masses() => Datum.Each(Array((0.0, 0.01), (0.0, 1), (0.3, 0.02), (-1.2, 0.1), (1.0, 1e-4), (0.001, 100)), given => Datum.Named(
        ("mean", Datum.Of(given.Item1)),
        ("deviation", Datum.Of(given.Item2)),
        ("log-masses", Datum.Of(Range(0, DiscretisedGaussian.Levels).Map(new DiscretisedGaussian(given.Item1, given.Item2).LogMass)))));

    private static Datum Weights() => OnFourSchedules("-1000", schedule =>
    {
        var weightings = Named(Choices.LossWeightings).Select(choice => (choice.Name, Value: choice.Value(new()).OrThrow())).ToArr()
            .Add(("min-snr-1", LossWeighting.MinSnr.Of(1).OrThrow())).Add(("p2-0.5-2", LossWeighting.P2.Of(0.5, 2).OrThrow()));
        Datum Of(LossWeighting weighting, Prediction prediction) =>
            Datum.Of(Array(0, 1, 9, 99, 499, 998, 999).Map(t => weighting.Weight(prediction, schedule[t])));
        return Datum.NamedEach(weightings, weighting => (
            weighting.Name,
            Datum.NamedEach(Named(Prediction.All), prediction => (prediction.Name, Of(weighting.Value, prediction.Value)))));
    });

    private static Datum Guided() => Datum.Each(Array(0, 0.5, 1, 1.5, 3, 7.5), scale =>
    {
        var factors = Guidance.Of(scale).OrThrow().Factors;
        return Datum.Named(("scale", Datum.Of(scale)), ("factors", Datum.Of([factors.First, factors.Second])), ("example", Datum.Of(factors.Of(0.5, -0.25))));
    });

    private static Datum Interpolated()
    {
        var vectors = Array(
            (Array(1.0, 0, 0), Array(0.0, 1, 0)), (Array(1.0, 2, -0.5), Array(0.25, -1, 3)),
                (Array(1.0, 1, 1), Array(1.0, 1, 1)), (Array(1.0, 0, 0), Array(-1.0, 0, 0)),
            (Array(0.5, -0.25, 2), Array(0.0, 0, 0)));
        return Datum.Each(vectors, pair => Datum.Named(
            ("from", Datum.Of(pair.Item1)),
            ("to", Datum.Of(pair.Item2)),
            ("angle", Datum.Of(SphericalInterpolation.Angle(pair.Item1.ToArray(), pair.Item2.ToArray()))),
            ("between", Datum.Each(
                Array(0, 0.25, 0.5, 1),
                part => Datum.Of(SphericalInterpolation.Between(pair.Item1, pair.Item2, part).OrThrow())))));
    }

    /// <summary>One datum for each of four schedules of 1000 steps: both kinds of chain, EDM and rectified flow.</summary>
    private static Datum OnFourSchedules(string suffix, Func<NoiseSchedule, Datum> make) => Datum.NamedEach(
        Array(("edm", false), ("linear", false), ("linear", true), ("rectified-flow", false)),
        on => ($"{on.Item1}{suffix}{(on.Item2 ? "-zero-snr" : "")}", make(ScheduleEntries.Named(on.Item1, 1000, on.Item2))));

    private static IEnumerable<(string Name, T Value)> Named<T>(ChoiceTable<T> choices) => choices.OrderBy(choice => choice.Name, StringComparer.Ordinal);
}
