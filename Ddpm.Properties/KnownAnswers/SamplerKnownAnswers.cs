using Ddpm.Properties.Sampling;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Xunit;

namespace Ddpm.Properties.KnownAnswers;

/// <summary>
/// The toy model of diffusers' scheduler tests: x_i = i/768 for i &lt; 768, o(x, t) = x·t/(t + 1). The sums and means of |x| after the whole loop are
/// theirs, to the digits that they give; the longer ones were computed independently.
/// </summary>
public sealed class SamplerKnownAnswers
{
    private const int Count = 768;

    /// <summary>Theirs were computed in single precision: the first is off by 2·10⁻⁴, a part 10⁻⁶.</summary>
    [Theory]
    [InlineData("epsilon", 172.0067, 172.00652)]
    [InlineData("velocity", 52.5302, 52.53012)]
    public void Ddim_in_ten_leading_steps(string prediction, double theirs, double reproduced)
    {
        var sum = Sum(new Ddim(0, ClippedNoise.DiffusersOutput), Generators.Original, Of(prediction), Leading, clip: true);
        Assert.Equal(theirs, sum, 3e-4);
        Assert.Equal(reproduced, sum, 1e-5);
    }

    [Fact]
    public void Ddim_ends_at_the_clean_image_or_at_the_first_level()
    {
        var narrow = NoiseSchedule.Linear(1000, 0.01, 0.02).Valid();
        Assert.Equal(149.82946, Sum(new Ddim(0, ClippedNoise.DiffusersOutput), narrow, new Prediction.Epsilon(), Leading, clip: true), 1e-5);
        Assert.Equal(
            149.07843, Sum(new Ddim(0, ClippedNoise.DiffusersOutput), narrow, new Prediction.Epsilon(), Leading.EndingAtFirstLevel(), clip: true),
            1e-5);
    }

    /// <summary>
    /// Their last line leads to the first level. Theirs are given to half a unit of the last digit, 5·10⁻⁵, and computed in single precision.
    /// </summary>
    [Theory]
    [InlineData("epsilon", 0.3301, 0.33015)]
    [InlineData("velocity", 0.2251, 0.22510)]
    public void Dpm_solver_2m_in_ten_linspace_steps(string prediction, double theirs, double reproduced)
    {
        var timesteps = Ten(new Spacing.DiffusersMultistepLinspace()).EndingAtFirstLevel();
        var mean = Sum(new DpmSolver(2), Generators.Original, Of(prediction), timesteps, clip: false) / Count;
        Assert.Equal(theirs, mean, 6e-5);
        Assert.Equal(reproduced, mean, 6e-6);
    }

    /// <summary>
    /// Diffusers' DDIMScheduler for n that does not divide T, in both spacings that their numpy rounds, and where n does: each step leads to t − ⌊T/n⌋, below 0
    /// to the final ᾱ, and the
    /// network is evaluated at the next timestep. The toy network's ε is multiplied by 1/a = 157 where noise is most, hence 10⁻¹⁰ for some 10⁻¹⁶.
    /// </summary>
    [Theory]
    [InlineData("leading", 7)]
    [InlineData("leading", 10)]
    [InlineData("diffusers-linspace", 7)]
    [InlineData("diffusers-linspace", 10)]
    [InlineData("diffusers-trailing", 7)]
    [InlineData("diffusers-trailing", 48)]
    public void Ddim_steps_as_in_diffusers(string spacing, int n)
    {
        var timesteps = Enumerable.Range(0, n).Select(i => spacing switch
        {
            "leading" => (n - 1 - i) * (1000 / n),
            "diffusers-linspace" => (int)Math.Round((n - 1 - i) * (999.0 / (n - 1)), MidpointRounding.ToEven),
            // numpy's arange repeats the rounded difference of its first two.
            _ => (int)Math.Round(1000 + i * (1000 - 1000.0 / n - 1000), MidpointRounding.ToEven) - 1,
        }).ToArray();
        (string, double, bool, bool)[] settings = [("epsilon", 0, true, false), ("velocity", 0.6, false, true), ("epsilon", 1, false, false)];
        foreach (var (prediction, eta, clip, firstLevel) in settings)
        {
            var options = new SamplingOptions { Sampler = "ddim-diffusers", SamplingSteps = n, Spacing = spacing, Eta = eta, EndAtFirstLevel = firstLevel };
            var plan = options.Compile(Generators.Original, Of(prediction), clip).Valid();
            Assert.Equal(timesteps, plan.Lines.Map(line => line.Timestep).AsEnumerable());
            Assert.All([0, 0.4, 1], start => Assert.Equal(
                DiffusersDdim(timesteps, n, start, prediction == "velocity", eta, clip, firstLevel), ScalarInterpreter.Run(plan, Toy, start, Noise),
                1e-10 * (clip ? 1 : 200)));
        }
    }

