using Ddpm.Host.Exchange;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Options;
using Ddpm.Pure.Reference;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`reference`: the mathematics of this program as files, for ports to other languages.</summary>
internal static class ReferenceCommand
{
    public static CommandLine.Command Create() => new("reference", "Export the mathematics as files, verify the files of a port, print a sampler's plan")
    {
        Export(),
        Verify(),
        Plan(),
    };

    private static CommandLine.Command Export()
    {
        var command = new CommandLine.Command("export", "Write all tables, plans, random numbers and trajectories, and a manifest that describes them");
        CommandLine.Option<string> to = new("--out")
        {
            Description = "The folder to write: new, empty, or an older export",
            Required = true,
            HelpName = "DIR",
        };
        command.AddGroup("Output", to);
        command.SetAction(parsed => Session.Run(parsed, (view, stop) => new ReferenceFolder(parsed.GetValue(to)!).Export(view, stop)
            .Do(count => view.Result($"wrote {count} files and {ReferenceManifest.Path} to {parsed.GetValue(to)}")).Map(_ => unit)));
        return command.WithExample("--out answers");
    }

    private static CommandLine.Command Verify()
    {
        var command = new CommandLine.Command(
            "verify", "Compare a port's files with the reference; the exit code is 1 if a file is wrong, unreadable or missing");
        CommandLine.Argument<string> folder = new("DIR") { Description = "The folder of the port's files" };
        CommandLine.Option<string[]> only = new("--only")
        {
            Description = "Compare only files whose path begins with this, such as random/; can be repeated",
            HelpName = "PREFIX",
            DefaultValueFactory = _ => [],
        };
        command.Add(folder);
        command.AddGroup("Selection", only);
        command.SetAction(parsed => Session.Run(parsed, (view, stop) =>
            from entries in EntriesBelow(parsed.GetValue(only)!)
            from report in new ReferenceFolder(parsed.GetValue(folder)!).Verify(entries, view, stop)
            from right in Print(report, view)
            select right));
        return command.WithExample("answers");
    }

    private static CommandLine.Command Plan()
    {
        var command = new CommandLine.Command("plan", "Print what a sampler does, line by line");
        var sampler = new SamplerOptions(command, withNetwork: false);
        var diffusion = DiffusionOptions.OfBoth(command, "Model");
        CommandLine.Option<bool?> clip = new("--clip") { Description = "Clip each estimate of the image to [-1, 1] [default: true]" };
        CommandLine.Option<string?> run = new("--run") { Description = $"The run of --sampler {Learnt.OptionName}: runs/NAME", HelpName = "NAME" };
        CommandLine.Option<bool> json = new("--json") { Description = "Print JSON with every digit, as in an export, instead of a table" };
        command.AddGroup("Model", run, clip, json);
        command.SetAction(parsed => Session.Run(parsed, (view, _) =>
            (sampler.Parsed(parsed, new()) is { Sampler: Learnt.OptionName } learnt
                ? Outcomes.Require(parsed.GetValue(run) is not null, "which run? Name it with --run NAME").Bind(_ => LearntPlanOf(
                    new(Path.Combine(RunOptions.Root, parsed.GetValue(run)!)), learnt.SamplingSteps, parsed.GetValue(clip)))
                : PlanOf(diffusion.Parsed(parsed, new()), sampler.Parsed(parsed, new()), parsed.GetValue(clip) ?? true))
            .Map(plan => parsed.GetValue(json) ? toSeq(PlanJson.Text(plan).TrimEnd().Split('\n')) : toSeq(PlanTable.Of(plan)))
            .Map(lines => lines.Iter(view.Result))));
        return command.WithExample("--sampler unipc-2 --sampling-steps 5");
    }

    private static Fin<SamplingPlan> PlanOf(TrainingOptions training, SamplingOptions sampling, bool clip)
    {
        var levels = TrainingConfig.ScheduleOf(training)
            .Bind(schedule => sampling.TimestepsOn(schedule).Map(timesteps => (Schedule: schedule, Timesteps: timesteps)));
        return (levels, TrainingConfig.PredictionOf(training), sampling.Chosen(training.Steps), TrainingConfig.CheckOwners(training))
            .Apply((on, prediction, _, _) => sampling.Compile(on.Schedule, prediction, clip, on.Timesteps))
            .Bind(plan => plan).OrUsage();
    }

    private static Fin<SamplingPlan> LearntPlanOf(RunFolder folder, int? evaluations, bool? clip) =>
        from receipt in folder.Receipt()
        from file in LearntPlanFile.Read(folder, evaluations)
        from schedule in TrainingConfig.ScheduleOf(receipt.Options).OrFailure()
        from prediction in TrainingConfig.PredictionOf(receipt.Options).OrFailure()
        from learnt in file.PlanOn(schedule.Steps)
        from timesteps in learnt.TimestepsOn(schedule).OrFailure()
        from plan in new Learnt(learnt).Compile(new(schedule, prediction, timesteps, clip ?? file.ClipSample)).OrFailure()
        select plan;

    private static Fin<Arr<ReferenceEntry>> EntriesBelow(string[] prefixes) => ReferenceFiles.Below(prefixes.ToArr()) is { IsEmpty: false } entries
        ? entries
        : Error.New(
            ExitCode.Usage, $"--only {string.Join(" ", prefixes)}: no file of the reference begins with it; manifest.json of an export lists all files");

    private static Fin<Unit> Print(VerificationReport report, IView view)
    {
        report.ToText().Iter(view.Result);
        return Outcomes.Require(report.IsRight, report.Summary, ExitCode.Failure);
    }
}
