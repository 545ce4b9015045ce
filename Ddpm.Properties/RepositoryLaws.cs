using Xunit;

namespace Ddpm.Properties;

/// <summary>The form of the sources, as CONTRIBUTING describes it.</summary>
public sealed class RepositoryLaws
{
    private const int MostColumns = 160, MostCommandLines = 150;

    private static readonly string[] Projects = ["Ddpm.Pure", "Ddpm.Gpu", "Ddpm.Host", "Ddpm.Properties"];

    [Theory]
    [InlineData("*.cs")]
    [InlineData("*.md")]
    public void No_line_is_longer_than_160_columns(string pattern)
    {
        var files = Projects.SelectMany(project => Sources(project, pattern)).Concat(Directory.EnumerateFiles(Fixtures.Repository, pattern)).ToArray();
        Assert.NotEmpty(files);
        Assert.Empty(
            from file in files
            from line in File.ReadLines(file).Index()
            where line.Item.Length > MostColumns
            select $"{file}:{line.Index + 1}");
    }

    [Fact]
    public void No_file_of_a_command_is_longer_than_150_lines()
    {
        var files = Sources(Path.Combine("Ddpm.Host", "Commands"), "*.cs").ToArray();
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.True(File.ReadLines(file).Count() <= MostCommandLines, file));
    }

    private static IEnumerable<string> Sources(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Fixtures.Repository, folder), pattern, SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Fixtures.Repository, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));
}
