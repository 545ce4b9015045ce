using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Faults;

/// <summary>The exit codes of the program.</summary>
internal static class ExitCode
{
    /// <summary>Success.</summary>
    public const int Success = 0;

    /// <summary>The work failed, or its results could not be printed.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by Ctrl-C, a signal or a closed terminal, after writing a checkpoint.</summary>
    public const int Interrupted = 130;

    /// <summary>The exit code of an error.</summary>
    public static int Of(Error error) => error == Errors.Cancelled ? Interrupted : error.Code == Usage ? Usage : Failure;

    /// <summary>The value, or all faults of the command line as one usage error.</summary>
    public static Fin<T> OrUsage<T>(this Validation<Error, T> value) => Or(value, Usage);

    /// <summary>The value, or all faults as one failure.</summary>
    public static Fin<T> OrFailure<T>(this Validation<Error, T> value) => Or(value, Failure);

    private static Fin<T> Or<T>(Validation<Error, T> value, int code) => value.Match(
        Fin<T>.Succ,
        faults => faults.Count == 1
            ? Error.New(code, faults.Head.Message)
            : new SeveralFaults(faults.Map(fault => fault.Message).Strict(), code));
}