    /// <summary>
    /// Their tests of DPMSolverSinglestepScheduler, which end at the first level, to half a unit of the last digit.
    /// </summary>
    [Theory]
    [InlineData("epsilon", 0.2791)]
    [InlineData("velocity", 0.1453)]
    public void Single_step_dpm_solver_in_ten_linspace_steps(string prediction, double theirs) => Assert.Equal(
        theirs,
        Sum(
            new SinglestepDpmSolver(2), Generators.Original, Of(prediction),
            Ten(new Spacing.DiffusersMultistepLinspace()).EndingAtFirstLevel(), clip: false) / Count,
        6e-5);

    /// <summary>The authors' third-order update in data prediction, with their φ, in a plan of one group that ends at a visited level.</summary>
    [Fact]
    public void Single_step_dpm_solver_of_third_order_is_the_authors()
    {
        int[] visited = [700, 560, 390, 0];
        var timesteps = Timesteps.Of(new(visited[..3]), 1000).Valid().EndingAtFirstLevel();
        var plan = new SinglestepDpmSolver(3).Compile(new(Generators.Original, new Prediction.Sample(), timesteps, ClipSample: false)).Valid();
        var levels = visited.Select(t => Generators.Original[t]).ToArray();
        double Lambda(int i) => levels[i].Lambda - levels[0].Lambda;
        double h = Lambda(3), r1 = Lambda(1) / h, r2 = Lambda(2) / h, x = 0.8;
        double phi11 = Math.Exp(-r1 * h) - 1, phi12 = Math.Exp(-r2 * h) - 1, phi1 = Math.Exp(-h) - 1, phi22 = phi12 / (r2 * h) + 1, phi2 = phi1 / h + 1;
        var first = Toy(x, 700);
        var second = Toy(levels[1].Sigma / levels[0].Sigma * x - levels[1].A * phi11 * first, 560);
        var third = Toy(levels[2].Sigma / levels[0].Sigma * x - levels[2].A * phi12 * first + r2 / r1 * levels[2].A * phi22 * (second - first), 390);
        var end = levels[3].Sigma / levels[0].Sigma * x - levels[3].A * phi1 * first + levels[3].A * phi2 / r2 * (third - first);
        Closeness.Known(end, ScalarInterpreter.Run(plan, Toy, x, _ => 0), 1e-13);
    }

    /// <summary>
    /// Their tests of PNDMScheduler, which leads to the level after the first step unless set_alpha_to_one. Theirs were computed in single precision; they
    /// assert 10⁻².
    /// </summary>
    [Theory]
    [InlineData(1e-4, true, 198.1318)]
    [InlineData(0.01, true, 186.9482)]
    [InlineData(0.01, false, 230.0399)]
    public void Pndm_in_ten_leading_steps(double minBeta, bool firstLevel, double theirs)
    {
        var schedule = NoiseSchedule.Linear(1000, minBeta, 0.02).Valid();
        var timesteps = firstLevel ? Leading.EndingAtFirstLevel() : Leading;
        Assert.Equal(theirs, Sum(new Pndm(PndmStart.RungeKutta), schedule, new Prediction.Epsilon(), timesteps, clip: false), 5e-3);
    }

