using Ddpm.Host.Data;
using Ddpm.Host.Diagnosis;
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
        var command = new CommandLine.Command("doctor", "Say whether this machine can train, in a few seconds; the exit code is 0 only if all is well");
        command.SetAction(said => Session.Run(said, (view, stop) =>
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

            return ill == 0 ? unit : FinFail<Unit>(Error.New($"{ill} of these {(ill == 1 ? "needs" : "need")} to be mended before this machine can train"));
        }));
        return command.WithExample("");
    }
}
