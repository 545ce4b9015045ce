using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using Ddpm.Pure.Schedules;
using Xunit;

namespace Ddpm.Properties;

/// <summary>Ddpm.Pure is values and functions: it can reach no device, file, console, network, process or clock, and nothing in it changes.</summary>
public sealed class ArchitectureLaws
{
    private static readonly Assembly Core = typeof(NoiseSchedule).Assembly;

    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    /// <summary>The types whose objects never change: public types and records.</summary>
    private static IEnumerable<Type> Values => Core.GetTypes().Where(type => type.IsVisible || type.GetMethod("PrintMembers", Everything) is not null);

    /// <summary>
    /// The folders of each project, the lowest first: a folder uses only folders before it. "" stands for files outside of all folders, at the top.
    /// </summary>
    public static TheoryData<string, string[]> Floors { get; } = new()
    {
        {
            "Ddpm.Pure",
            [
                "Text", "Validations", "Numerics", "Random", "Formats", "Images", "Charts", "Schedules", "Embeddings", "Diffusion", "Sampling", "Networks",
                "Metrics", "Data", "Optimisation", "Options", "Training", "Reference",
            ]
        },
        {
            "Ddpm.Gpu",
            [
                "Threads", "Ranks", "Kernels", "Tensors", "Networks", "Executors", "Devices", "Sampling", "Training", "Checkpoints", "Classification",
                "Likelihood", "Pretrained", "",
            ]
        },
        {
            "Ddpm.Host",
            [
                "Progress", "Processes", "Faults", "Files", "Ranks", "Pictures", "Data", "Runs", "Sampling", "Exchange", "Diagnosis", "Benchmarks",
                "Evaluation", "Reports", "Commands", "",
            ]
        },
    };

    private static readonly string[] ForbiddenAssemblies =
    [
        "TorchSharp", "SixLabors", "Serilog", "Spectre", "System.CommandLine", "System.IO.FileSystem", "System.Console", "System.Net",
        "System.Diagnostics.Process",
        "System.Threading", "Ddpm.",
    ];

    private static readonly string[] ForbiddenTypes =
    [
        "System.IO.File", "System.IO.Directory", "System.IO.Path", "System.IO.Drive", "System.IO.Stream", "System.Console", "System.Net.", "System.Environment",
        "System.Diagnostics.Process", "System.Diagnostics.Stopwatch", "System.DateTime", "System.TimeProvider", "System.Random", "System.Guid",
        "System.Threading.",
        "System.Runtime.InteropServices.NativeLibrary", "System.Runtime.InteropServices.DllImport",
    ];

    private static readonly Type[] MutableCollections =
    [
        typeof(ICollection<>), typeof(IList<>), typeof(IDictionary<,>), typeof(ISet<>), typeof(List<>), typeof(Dictionary<,>),
        typeof(System.Collections.Generic.HashSet<>),
        typeof(Queue<>), typeof(Stack<>), typeof(Memory<>),
    ];

    /// <summary>Read from the compiled types, so that no reference can hide behind a whole name or a using of another file.</summary>
    [Theory]
    [MemberData(nameof(Floors))]
    public void A_folder_uses_lower_folders_alone(string project, string[] floors)
    {
        int Floor(Type type)
        {
            var folder = type.Namespace == project ? "" : type.Namespace![(project.Length + 1)..].Split('.')[0];
            return Array.IndexOf(floors, folder) is >= 0 and var floor ? floor : throw new InvalidOperationException($"{type} stands on no floor");
        }

        var references = TypeReferences.In(Assembly.Load(project)).Where(pair => IsOurs(pair.From) && IsOurs(pair.To)).ToArray();
        Assert.InRange(references.Length, 100, 100_000);
        Assert.Empty(references.Where(pair => Floor(pair.From) < Floor(pair.To)).Select(pair => $"{pair.From} uses {pair.To}, which stands above it"));

        bool IsOurs(Type type) => type.Namespace == project || type.Namespace?.StartsWith(project + ".", StringComparison.Ordinal) == true;
    }

    /// <summary>The kernels know spans and pointers, and no tensor.</summary>
    [Fact]
    public void Kernels_use_no_tensor() => Assert.Empty(
        from pair in TypeReferences.To(Assembly.Load("Ddpm.Gpu"), "TorchSharp")
        where pair.From.Namespace == "Ddpm.Gpu.Kernels"
        select $"{pair.From} uses {pair.To}");

    [Fact]
    public void It_references_no_assembly_that_touches_the_world() => Assert.DoesNotContain(
        Core.GetReferencedAssemblies().Select(assembly => assembly.Name!),
        name => ForbiddenAssemblies.Any(forbidden => name.StartsWith(forbidden, StringComparison.Ordinal)));

    [Fact]
    public void It_references_no_type_that_touches_the_world()
    {
        using var file = new PEReader(File.OpenRead(Core.Location));
        var metadata = file.GetMetadataReader();
        var referenced = metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}").ToArray();
        Assert.Contains("System.Math", referenced);
        Assert.DoesNotContain(referenced, name => ForbiddenTypes.Any(forbidden => name.StartsWith(forbidden, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_property_of_a_public_type_or_a_record_can_be_set_at_birth_alone() => Assert.Empty(
        from type in Values
        from property in type.GetProperties(Everything)
        where property.SetMethod is { } set && !set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit))
        select $"{type}.{property.Name}");

    [Fact]
    public void No_field_of_a_public_type_or_a_record_can_change() => Assert.Empty(
        from type in Values
        from field in type.GetFields(Everything)
        where !field.IsInitOnly && !field.IsLiteral && !type.IsEnum && !field.IsDefined(typeof(CompilerGeneratedAttribute))
        select $"{type}.{field.Name}");

    /// <summary>But the caches that the compiler makes for lambdas.</summary>
    [Fact]
    public void No_static_field_can_change() => Assert.Empty(
        from type in Core.GetTypes()
        from field in type.GetFields(Everything)
        where field.IsStatic
            && !field.IsInitOnly
            && !field.IsLiteral
            && !type.Name.Contains('<', StringComparison.Ordinal)
            && !field.Name.StartsWith("<>", StringComparison.Ordinal)
        select $"{type}.{field.Name}");

    [Fact]
    public void No_public_property_or_field_hands_out_something_that_can_be_changed() => Assert.Empty(
        from type in Core.GetExportedTypes()
        from member in type.GetProperties().Select(property => (property.Name, Type: property.PropertyType))
            .Concat(type.GetFields().Select(field => (field.Name, Type: field.FieldType)))
        where IsMutable(member.Type)
        select $"{type}.{member.Name}");

    private static bool IsMutable(Type type) =>
        type.IsArray || (type.IsGenericType && (MutableCollections.Contains(type.GetGenericTypeDefinition()) || type.GetGenericArguments().Any(IsMutable)));
}
