using Ddpm.Properties.Sampling;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.KnownAnswers;

/// <summary>
/// EDM, rectified flow and the learned variance in the formulas of their authors' code. The numbers were computed from these formulas in double precision, by
/// another program in Python. A part 10⁻¹³ allows for its roundings.
/// </summary>
public sealed class FormulationKnownAnswers
{
    private const double Part = 1e-13;

    /// <summary>NVlabs/edm, generate.py, edm_sampler: t_steps for num_steps = 18, sigma_min = 0.002, sigma_max = 80, rho = 7.</summary>
    [Fact]
    public void The_eighteen_noise_levels_of_edm()
    {
        double[] theirs =
        [
            80, 57.58598472124816, 40.78557379650796, 28.37458460415684, 19.352452980325225, 12.91008238075732, 8.400935309099815, 5.315194521796382,
            3.256821519765537, 1.923339837040052, 1.088170636545279, 0.5853481231945421, 0.2964422844791572, 0.13951646873101678, 0.05994731123547159,
            0.022934518372333384, 0.0075280199627840785, 0.002,
        ];
        var schedule = NoiseSchedule.Edm(18).Valid();
        Assert.All(theirs, (sigma, i) => Known(sigma, schedule[17 - i].Sigma, Part));
    }

    /// <summary>
    /// NVlabs/edm, training/networks.py, EDMPrecond: c_skip, c_out, c_in and c_noise for sigma_data = 0.5. training/loss.py, EDMLoss: the weight of a squared
    /// error of the image. The network's own error then has weight 1.
    /// </summary>
    [Theory]
    [InlineData(0.002, 0.9999840002559959, 0.0019999840001919972, 1.9999840001919975, -1.5536520246055479, 250004.00000000003)]
    [InlineData(0.1, 0.9615384615384615, 0.09805806756909201, 1.9611613513818402, -0.5756462732485114, 103.99999999999999)]
    [InlineData(0.5, 0.5, 0.35355339059327373, 1.414213562373095, -0.17328679513998632, 8.0)]
    [InlineData(3, 0.02702702702702703, 0.4931969619160719, 0.3287979746107146, 0.27465307216702745, 4.111111111111111)]
    [InlineData(80, 3.906097418069607e-05, 0.49999023466109294, 0.012499755866527323, 1.0955066586684703, 4.00015625)]
    public void The_preconditioning_and_the_loss_weight_of_edm(double sigma, double skip, double output, double input, double told, double weight)
    {
        var schedule = NoiseSchedule.Edm(1, 1e-4, sigma).Valid();
        var (edm, level) = (new Prediction.Edm(), schedule[0]);
        Known(skip, edm.CleanImage(level).First, Part);
        Known(output, edm.CleanImage(level).Second, Part);
        Known(input, edm.InputScale(level), Part);
        Known(told, schedule.NetworkTimes[0], Part);
        Known(weight, edm.OutputErrorPerImageError(level), Part);
        Known(1, new LossWeighting.Uniform().Weight(edm, level), 0);
    }

    /// <summary>
    /// NVlabs/edm, generate.py, edm_sampler with its defaults, for one pixel that begins at 0.7·80 and the network F(y, c) = 0.6·y − 0.2·c.
    /// </summary>
    [Fact]
    public void The_sampler_of_edm()
    {
        var schedule = NoiseSchedule.Edm(18).Valid();
        var plan = new Heun().Compile(new(schedule, new Prediction.Edm(), Timesteps.All(18), ClipSample: false)).Valid();
        Known(0.9698679402692572, ScalarInterpreter.Run(plan, (y, t) => 0.6 * y - 0.2 * schedule.NetworkTimes[t], 0.7, _ => 0), 1e-12);
    }

