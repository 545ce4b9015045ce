namespace Ddpm.Pure.Data;

/// <summary>A Debian package that carries a data set.</summary>
/// <param name="Name">The package's name.</param>
/// <param name="Folder">The absolute folder that the package installs the files in.</param>
internal sealed record DebianPackage(string Name, string Folder);
