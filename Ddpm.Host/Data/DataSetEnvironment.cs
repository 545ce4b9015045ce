namespace Ddpm.Host.Data;

/// <summary>What the loading of data sets takes from the machine it runs on; tests put local stand-ins here.</summary>
internal sealed record DataSetEnvironment
{
    /// <summary>The folder that holds a folder for each data set.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>The folder under which Debian's packages are installed: / but in tests.</summary>
    public required string DebianRoot { get; init; }

    /// <summary>The absolute path of apt-get, which need not exist.</summary>
    public required string AptGet { get; init; }

    /// <summary>The absolute path of dpkg-deb, which need not exist.</summary>
    public required string DpkgDeb { get; init; }

    /// <summary>Makes the HTTP handler of one download. Its connection time-out bounds what a host that cannot be reached costs.</summary>
    public required Func<HttpMessageHandler> CreateHttpHandler { get; init; }

    /// <summary>How long a server may stay silent, before its answer or within it.</summary>
    public required TimeSpan SilenceTimeout { get; init; }

    /// <summary>How long apt-get or dpkg-deb may take.</summary>
    public required TimeSpan CommandTimeout { get; init; }

    /// <summary>This machine.</summary>
    public static DataSetEnvironment Default => new()
    {
        CacheFolder = Path.Combine(UserCache(), "ddpm"),
        DebianRoot = "/",
        AptGet = "/usr/bin/apt-get",
        DpkgDeb = "/usr/bin/dpkg-deb",
        CreateHttpHandler = () => new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) },
        SilenceTimeout = TimeSpan.FromSeconds(20),
        CommandTimeout = TimeSpan.FromMinutes(10),
    };

    /// <summary>The per-user cache folder; on Linux by the XDG Base Directory Specification, which ignores relative paths.</summary>
    private static string UserCache() =>
        !OperatingSystem.IsLinux() ? Folder(Environment.SpecialFolder.LocalApplicationData)
        : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { } folder && Path.IsPathFullyQualified(folder) ? folder
        : Path.Combine(Folder(Environment.SpecialFolder.UserProfile), ".cache");

    // Unverified, for otherwise a home folder that does not exist is an empty name, and the cache lands in the working folder.
    private static string Folder(Environment.SpecialFolder folder) =>
        Environment.GetFolderPath(folder, Environment.SpecialFolderOption.DoNotVerify);
}
