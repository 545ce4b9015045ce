using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>Numbers have one format in all commands: see <see cref="NumberText"/>.</summary>
internal static class NumberValidation
{
    /// <summary>Checks the numbers of a command and its subcommands.</summary>
    /// <exception cref="NotSupportedException">An option has numbers of a type that is not checked here.</exception>
    public static void AddTo(CommandLine.Command command)
    {
        foreach (var option in command.Options)
        {
            var type = option.ValueType.GetElementType() ?? Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
            if (option.ValueType == typeof(double[]) && option.Arity.MaximumNumberOfValues == 2)
            {
                Add(option, NumberText.NoiseLevel); // the only pairs are ranges of noise levels
            }
            else if (type == typeof(double))
            {
                Add(option, NumberText.Real);
            }
            else if (type == typeof(int))
            {
                Add(option, NumberText.Whole<int>);
            }
            else if (type == typeof(ulong))
            {
                Add(option, NumberText.Whole<ulong>);
            }
            else if (type.IsPrimitive && type != typeof(bool))
            {
                throw new NotSupportedException($"{option.Name} has values of the type {type.Name}");
            }
        }

        command.Subcommands.Iter(AddTo);
    }

    private static void Add<T>(CommandLine.Option option, Func<string, string, Validation<Error, T>> parse) => option.Validators.Add(result =>
    {
        foreach (var token in result.Tokens)
        {
            parse(option.Name, token.Value).Match(_ => { }, faults => result.AddError(faults.Head.Message));
        }
    });
}
