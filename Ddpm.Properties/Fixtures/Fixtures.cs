namespace Ddpm.Properties;

/// <summary>Where the files that the tests carry lie: beside the test assembly.</summary>
public static class Fixtures
{
    /// <summary>A folder with 320 training and 64 test images of Fashion-MNIST as the publishers' four .gz files.</summary>
    public static string FashionMnist { get; } = Path.Combine(AppContext.BaseDirectory, "Fixtures", "fashion-mnist");
}
