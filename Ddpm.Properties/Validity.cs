using LanguageExt;
using LanguageExt.Common;
using Xunit.Sdk;

namespace Ddpm.Properties;

/// <summary>Unwraps values that a test knows to be valid, and the errors of invalid ones.</summary>
internal static class Validity
{
    /// <summary>The value; a fault fails the test.</summary>
    public static T Valid<T>(this Validation<Error, T> made) => made.IfFail(faults => throw new XunitException(string.Join("; ", faults)));

    /// <summary>The value; a fault fails the test.</summary>
    public static T Valid<T>(this Fin<T> made) => made.IfFail(fault => throw new XunitException(fault.Message));

    /// <summary>The faults' messages; none where the value is right.</summary>
    public static string[] Faults<T>(this Validation<Error, T> made) => made.Match(_ => (string[])[], faults => [.. faults.Map(fault => fault.Message)]);

    /// <summary>The fault's message; a right value fails the test.</summary>
    public static string Fault<T>(this Fin<T> made) => made.Match(value => throw new XunitException($"no fault, but {value}"), fault => fault.Message);
}
