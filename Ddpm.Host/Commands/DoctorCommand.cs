using Ddpm.Host.Data;
using Ddpm.Host.Diagnosis;
using Ddpm.Host.Progress;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`doctor`: whether this machine can train.</summary>
internal static class DoctorCommand
{
    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("doctor", "Check in a few seconds whether this machine can train; the exit code is 0 only if it can");
        command.SetAction(parsed => Session.Run(parsed, Run));
        return command.WithExample("");
    }

    private static Fin<Unit> Run(IView view, CancellationToken stop)
    {
        var ill = 0;
        foreach (var finding in MachineDiagnosis.Findings(Environment.CurrentDirectory, DataSetEnvironment.Default))
        {
            if (stop.IsCancellationRequested)
            {
                return Errors.Cancelled;
            }

            ill += finding.IsWell ? 0 : 1;
            view.Result($"{(finding.IsWell ? "well" : "ILL ")}  {finding.Part,-14}{finding.Text}");
        }

        return ill == 0 ? unit : Error.New($"this machine cannot train: {Counted.Of(ill, "check")} failed");
    }
}
