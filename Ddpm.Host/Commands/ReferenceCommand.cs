using Ddpm.Host.Exchange;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Pure.Options;
using Ddpm.Pure.Reference;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`reference`: the mathematics of this program as files, for ports to other languages.</summary>
internal static class ReferenceCommand
{
    public static CommandLine.Command Create() => new("reference", "The mathematics as files: export them, verify a port's, print a sampler's plan")
    {
        Export(),
        Verify(),
        Plan(),
    };

    private static CommandLine.Command Export()
    {
        var command = new CommandLine.Command("export", "Write every table, plan, random number and trajectory, and a manifest of what they are");
        CommandLine.Option<string> to = new("--out") { Description = "The folder: a new one, an empty one, or an older export", Required = true, HelpName = "DIR" };
        command.AddGroup("What is written", to);
        command.SetAction(said => Session.Run(said, (view, stop) =>
            new ReferenceFolder(said.GetValue(to)!).Export(view, stop).Map(count => fun(() => view.Result($"wrote {count} files and {ReferenceManifest.Path} to {said.GetValue(to)}"))())));
        return command.WithExample("--out answers");
    }

    private static CommandLine.Command Verify()
    {
        var command = new CommandLine.Command("verify", "Compare a folder of files that a port made with the reference; the exit code is 1 if any is wrong, unreadable or missing");
        CommandLine.Argument<string> folder = new("DIR") { Description = "The folder" };
        CommandLine.Option<string[]> only = new("--only") { Description = "Compare only the files whose path begins so, as in --only random/; may be given again", HelpName = "PREFIX", DefaultValueFactory = _ => [] };
        command.Add(folder);
        command.AddGroup("What is compared", only);
        command.SetAction(said => Session.Run(said, (view, stop) =>
            from asked in Asked(said.GetValue(only)!)
            from report in new ReferenceFolder(said.GetValue(folder)!).Verify(asked, view, stop)
            from _ in Told(report, view)
            select unit));
        return command.WithExample("answers");
    }

    private static CommandLine.Command Plan()
    {
        var command = new CommandLine.Command("plan", "Print what a sampler does, line by line");
        var training = new TrainingOptions();
        var sampler = new SamplerOptions(command, withNetwork: false);
        CommandLine.Option<string> prediction = new("--prediction") { Description = $"What the network predicts: {string.Join(", ", Choices.Predictions.Keys)}", DefaultValueFactory = _ => training.Prediction };
        CommandLine.Option<string> schedule = new("--schedule") { Description = $"The noise schedule: {string.Join(", ", Choices.Schedules.Keys)}", DefaultValueFactory = _ => training.Schedule };
        CommandLine.Option<int> steps = new("--steps") { Description = "T, the steps of the noise schedule", DefaultValueFactory = _ => training.Steps };
        CommandLine.Option<bool> zeroSnr = new("--zero-terminal-snr") { Description = "Shift and scale the schedule so that nothing of the image is left after its last step" };
        CommandLine.Option<bool> clip = new("--clip") { Description = "Clip each estimate of the image to [-1, 1]: true or false", DefaultValueFactory = _ => true };
        CommandLine.Option<bool> json = new("--json") { Description = "Print JSON with every digit, as in an export, and no table" };
        command.AddGroup("Model", prediction, schedule, steps, zeroSnr, clip, json);

        command.SetAction(said => Session.Run(said, (view, _) =>
        {
            var wanted = sampler.Said(said, new());
            return (TrainingConfig.ScheduleOf(training with { Schedule = said.GetValue(schedule)!, Steps = said.GetValue(steps), ZeroTerminalSnr = said.GetValue(zeroSnr) })
                        .Bind(levels => wanted.TimestepsOn(levels).Map(visited => (Levels: levels, Visited: visited))),
                    Choices.Predictions.Find("prediction", said.GetValue(prediction)!), wanted.Chosen(said.GetValue(steps)))
                .Apply((on, predicted, _) => wanted.Compile(on.Levels, predicted, said.GetValue(clip), on.Visited))
                .Bind(plan => plan)
                .OrUsage()
                .Map(plan => (said.GetValue(json) ? toSeq(PlanJson.Text(plan).TrimEnd().Split('\n')) : toSeq(PlanTable.Of(plan))).Iter(view.Result));
        }));
        return command.WithExample("--sampler unipc-2 --sampling-steps 5");
    }

    private static Fin<Arr<ReferenceEntry>> Asked(string[] prefixes) => ReferenceFiles.Below(prefixes.ToArr()) is { IsEmpty: false } entries
        ? entries
        : Error.New(ExitCode.Usage, $"--only {string.Join(" ", prefixes)}: no file of the reference begins so; manifest.json of an export names them all");

    private static Fin<Unit> Told(VerificationReport report, IView view)
    {
        report.ToText().Iter(view.Result);
        return report.IsRight ? unit : Error.New(report.Summary);
    }
}
