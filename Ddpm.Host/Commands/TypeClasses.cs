using System.Runtime.CompilerServices;
using LanguageExt.ClassInstances;

namespace Ddpm.Host.Commands;

/// <summary>
/// What LanguageExt does before it compares two values for the first time. It loads all types of all assemblies that the program references, and looks there
/// for a comparison of the type. That takes longer than all else that a short command does. This program defines no such comparison, and without one, values
/// compare as .NET compares them.
/// </summary>
internal static class TypeClasses
{
    /// <summary>Gives LanguageExt an empty list of comparisons, so that it does not search for any.</summary>
    public static void SkipSearch()
    {
        var nothing = (ClassInstancesAssembly)RuntimeHelpers.GetUninitializedObject(typeof(ClassInstancesAssembly)); // its constructor searches
        (nothing.Types, nothing.Structs, nothing.AllClassInstances, nothing.ClassInstances) = ([], [], [], []);
        ClassInstancesAssembly.singleton = nothing;
    }
}