    /// <summary>Their DEISMultistepScheduler of order 2, whose order falls in the end, below 15 steps, and which ends at the first level.</summary>
    [Theory]
    [InlineData("epsilon", 0.23916, 6e-6)]
    [InlineData("velocity", 0.091, 6e-4)]
    public void Deis_in_ten_linspace_steps(string prediction, double theirs, double digits)
    {
        var timesteps = Ten(new Spacing.DiffusersMultistepLinspace()).EndingAtFirstLevel();
        Assert.Equal(theirs, Sum(new Deis(2, LowerOrderFinal: true), Generators.Original, Of(prediction), timesteps, clip: false) / Count, digits);
    }

    /// <summary>
    /// Their test of LMSDiscreteScheduler visits ten numbers between the timesteps of a schedule of 1100, with σ/a interpolated. Here these are the levels of a
    /// schedule of ten. The test passes x/√(σ² + 1), the network's input, to the step as x too, so x is scaled again in each. The sum is one for the
    /// coefficients: x ← x/√(σ² + 1) + Σ d_k·ε. Theirs was computed in single precision, and they assert 10⁻².
    /// </summary>
    [Fact]
    public void Lms_in_ten_fractional_timesteps()
    {
        double[] ratios = [.. NoiseSchedule.Linear(1100, 1e-4, 0.02).Valid().AlphaBars.Map(alphaBar => Math.Sqrt((1 - alphaBar) / alphaBar))];
        double[] numbers = [.. Enumerable.Range(0, 10).Select(i => i * 1099 / 9.0)];
        double[] visited = [.. numbers.Select(t => Math.Min((int)t, 1098) is var low ? ratios[low] + (t - low) * (ratios[low + 1] - ratios[low]) : 0)];
        var schedule = VariancePreservingSchedule.FromAlphaBars(new(visited.Select(ratio => 1 / (1 + ratio * ratio)))).Valid();
        var setting = new SamplingSetting(schedule, new Prediction.Epsilon(), Timesteps.All(10), ClipSample: false);
        var (x, history) = (visited[9], new List<double>());
        foreach (var (step, line) in setting.Steps.Zip(new LinearMultistep().Compile(setting).Valid().Lines))
        {
            var (ratio, number) = (visited[line.Timestep], numbers[line.Timestep]);
            x /= Math.Sqrt(ratio * ratio + 1);
            history.Insert(0, x * number / (number + 1));
            x += line.Predict.History.Map((k, factor) => factor / step.To.A * history[k]).Sum();
        }

        Assert.Equal(1006.388, Math.Abs(x) * Enumerable.Range(0, Count).Sum(i => i / (double)Count), 1e-2);
    }

    private static double DiffusersDdim(int[] timesteps, int n, double x, bool velocity, double eta, bool clip, bool firstLevel)
    {
        var alphaBars = Generators.Original.AlphaBars;
        for (var i = 0; i < timesteps.Length; i++)
        {
            int t = timesteps[i], previous = t - 1000 / n;
            double from = alphaBars[t], to = previous >= 0 ? alphaBars[previous] : firstLevel ? alphaBars[0] : 1, o = Toy(x, t);
            var x0 = velocity ? Math.Sqrt(from) * x - Math.Sqrt(1 - from) * o : (x - Math.Sqrt(1 - from) * o) / Math.Sqrt(from);
            var epsilon = velocity ? Math.Sqrt(from) * o + Math.Sqrt(1 - from) * x : o;
            var deviation = eta * Math.Sqrt((1 - to) / (1 - from) * (1 - from / to));
            x = Math.Sqrt(to) * (clip ? Math.Clamp(x0, -1, 1) : x0) + Math.Sqrt(1 - to - deviation * deviation) * epsilon + deviation * Noise(i);
        }

        return x;
    }

