using Ddpm.Pure.Sampling;

namespace Ddpm.Properties.Sampling;

/// <summary>The definition of a sampling plan, on one number: what every executor must agree with. The network is a function of what it sees.</summary>
internal static class ScalarInterpreter
{
    public static double Run(SamplingPlan plan, Func<double, int, double> network, double initial, Func<int, double> noise, double fraction = 0)
    {
        double x = plan.Start.Second * initial, @base = x;
        var history = new List<double>();
        for (var i = 0; i < plan.Lines.Count; i++)
        {
            var line = plan.Lines[i];
            var o = network(line.Input * x, line.Timestep);
            var x0 = line.Estimate.First * x + line.Estimate.Second * o;
            history.Add(line.Remember.X * x + line.Remember.Output * o + line.Remember.X0 * (plan.ClipSample ? Math.Clamp(x0, -1, 1) : x0));
            double Past(IEnumerable<double> factors) => factors.Select((factor, k) => factor * history[i - k]).Sum();
            @base = line.Correct.Base * @base + line.Correct.X * x + Past(line.Correct.History);
            x = line.Predict.Base * @base + Past(line.Predict.History) + (line.Noise.Draws ? line.Noise.At(fraction) * noise(i) : 0);
        }

        return x;
    }
}
