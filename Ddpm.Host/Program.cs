using System.Diagnostics;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Networks;
using TorchSharp;
using static TorchSharp.torch;
torch.set_num_threads(int.Parse(Environment.GetEnvironmentVariable("TH") ?? "2"));
var config = UNetConfig.Tutorial(28, 1, 1000, args.Contains("standard")).IfFail(_ => throw new Exception());
Console.WriteLine(new UNetLayers(config).Parameters.Sum(p => p.Count));
using var net = new UNet(config, ScalarType.Float32, CPU);
var theta = net.InitialWeights(0).requires_grad_();
var x0 = rand(128, 1, 28, 28) * 2 - 1;
for (var r = 0; r < 3; r++) {
    double f = 0, b = 0, a = 0;
    var m = zeros_like(theta); var v = zeros_like(theta);
    for (var i = 0; i < 13; i++) {
        using var s = NewDisposeScope();
        if (i == 3) f = b = a = 0;
        var t0 = Stopwatch.GetTimestamp();
        var e = randn_like(x0); var t = randint(0, 1000, [128], int64);
        var o = net.Forward(net.Layout.View(theta), x0 + e, t);
        var loss = nn.functional.mse_loss(o, e);
        var t1 = Stopwatch.GetTimestamp();
        loss.backward();
        var t2 = Stopwatch.GetTimestamp();
        using (no_grad()) {
            var g = theta.grad!;
            m.mul_(0.9).add_(g, alpha: 0.1); v.mul_(0.999).addcmul_(g, g, 0.001);
            theta.addcdiv_(m, v.sqrt().add_(1e-8), -1e-3);
            g.zero_();
        }
        var t3 = Stopwatch.GetTimestamp();
        f += (t1 - t0) / 1e9; b += (t2 - t1) / 1e9; a += (t3 - t2) / 1e9;
    }
    Console.WriteLine($"{1280 / (f + b + a):F0} img/s  forward {f * 100:F1} backward {b * 100:F1} adam {a * 100:F1} ms");
}
using (no_grad()) { var w = net.Layout.View(theta); for (var r = 0; r < 3; r++) { var t0 = Stopwatch.GetTimestamp(); for (var i = 0; i < 10; i++) { using var s = NewDisposeScope(); net.Forward(w, x0, zeros(128, int64)); } Console.WriteLine($"forward only {1280 / Stopwatch.GetElapsedTime(t0).TotalSeconds:F0} img/s"); } }
{ var buf = new float[1 << 20]; var d = new Ddpm.Pure.Random.RandomStream(1, Ddpm.Pure.Random.StreamName.TrainingNoise).At(0, 0); for (var r = 0; r < 4; r++) { var t0 = Stopwatch.GetTimestamp(); for (var i = 0; i < 20; i++) d.FillNormals(buf); Console.WriteLine($"normals {20.0 * buf.Length / Stopwatch.GetElapsedTime(t0).TotalSeconds / 1e6:F0} M/s"); } }