    /// <summary>
    /// ER-SDE-Solver as its authors' vp_1_order and vp_2_order_taylor compute it, in σ/a. Their integral of 1/φ has 100 points, here it has enough for a part
    /// 10⁻⁸ of the result. The toy network's ε is multiplied by 157.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_published_er_sde(int order)
    {
        var options = new SamplingOptions { Sampler = $"er-sde-{order}", SamplingSteps = 9, EndAtFirstLevel = true };
        var plan = options.Compile(Generators.Original, new Prediction.Epsilon(), clipSample: false).Valid();
        int[] timesteps = [.. plan.Lines.Map(line => line.Timestep)];
        Assert.All([0.25, 1], start => Closeness.Known(PublishedErSde(timesteps, order, start), ScalarInterpreter.Run(plan, Toy, start, Noise), 1e-8));
    }

    private static double PublishedErSde(int[] timesteps, int order, double x)
    {
        const int points = 100_000;
        static double Phi(double ratio) => ratio * (Math.Exp(Math.Pow(ratio, 0.3)) + 10);
        double[] a = [.. timesteps.Append(0).Select(t => Math.Sqrt(Generators.Original.AlphaBars[t]))];
        double[] ratios = [.. a.Select(image => Math.Sqrt(1 - image * image) / image)];
        double[] images = new double[timesteps.Length];
        for (var i = 0; i < timesteps.Length; i++)
        {
            var (from, to) = (ratios[i], ratios[i + 1]);
            images[i] = x / a[i] - from * Toy(x, timesteps[i]);
            var kept = Phi(to) / Phi(from);
            var next = kept * x / a[i] + (1 - kept) * images[i] + Math.Sqrt(to * to - kept * kept * from * from) * Noise(i);
            if (order == 2 && i > 0)
            {
                var width = (from - to) / points;
                var integral = Enumerable.Range(0, points).Sum(j => width / Phi(to + (j + 0.5) * width));
                next += (to - from + integral * Phi(to)) * (images[i] - images[i - 1]) / (from - ratios[i - 1]);
            }

            x = next * a[i + 1];
        }

        return x;
    }

    /// <summary>
    /// SA-Solver as its authors' sample_few_steps and diffusers' SASolverScheduler compute it, predictor order p and corrector order p + 1 (the authors' own
    /// are 3 and 4), order falling
    /// in the end, from their formulas: integrals of e^((1+τ²)λ)·λᵏ, Lagrange's polynomials in λ, and for two values their added term. These lose digits where
    /// the powers
    /// of λ cancel, and the toy network's ε is multiplied by 157: a part 10⁻⁹.
    /// </summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    [InlineData(2, 0.7)]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    [InlineData(3, 0.7)]
    [InlineData(3, 1)]
    public void The_published_sa_solver(int order, double tau)
    {
        const int n = 9;
        var options = new SamplingOptions
        {
            Sampler = $"sa-solver-{order}-published",
            SamplingSteps = n,
            Spacing = "diffusers-multistep-linspace",
            Tau = tau,
            TauRange = (0, double.PositiveInfinity),
            EndAtFirstLevel = true,
        };
        var plan = options.Compile(Generators.Original, new Prediction.Epsilon(), clipSample: false).Valid();
        var timesteps = Enumerable.Range(0, n).Select(i => (int)Math.Round((n - i) * (999.0 / n), MidpointRounding.ToEven)).ToArray();
        Assert.All([0.25, 1], start => Closeness.Known(PublishedSaSolver(timesteps, order, tau, start), ScalarInterpreter.Run(plan, Toy, start, Noise), 1e-9));
    }

