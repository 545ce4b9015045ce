using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>Importance sampling through the real command line.</summary>
public sealed class ImportanceSamplingCommandTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_run_with_importance_sampling_resumes_samples_and_refuses_a_density()
    {
        string[] Training(string name, params string[] more) => DdpmProcess.SmallTraining(
            ["--timestep-sampling", "importance", "--steps", "2", "--run", name, "--sample-every", "0", .. more]);
        _ddpm.Done(Training("run", "--epochs", "3"));
        _ddpm.Done(Training("other", "--epochs", "2"));
        _ddpm.Done("train", "--run", "other", "--resume", "--epochs", "3", "--data", Fixtures.FashionMnist);
        Assert.Equal(Samples("run"), Samples("other"));
        Assert.Contains("\"importance\"", File.ReadAllText(_ddpm.Path("runs", "run", "run.json")), StringComparison.Ordinal);
        _ddpm.Refused(2, ["timestep-sampling cannot change in a resumed run"], "train", "--run", "other", "--resume", "--timestep-sampling", "stratified");
        _ddpm.Refused(
            2, ["timestep-density works only with the timestep samplings independent and stratified, got log-normal"],
            Training("refused", "--epochs", "1", "--timestep-density", "log-normal"));
    }

    private byte[] Samples(string run) => File.ReadAllBytes(_ddpm.Path("runs", run, "samples.npy"));
}
