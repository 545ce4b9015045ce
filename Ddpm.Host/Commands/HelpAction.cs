using Ddpm.Host.Faults;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>Shows a command's page for --help.</summary>
internal sealed class HelpAction : CommandLine.Invocation.SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override int Invoke(CommandLine.ParseResult parseResult)
    {
        HelpPage.Of(parseResult.CommandResult.Command).Iter(Console.Out.WriteLine);
        return ExitCode.Success;
    }
}
