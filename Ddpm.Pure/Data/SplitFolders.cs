using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>The folders that are the splits of a data set, not its classes.</summary>
/// <param name="Train">The folder to train on.</param>
/// <param name="Test">The folder to measure with.</param>
/// <param name="Unused">A validation folder beside a test folder. It is not used.</param>
internal sealed record SplitFolders(string Train, string Test, Option<string> Unused)
{
    private static readonly Arr<string> TrainNames = Array("train", "training"), TestNames = Array("test", "testing"),
        ValidationNames = Array("val", "valid", "validation", "dev");

    /// <summary>Whether a folder has the name of a split.</summary>
    public static bool IsPart(string name) => Is(TrainNames, name) || Is(TestNames, name) || Is(ValidationNames, name);

    /// <summary>
    /// The splits among the folders of a data set, by name without regard to case: a train folder and a test folder, or a validation folder if there is no test
    /// folder.
    /// </summary>
    /// <returns>The splits; none if the folders are no splits; or an error if two folders could be the same split.</returns>
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
        if (found.Count <= 1)
        {
            return found.HeadOrNone();
        }

        var purpose = names == TrainNames ? "train on" : "evaluate on";
        return Error.New($"its folders {string.Join(" and ", found)} could each be the folder to {purpose}: rename all but one");
    }

    private static bool Is(Arr<string> names, string name) => names.Exists(known => string.Equals(known, name, StringComparison.OrdinalIgnoreCase));
}
