using Ddpm.Gpu.Ranks;
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
        command.SetAction(parsed => Session.RunTogether(parsed, (ranks, view, stop) => ranks.Leads ? Lead(ranks, view, stop) : Follow(ranks)));
        return command.WithExample("");
    }

    /// <summary>With several ranks, each says its machine and its threads, and all compare the bits of a known training.</summary>
    private static Fin<Unit> Lead(RankGroup ranks, IView view, CancellationToken stop)
    {
        if (ranks.Size > 1)
        {
            var all = RankPlace.Gather(ranks);
            all.Map((rank, place) => place.Line(rank, all[0])).Iter(view.Result);
            if (all.Exists(place => place.TrainingBits != all[0].TrainingBits))
            {
                return Error.New("the kernels of these ranks give other bits: they cannot train together");
            }
        }

        return Run(view, stop);
    }

    private static Fin<Unit> Follow(RankGroup ranks)
    {
        RankPlace.Gather(ranks);
        return unit;
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
