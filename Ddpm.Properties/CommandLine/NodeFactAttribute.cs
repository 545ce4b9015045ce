using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A fact about machines where Node 18 or later runs JavaScript outside of a browser.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute()
    {
        if (Node is null)
        {
            Skip = Missing;
        }
    }

    internal const string Missing = "needs Node 18 or later (Debian: apt-get install nodejs)";

    /// <summary>That Node, or null.</summary>
    public static string? Node { get; } = Array.Find(
        ["node", "nodejs"], name => MachineProbe.Succeeds(name, "-e", "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)"));
}

/// <summary>The same for several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeTheoryAttribute : TheoryAttribute
{
    public NodeTheoryAttribute()
    {
        if (NodeFactAttribute.Node is null)
        {
            Skip = NodeFactAttribute.Missing;
        }
    }
}
