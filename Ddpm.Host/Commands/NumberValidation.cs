using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>Every number of every command is said in one way: see <see cref="SaidNumber"/>.</summary>
internal static class NumberValidation
{
    /// <summary>What is wrong with the text of a number of a type; none where the type is no number's.</summary>
    private static LanguageExt.Option<Func<string, string, LanguageExt.Option<Error>>> CheckOf(Type type) =>
        type == typeof(double) ? Some<Func<string, string, LanguageExt.Option<Error>>>((name, text) => Fault(SaidNumber.Real(name, text)))
        : type == typeof(int) ? Some<Func<string, string, LanguageExt.Option<Error>>>((name, text) => Fault(SaidNumber.Whole<int>(name, text)))
        : type == typeof(ulong) ? Some<Func<string, string, LanguageExt.Option<Error>>>((name, text) => Fault(SaidNumber.Whole<ulong>(name, text)))
        : None;

    /// <summary>Checks the numbers of a command and of all below it.</summary>
    /// <exception cref="NotSupportedException">An option has numbers of a type that is not checked here.</exception>
    public static void AddTo(CommandLine.Command command)
    {
        foreach (var option in command.Options)
        {
            var type = option.ValueType.GetElementType() ?? Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
            if (CheckOf(type).Case is Func<string, string, LanguageExt.Option<Error>> fault)
            {
                option.Validators.Add(result => result.Tokens.Iter(token => fault(option.Name, token.Value).Iter(error => result.AddError(error.Message))));
            }
            else if (type.IsPrimitive && type != typeof(bool))
            {
                throw new NotSupportedException($"{option.Name} has values of the type {type.Name}");
            }
        }

        command.Subcommands.Iter(AddTo);
    }

    private static LanguageExt.Option<Error> Fault<T>(Validation<Error, T> number) => number.Match(_ => LanguageExt.Option<Error>.None, faults => Some(faults.Head));
}