    private static double PublishedSaSolver(int[] timesteps, int order, double tau, double x)
    {
        int n = timesteps.Length, correctorOrder = 0;
        double c = 1 + tau * tau, lastSample = 0, lastNoise = 0;
        double[] a = [.. timesteps.Append(0).Select(t => Math.Sqrt(Generators.Original.AlphaBars[t]))];
        double[] sigma = [.. a.Select(value => Math.Sqrt(1 - value * value))];
        double[] lambda = [.. a.Zip(sigma, (image, noise) => Math.Log(image / noise))];

        // ∫ e^(cλ)·λᵏ dλ, by parts
        double Power(int k, double from, double to) =>
            (Math.Exp(c * to) * Math.Pow(to, k) - Math.Exp(c * from) * Math.Pow(from, k) - (k == 0 ? 0 : k * Power(k - 1, from, to))) / c;

        // The step from level i to i + 1 with the values at these levels, of which the first is at level newest.
        double Step(int i, int newest, double[] values, double sample, double noise)
        {
            double h = lambda[i + 1] - lambda[i];
            double[] places = [.. Enumerable.Range(0, values.Length).Select(k => lambda[newest - k])];
            var coefficients = places.Select((place, j) =>
            {
                double[] polynomial = [1];
                foreach (var other in places.Where((_, m) => m != j))
                {
                    polynomial = [.. Enumerable.Range(0, polynomial.Length + 1).Select(k =>
                        ((k > 0 ? polynomial[k - 1] : 0) - (k < polynomial.Length ? other * polynomial[k] : 0)) / (place - other))];
                }

                return polynomial.Select((factor, k) => factor * Power(k, lambda[i], lambda[i + 1])).Sum();
            }).ToArray();
            if (values.Length == 2)
            {
                var missing = h * h / 2 - (h * c - 1 + Math.Exp(-c * h)) / (c * c);
                var added = Math.Exp(c * lambda[i + 1]) * missing / (places[0] - places[1]);
                (coefficients[0], coefficients[1]) = (coefficients[0] + added, coefficients[1] - added);
            }

            var gradient = coefficients.Zip(values, (factor, value) => factor * value).Sum();
            return Math.Exp(-tau * tau * h) * sigma[i + 1] / sigma[i] * sample
                + c * sigma[i + 1] * Math.Exp(-tau * tau * lambda[i + 1]) * gradient
                + sigma[i + 1] * Math.Sqrt(1 - Math.Exp(-2 * tau * tau * h)) * noise;
        }

        List<double> values = [];
        for (var i = 0; i < n; i++)
        {
            values.Insert(0, (x - sigma[i] * Toy(x, timesteps[i])) / a[i]);
            if (i > 0)
            {
                x = Step(i - 1, i, [.. values.Take(correctorOrder)], lastSample, lastNoise);
            }

            var predictorOrder = Math.Min(Math.Min(order, n - i), i + 1);
            correctorOrder = predictorOrder + 1;
            (lastSample, lastNoise) = (x, Noise(i));
            x = Step(i, i, [.. values.Take(predictorOrder)], lastSample, lastNoise);
        }

        return x;
    }

    private static double Toy(double x, int t) => x * t / (t + 1.0);

    private static double Noise(int line) => Math.Cos(0.7 * line + 0.2);

    private static Timesteps Leading => Ten(new Spacing.Leading());

    private static Timesteps Ten(Spacing spacing) => Timesteps.Spaced(spacing, Generators.Original, 10).Valid();

    private static Prediction Of(string name) => name == "epsilon" ? new Prediction.Epsilon() : new Prediction.Velocity();

    private static double Sum(Sampler sampler, NoiseSchedule schedule, Prediction prediction, Timesteps timesteps, bool clip)
    {
        var plan = sampler.Compile(new(schedule, prediction, timesteps, clip)).Valid();
        return Enumerable.Range(0, Count).Sum(i => Math.Abs(ScalarInterpreter.Run(plan, Toy, i / (double)Count, _ => 0)));
    }
}
