using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Reference;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Reference;

/// <summary>The text of a plan, to the letter.</summary>
public sealed class PlanTableLaws
{
    [Fact]
    public void A_plan_with_noise_reads_as_in_the_guide() => Reads(
        Plan(new SamplingOptions { Sampler = "ddim", Eta = 0.5 }, 3, clip: true),
        """
        start: x = 0·image + 1·noise; x0 is clipped to [-1, 1]; 3 lines

        line   timestep   estimate x0 =       remember h =   correct base =   predict x =           noise      marginal
                                x         o   x0             x                    base          h          s      image     noise
        0      999         157.41  -157.407    1             1                0.861795  0.0993309   0.496342   0.104806  0.994493
        1      666        9.54147  -9.48892    1             1                 0.72049   0.490867   0.407199   0.566379  0.824145
        2      332         1.7656  -1.45511    1             1                       ·          1          ·          1         ·
        """);

    [Fact]
    public void A_plan_with_history_names_how_old_it_is() => Reads(
        Plan(new SamplingOptions { Sampler = "dpmpp-3m" }, 4, clip: true),
        """
        start: x = 0·image + 1·noise; x0 is clipped to [-1, 1]; 4 lines

        line   timestep   estimate x0 =        remember h =   correct base =   predict x =                                 marginal
                                x          o   x0             x                    base          h         h-1       h-2       image     noise
        0      999         157.41   -157.407    1             1                0.998343  0.0515416           ·         ·   0.0578839  0.998323
        1      749        17.2759    -17.247    1             1                0.961515   0.306818  -0.0821402         ·    0.280334  0.959902
        2      499        3.56717   -3.42414    1             1                0.718683   0.938409   -0.537597  0.121654    0.723937  0.689866
        3      249        1.38133  -0.952936    1             1                       ·          1           ·         ·           1         ·
        """);

    [Fact]
    public void A_plan_with_a_learned_variance_has_both_its_ends() => Reads(
        new Ancestral(ReverseVariance.LearnedRange).PlanOn(Setting(2, clip: false)),
        """
        start: x = 0·image + 1·noise; x0 is not clipped; 2 lines

        line   timestep   estimate x0 =       remember h =   correct base =   predict x =           noise                marginal
                                x         o   x0             x                     base         h      least      most      image     noise
        0      999         157.41  -157.407    1             1                0.0208815  0.280202   0.959675  0.999743   0.280334  0.959902
        1      499        3.56717  -3.42414    1             1                        ·         1          ·         ·          1         ·
        """);

    [Fact]
    public void A_plan_that_corrects_shows_what_it_corrects_with() => Reads(
        Plan(new SamplingOptions { Sampler = "unipc-2" }, 3, clip: false),
        """
        start: x = 0·image + 1·noise; x0 is not clipped; 3 lines

        line   timestep   estimate x0 =       remember h =   correct base =                       predict x =                      marginal
                                x         o   x0             x          h         h-1       h-2       base          h        h-1      image     noise
        0      999         157.41  -157.407    1             1          ·           ·         ·   0.994513  0.0984877          ·   0.104806  0.994493
        1      666        9.54147  -9.48892    1             1  0.0492439  -0.0492439         ·   0.828709   0.639586  -0.160061   0.566379  0.824145
        2      332         1.7656  -1.45511    1             1   0.280373    -0.42023  0.139857          ·          1          ·          1         ·
        """);

    [Fact]
    public void A_plan_that_remembers_noise_says_what_it_is_made_of() => Reads(
        Plan(new SamplingOptions { Sampler = "ipndm-2" }, 2, clip: true),
        """
        start: x = 0·image + 1·noise; x0 is clipped to [-1, 1]; 2 lines

        line   timestep   estimate x0 =       remember h =           correct base =   predict x =                  marginal
                                x         o         x           x0   x                   base         h      h-1      image     noise
        0      999         157.41  -157.407   1.00002  -0.00635295   1                44.1275  -43.1667        ·   0.280334  0.959902
        1      499        3.56717  -3.42414   1.04177    -0.292044   1                3.56717   -5.1362  1.71207          1         ·
        """);

    [Fact]
    public void Without_clipping_the_noise_is_what_the_network_says() => Reads(
        Plan(new SamplingOptions { Sampler = "ipndm-2" }, 2, clip: false),
        """
        start: x = 0·image + 1·noise; x0 is not clipped; 2 lines

        line   timestep   estimate x0 =       remember h =   correct base =   predict x =                  marginal
                                x         o   o              x                   base         h      h-1      image     noise
        0      999         157.41  -157.407   1              1                44.1275  -43.1667        ·   0.280334  0.959902
        1      499        3.56717  -3.42414   1              1                3.56717   -5.1362  1.71207          1         ·
        """);

    [Fact]
    public void A_plan_that_scales_the_input_shows_the_factor() => Reads(
        new Heun()
            .Compile(new(NoiseSchedule.Edm(1000).Valid(), new Prediction.Edm(), Timesteps.Of(Prelude.Array(999, 0), 1000).Valid(), ClipSample: false))
            .Valid(),
        """
        start: x = 0·image + 80·noise; x0 is not clipped; 3 lines

        line   timestep   input       estimate x0 =            remember h =              correct base =   predict x =              marginal
                                               x           o            x            o   base  x          base        h      h-1   image  noise
        0      999        0.0124998   3.9061E-05     0.49999    0.0124995  -0.00624988      ·  1             1  -79.998        ·       1  0.002
        1        0          1.99998     0.999984  0.00199998   0.00799987    -0.999992      1  ·             1  -39.999  -39.999       1  0.002
        2        0          1.99998     0.999984  0.00199998   0.00799987    -0.999992      ·  1             1   -0.002        ·       1      ·
        """);

    [Fact]
    public void A_plan_without_lines_is_its_start() => Reads(
        new SamplingPlan(new(0.5, 0.25), Arr<SamplingLine>.Empty, ClipSample: false),
        """
        start: x = 0.5·image + 0.25·noise; x0 is not clipped; 0 lines

        line   timestep

        """);

    private static SamplingSetting Setting(int steps, bool clip)
    {
        var schedule = NoiseSchedule.Linear(1000).Valid();
        return new(schedule, new Prediction.Epsilon(), new SamplingOptions { SamplingSteps = steps }.TimestepsOn(schedule).Valid(), clip);
    }

    private static SamplingPlan Plan(SamplingOptions sampler, int steps, bool clip) => sampler.Chosen(1000).Valid().Compile(Setting(steps, clip)).Valid();

    private static void Reads(SamplingPlan plan, string text) => Assert.Equal(text.ReplaceLineEndings("\n"), string.Join('\n', PlanTable.Of(plan)));
}