    /// <summary>
    /// Diffusers' FlowMatchEulerDiscreteScheduler: sigmas and timesteps of num_train_timesteps = 1000 at places 0, 1, 250, 500 and 999, for shift = 1 and for
    /// Stable Diffusion 3's shift = 3.
    /// </summary>
    [Theory]
    [InlineData(1, 0, 1, 1000)]
    [InlineData(1, 1, 0.999, 999)]
    [InlineData(1, 250, 0.75, 750)]
    [InlineData(1, 999, 0.001, 1)]
    [InlineData(3, 0, 1, 1000)]
    [InlineData(3, 1, 0.9996664442961973, 999.6664442961974)]
    [InlineData(3, 250, 0.9, 900)]
    [InlineData(3, 500, 0.75, 750)]
    [InlineData(3, 999, 0.0029940119760479044, 2.9940119760479043)]
    public void The_noise_levels_of_flow_matching(double shift, int place, double sigma, double timestep)
    {
        var schedule = NoiseSchedule.RectifiedFlow(1000, shift).Valid();
        var t = 999 - place;
        Known(sigma, schedule[t].Sigma, Part);
        Known(timestep, schedule.NetworkTimes[t], Part);
    }

    /// <summary>
    /// Diffusers' FlowMatchEulerDiscreteScheduler with shift = 3, set_timesteps(sigmas = 1, 0.9 … 0.1) and its step, for one pixel that begins at 0.7 and the
    /// network o = 0.3·x − 0.1·σ − 0.4.
    /// </summary>
    [Fact]
    public void The_euler_steps_of_flow_matching()
    {
        var schedule = NoiseSchedule.RectifiedFlow(10, 3).Valid();
        var plan = new Euler().Compile(new(schedule, new Prediction.Flow(), Timesteps.All(10), ClipSample: false)).Valid();
        Known(0.9154593589578347, ScalarInterpreter.Run(plan, (x, t) => 0.3 * x - 0.1 * schedule[t].Sigma - 0.4, 0.7, _ => 0), Part);
    }

    /// <summary>
    /// openai/guided-diffusion, _vb_terms_bpd with normal_kl and LEARNED_RANGE, on its linear schedule of 1000: bits of a pixel x_0 whose noise is ε, for the
    /// outputs ε + error and v. Their difference of logarithms near 5 leaves an absolute rounding error of some 10⁻¹⁵.
    /// </summary>
    [Theory]
    [InlineData(1, 0.2, 0.5, 0.1, -1.0, 0.008651431167531781)]
    [InlineData(1, 0.2, 0.5, 0.1, 0.5, 0.1092319636481395)]
    [InlineData(500, 0.2, 0.5, 0.3, -1.5, 0.0007161819427236879)]
    [InlineData(500, 0.2, 0.5, 0.3, 0.0, 0.0007157711611065067)]
    [InlineData(999, -0.6, 1.2, 0.3, 0.25, 0.001324977900329835)]
    [InlineData(999, -0.6, 1.2, 0.3, 1.0, 0.0013249774912232654)]
    public void The_terms_of_a_learned_variance(int t, double x0, double epsilon, double error, double v, double bits) =>
        Assert.Equal(bits, LearnedBits(t, x0, epsilon, error, v), 1e-13);

    /// <summary>The first step in the same code. Its Φ is an approximation by tanh, good to some 10⁻⁴, and the mass is above 0.2: hence 2·10⁻³ bits.</summary>
    [Theory]
    [InlineData(-0.5, 1.5003480085156293)]
    [InlineData(1.0, 1.7748961437715236)]
    public void The_first_term_of_a_learned_variance(double v, double bits) => Assert.Equal(bits, LearnedBits(0, 0.2, 0.5, 0.3, v), 2e-3);

    private static double LearnedBits(int t, double x0, double epsilon, double error, double v)
    {
        var schedule = NoiseSchedule.Linear(1000).Valid();
        var term = LearnedVariance.Of(schedule, new Prediction.Epsilon()).Terms[t];
        var x = ForwardProcess.Diffuse(schedule[t], x0, epsilon);
        return BitsPerDimension.FromNats(term.Of(x, epsilon, epsilon + error, LearnedVariance.Fraction.Of(v, 1)).Nats);
    }
}
