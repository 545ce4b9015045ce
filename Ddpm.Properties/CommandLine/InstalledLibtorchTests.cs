using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A libtorch that lies elsewhere, named by DDPM_LIBTORCH; here the build's own, moved.</summary>
public sealed class InstalledLibtorchTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [LinuxFact]
    public void A_program_without_libtorch_takes_the_one_that_is_named()
    {
        var (program, libtorch) = (_ddpm.Path("program"), _ddpm.Path("libtorch"));
        Directory.CreateDirectory(program);
        Directory.CreateDirectory(libtorch);
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory).Select(path => new FileInfo(path)))
        {
            if (((string[])["libtorch", "libc10", "libgomp"]).Any(name => file.Name.StartsWith(name, StringComparison.Ordinal)))
            {
                File.CreateSymbolicLink(Path.Combine(libtorch, file.Name), file.FullName);
            }
            else
            {
                file.CopyTo(Path.Combine(program, file.Name));
            }
        }

        _ddpm.Program = Path.Combine(program, "Ddpm.Host.dll");
        _ddpm.Environment["DDPM_LIBTORCH"] = libtorch;
        var found = _ddpm.Done("doctor");

        // Linux tells where a library lies, not by which link it was found; to there nothing leads the program but the links in the folder that is named.
        Assert.Contains($"loaded from {AppContext.BaseDirectory.TrimEnd('/')}\n", found.Output, StringComparison.Ordinal);
        Assert.Contains("five training steps as PyTorch's", found.Output, StringComparison.Ordinal);

        File.Delete(Path.Combine(libtorch, "libc10.so"));
        _ddpm.Refused(1, [$"error: DDPM_LIBTORCH is {libtorch}, but libc10.so is not there: name the folder torch/lib of an installed PyTorch\n"], "doctor");
        File.WriteAllText(Path.Combine(libtorch, "libc10.so"), "no library");
        _ddpm.Refused(1, ["but it does not load"], "doctor");
    }

    [LinuxFact]
    public void A_build_that_brings_its_own_refuses_another()
    {
        _ddpm.Environment["DDPM_LIBTORCH"] = "/nowhere";
        _ddpm.Refused(1, ["but this build brings a libtorch of its own: build with -p:Libtorch=none"], "doctor");
    }
}
