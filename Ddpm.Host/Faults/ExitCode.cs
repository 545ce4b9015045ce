using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Faults;

/// <summary>How the program ends, as scripts see it.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>Something that was asked for could not be done, or its results could not be printed.</summary>
    public const int Failure = 1;

    /// <summary>What was asked for makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by Ctrl-C, a signal to end or a terminal that was closed, after leaving a checkpoint.</summary>
    public const int Interrupted = 130;

    /// <summary>The exit code that an error asks for.</summary>
    public static int Of(Error error) => error == Errors.Cancelled ? Interrupted : error.Code == Usage ? Usage : Failure;

    /// <summary>All faults of what the user said, as one usage error.</summary>
    public static Fin<T> OrUsage<T>(this Validation<Error, T> said) => Or(said, Usage);

    /// <summary>All faults of what was found, as one failure.</summary>
    public static Fin<T> OrFailure<T>(this Validation<Error, T> found) => Or(found, Failure);

    private static Fin<T> Or<T>(Validation<Error, T> value, int code) => value.Match(
        Fin<T>.Succ,
        faults => Fin<T>.Fail(faults.Count == 1 ? Error.New(code, faults.Head.Message) : new SeveralFaults(faults.Map(fault => fault.Message).Strict(), code)));
}
