using System.Reflection;
using System.Runtime.CompilerServices;
using Ddpm.Pure.Reference;
using Xunit;

namespace Ddpm.Properties;

/// <summary>
/// The public API of the packages, and the bits of the reference, recorded so that no change of them goes unnoticed. Programs were written against the one, and
/// ports were checked against the other.
/// </summary>
public sealed class PublicApiTests
{
    /// <summary>Set to 1, this variable makes the test write the record instead of comparing with it.</summary>
    private const string Record = "DDPM_RECORD_PUBLIC_API";

    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
    };

    [Theory]
    [InlineData("Ddpm.Pure")]
    [InlineData("Ddpm.Gpu")]
    public void The_public_API_is_the_recorded_one(string project)
    {
        var file = Path.Combine(Fixtures.Repository, "Ddpm.Properties", "Fixtures", "public-api", project + ".txt");
        string[] actual = [.. project == "Ddpm.Pure" ? [$"reference {Reference()}"] : (string[])[], .. Assembly.Load(project).GetExportedTypes()
            .Where(type => !IsGenerated(type))
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .SelectMany(Lines)];
        if (Environment.GetEnvironmentVariable(Record) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, string.Join('\n', actual) + "\n");
        }

        var recorded = File.Exists(file) ? File.ReadAllLines(file) : [];
        var (gone, added) = (recorded.Except(actual).ToArray(), actual.Except(recorded).ToArray());
        Assert.True(
            recorded.SequenceEqual(actual),
            $"""
            The public API of {project}, or the reference, has changed.
            {string.Join('\n', gone.Select(line => "- " + line).Concat(added.Select(line => "+ " + line)))}
            If you mean that, record it, look at the difference and add a line to CHANGELOG.md:
            {Record}=1 dotnet test Ddpm.Properties --filter FullyQualifiedName~PublicApiTests
            """);
    }

    /// <summary>The SHA-256 of the manifest, which holds the SHA-256 of every file and all that it says of them.</summary>
    private static string Reference() =>
        ReferenceManifest.Sha256(ReferenceManifest.Of(ReferenceFiles.All.Map(entry => (entry, ReferenceManifest.Sha256(entry.Content().ToBytes())))));

    /// <summary>A type's declaration, and a line for each member, which begins with the type's name.</summary>
    private static IEnumerable<string> Lines(Type type)
    {
        var name = $"{type.Namespace}.{TypeName(type)}";
        string?[] bases = [type.BaseType is { } parent && !IsRoot(parent) ? TypeName(parent) : null, .. Interfaces(type)];
        var heirs = string.Join(", ", bases.OfType<string>());
        yield return $"{Kind(type)} {name}{(heirs.Length > 0 ? " : " + heirs : "")}{Constraints(type)}";
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            yield return $"{name}.{Signature(type.GetMethod("Invoke")!, new())}".Replace(": virtual ", ": ", StringComparison.Ordinal);
            yield break;
        }

        foreach (var line in type.GetMembers(Declared).SelectMany(Member).Order(StringComparer.Ordinal))
        {
            yield return $"{name}.{line}";
        }
    }

    private static bool IsRoot(Type type) => type == typeof(object) || type == typeof(ValueType) || type == typeof(Enum) || type == typeof(MulticastDelegate);

    /// <summary>Public interfaces, without those that a base class or another of them brings, and without the equality of a record.</summary>
    private static IEnumerable<string> Interfaces(Type type)
    {
        if (type.IsEnum || typeof(Delegate).IsAssignableFrom(type))
        {
            return [];
        }

        var brought = type.GetInterfaces().SelectMany(one => one.GetInterfaces()).Concat(type.BaseType?.GetInterfaces() ?? []).ToArray();
        return type.GetInterfaces()
            .Where(one => one.IsVisible && !brought.Contains(one) && one != typeof(IEquatable<>).MakeGenericType(type))
            .Select(TypeName)
            .Order(StringComparer.Ordinal);
    }

    private static string Kind(Type type)
    {
        if (type.IsEnum)
        {
            return "enum";
        }

        if (type.IsInterface)
        {
            return "interface";
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return "delegate";
        }

        var record = type.GetMethod("PrintMembers", Declared) is null ? "" : "record ";
        if (type.IsValueType)
        {
            var byRef = type.IsByRefLike ? "ref " : "";
            return $"{(type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "")}{byRef}{record}struct";
        }

        var modifier = type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "";
        return $"{modifier}{record}class";
    }

    /// <summary>None for a member that users cannot reach, or that the compiler writes for a record.</summary>
    private static IEnumerable<string> Member(MemberInfo member)
    {
        var nullability = new NullabilityInfoContext();
        if (IsGenerated(member))
        {
            yield break;
        }

        switch (member)
        {
            case FieldInfo field when IsReachable(field.IsPublic, field.IsFamily || field.IsFamilyOrAssembly, field) && !field.IsSpecialName:
                var value = field.IsLiteral ? $" = {Literal(field.GetRawConstantValue(), typeof(object))}" : "";
                var kind = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
                yield return $"{field.Name}: {kind}{TypeName(nullability.Create(field))}{value}";
                break;
            case ConstructorInfo constructor when !constructor.IsStatic && IsReachable(constructor):
                yield return Signature(constructor, nullability);
                break;
            case PropertyInfo property when property.GetAccessors(nonPublic: true).Any(IsReachable):
                var get = property.GetMethod is { } getter && IsReachable(getter) ? " get;" : "";
                var isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
                var set = property.SetMethod is { } setter && IsReachable(setter) ? isInit ? " init;" : " set;" : "";
                var required = property.CustomAttributes.Any(one => one.AttributeType.Name == "RequiredMemberAttribute") ? "required " : "";
                var index = property.GetIndexParameters() is { Length: > 0 } indices ? $"[{Parameters(indices, nullability)}]" : "";
                var modifiers = required + Modifiers(property.GetAccessors(nonPublic: true)[0]);
                yield return $"{property.Name}{index}: {modifiers}{TypeName(nullability.Create(property))} {{{get}{set} }}";
                break;
            case EventInfo @event when IsReachable(@event.AddMethod!):
                yield return $"{@event.Name}: event {TypeName(@event.EventHandlerType!)}";
                break;
            case MethodInfo method when IsReachable(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)):
                yield return Signature(method, nullability);
                break;
        }
    }

    private static bool IsGenerated(MemberInfo member) =>
        member.Name.Contains('<', StringComparison.Ordinal) || member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static bool IsReachable(MethodBase method) => IsReachable(method.IsPublic, method.IsFamily || method.IsFamilyOrAssembly, method);

    private static bool IsReachable(bool isPublic, bool isProtected, MemberInfo member) => isPublic || (isProtected && !member.DeclaringType!.IsSealed);

    private static string Modifiers(MethodBase method)
    {
        var access = method.IsPublic ? "" : "protected ";
        if (method.DeclaringType!.IsInterface && !method.IsStatic)
        {
            return access;
        }

        if (method.IsStatic)
        {
            return access + "static " + (method.IsAbstract ? "abstract " : "");
        }

        var isOverride = method is MethodInfo own && own.GetBaseDefinition() != own;
        return access + (isOverride ? "override " : method.IsAbstract ? "abstract " : method.IsVirtual && !method.IsFinal ? "virtual " : "");
    }

    private static string Signature(MethodBase method, NullabilityInfoContext nullability)
    {
        var extension = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        var parameters = $"({extension}{Parameters(method.GetParameters(), nullability)})";
        if (method is not MethodInfo called)
        {
            return $"{(method.IsPublic ? "" : "protected ")}new{parameters}";
        }

        var generic = called.IsGenericMethod ? $"<{string.Join(", ", called.GetGenericArguments().Select(TypeName))}>" : "";
        return $"{called.Name}{generic}{parameters}: {Modifiers(called)}{TypeName(nullability.Create(called.ReturnParameter))}{Constraints(called)}";
    }

    private static string Parameters(ParameterInfo[] parameters, NullabilityInfoContext nullability) => string.Join(", ", parameters.Select(parameter =>
    {
        var isParams = parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute));
        var passing = !parameter.ParameterType.IsByRef ? isParams ? "params " : "" : parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
        var usual = parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue, parameter.ParameterType)}" : "";
        return $"{passing}{TypeName(nullability.Create(parameter))} {parameter.Name}{usual}";
    }));

    private static string Literal(object? value, Type type) => value switch
    {
        not null when (Nullable.GetUnderlyingType(type) ?? type) is { IsEnum: true } choice => $"{TypeName(choice)}.{Enum.ToObject(choice, value)}",
        null => type.IsValueType && Nullable.GetUnderlyingType(type) is null ? "default" : "null",
        string text => $"\"{text}\"",
        bool truth => truth ? "true" : "false",
        _ => FormattableString.Invariant($"{value}"),
    };

    /// <summary>What a generic type or method asks of its type arguments.</summary>
    private static string Constraints(MemberInfo member)
    {
        var arguments = member is Type type ? type.GetGenericArguments() : ((MethodInfo)member).GetGenericArguments();
        return string.Concat(arguments.Where(argument => argument.IsGenericParameter).Select(argument =>
        {
            var kind = argument.GenericParameterAttributes & GenericParameterAttributes.SpecialConstraintMask;
            string?[] constraints =
            [
                kind.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint) ? "struct" : null,
                kind.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? "class" : null,
                .. argument.GetGenericParameterConstraints().Where(one => one != typeof(ValueType)).Select(TypeName),
            ];
            var all = string.Join(", ", constraints.OfType<string>());
            return all.Length > 0 ? $" where {argument.Name} : {all}" : "";
        }));
    }

    private static string TypeName(Type type) => TypeName(type, null);

    private static string TypeName(NullabilityInfo nullability) => TypeName(nullability.Type, nullability);

    /// <summary>The name as in C#, without its namespace, with the name of the type that it is nested in.</summary>
    private static string TypeName(Type type, NullabilityInfo? nullability)
    {
        if (type.IsByRef)
        {
            return TypeName(type.GetElementType()!, nullability?.ElementType);
        }

        var question = !type.IsValueType && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (Keywords.TryGetValue(type, out var keyword))
        {
            return keyword + question;
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return TypeName(underlying) + "?";
        }

        if (type.IsArray)
        {
            return $"{TypeName(type.GetElementType()!, nullability?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]{question}";
        }

        if (type.IsPointer)
        {
            return TypeName(type.GetElementType()!) + "*";
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        var arguments = type.GetGenericArguments()
            .Select((argument, i) => TypeName(argument, nullability?.GenericTypeArguments.ElementAtOrDefault(i)))
            .ToArray();
        if (type.Namespace == "System" && type.Name.StartsWith("ValueTuple`", StringComparison.Ordinal))
        {
            return $"({string.Join(", ", arguments)})";
        }

        var outer = type.IsNested ? TypeName(type.DeclaringType!) + "." : "";
        var generic = arguments.Length > 0 && type.Name.Contains('`', StringComparison.Ordinal) ? $"<{string.Join(", ", arguments)}>" : "";
        return outer + type.Name.Split('`')[0] + generic + question;
    }
}
