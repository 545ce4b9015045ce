namespace Ddpm.Properties;

/// <summary>The paths of test files: fixtures beside the test assembly, and files in the repository.</summary>
public static class Fixtures
{
    /// <summary>A folder with 320 training and 64 test images of Fashion-MNIST as the publishers' four .gz files.</summary>
    public static string FashionMnist { get; } = Path.Combine(AppContext.BaseDirectory, "Fixtures", "fashion-mnist");

    /// <summary>The folder of Ddpm.sln.</summary>
    public static string Repository { get; } = RepositoryOf(AppContext.BaseDirectory);

    /// <summary>A file that torch.save has written.</summary>
    public static string Torch(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", "torch", name);

    /// <summary>A module that torch.jit.save has written.</summary>
    public static string TorchScript(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", "torchscript", name);

    private static string RepositoryOf(string folder)
    {
        while (!File.Exists(Path.Combine(folder, "Ddpm.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
