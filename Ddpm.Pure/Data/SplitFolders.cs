using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>The folders that are the parts of a data set rather than classes of it.</summary>
/// <param name="Train">The folder to train on.</param>
/// <param name="Test">The folder to measure with.</param>
/// <param name="Unused">Another held-back folder, which is neither trained on nor measured with.</param>
public sealed record SplitFolders(string Train, string Test, Option<string> Unused)
{
    private static readonly Arr<string> TrainNames = Array("train", "training"), TestNames = Array("test", "testing"),
        ValidationNames = Array("val", "valid", "validation", "dev");

    /// <summary>Whether a folder is called like a part of a data set.</summary>
    public static bool IsPart(string name) => Is(TrainNames, name) || Is(TestNames, name) || Is(ValidationNames, name);

    /// <summary>
    /// The parts among the folders of a data set, compared without case: one to train on beside one to test with, or to validate with where there is none to
    /// test with.
    /// </summary>
    /// <returns>The parts; none where folders are something else; or that two could be the same part.</returns>
    public static Fin<Option<SplitFolders>> Of(Seq<string> folders) =>
        from train in One(folders, TrainNames)
        from test in One(folders, TestNames)
        from validation in train.IsSome && test.IsNone ? One(folders, ValidationNames) : folders.Find(folder => Is(ValidationNames, folder))
        select from first in train
               from second in test || validation
               select new SplitFolders(first, second, test.IsSome ? validation : None);

    private static Fin<Option<string>> One(Seq<string> folders, Arr<string> names)
    {
        var found = folders.Filter(folder => Is(names, folder));
        return found.Count > 1
            ? Error.New($"its folders {string.Join(" and ", found)} could all be what is {(names == TrainNames ? "trained on" : "measured with")}: rename all but one")
            : found.HeadOrNone();
    }

    private static bool Is(Arr<string> names, string name) => names.Exists(known => string.Equals(known, name, StringComparison.OrdinalIgnoreCase));
}
