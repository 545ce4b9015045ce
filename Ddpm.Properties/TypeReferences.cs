using System.Reflection;
using System.Reflection.Emit;

namespace Ddpm.Properties;

/// <summary>Which types a compiled type refers to: in its base, interfaces, members, attributes and the code of its methods.</summary>
internal static class TypeReferences
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>All references between types of an assembly. A nested type speaks for the one that holds it.</summary>
    public static IEnumerable<(Type From, Type To)> In(Assembly assembly) => To(assembly, assembly.GetName().Name!);

    /// <summary>All references of an assembly's types to the types of another assembly, by name.</summary>
    public static IEnumerable<(Type From, Type To)> To(Assembly assembly, string name) => assembly.GetTypes()
        .SelectMany(type => Of(type).SelectMany(Parts).Where(to => to.Assembly.GetName().Name == name).Select(to => (Outermost(type), Outermost(to))))
        .Where(pair => pair.Item1 != pair.Item2).Distinct();

    private static IEnumerable<Type> Of(Type type) =>
        new[] { type.BaseType }.OfType<Type>()
            .Concat(type.GetInterfaces())
            .Concat(type.GetCustomAttributesData().Select(attribute => attribute.AttributeType))
            .Concat(type.GetGenericArguments().SelectMany(argument => argument.IsGenericParameter ? argument.GetGenericParameterConstraints() : []))
            .Concat(type.GetFields(Everything).Select(field => field.FieldType))
            .Concat(type.GetProperties(Everything).Select(property => property.PropertyType))
            .Concat(type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything)).SelectMany(OfMethod));

    private static IEnumerable<Type> OfMethod(MethodBase method) =>
        method.GetParameters().Select(parameter => parameter.ParameterType)
            .Concat(method is MethodInfo { ReturnType: var made } ? [made] : [])
            .Concat(
                method.GetMethodBody() is { } body
                    ? body.LocalVariables.Select(local => local.LocalType).Concat(InCode(method, body.GetILAsByteArray()!))
                    : []);

    /// <summary>The types in a method's instructions, and the declaring types of the members in them.</summary>
    private static IEnumerable<Type> InCode(MethodBase method, byte[] code)
    {
        var (ofType, ofMethod) = (method.DeclaringType!.GetGenericArguments(), method.IsGenericMethod ? method.GetGenericArguments() : []);
        for (var at = 0; at < code.Length;)
        {
            var value = code[at] == 0xfe ? (short)(0xfe00 | code[at + 1]) : code[at];
            var instruction = OpCodesByValue[value];
            at += instruction.Size;
            if (instruction.OperandType is OperandType.InlineTok or OperandType.InlineType or OperandType.InlineMethod or OperandType.InlineField)
            {
                foreach (var type in Named(method.Module.ResolveMember(BitConverter.ToInt32(code, at), ofType, ofMethod)!))
                {
                    yield return type;
                }
            }

            at += instruction.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
                _ => 4,
            };
        }
    }

    private static IEnumerable<Type> Named(MemberInfo member) => member switch
    {
        Type type => [type],
        MethodInfo method =>
        [
            method.DeclaringType!, method.ReturnType, .. method.GetParameters().Select(parameter => parameter.ParameterType), .. method.GetGenericArguments(),
        ],
        FieldInfo field => [field.DeclaringType!, field.FieldType],
        _ => [member.DeclaringType!],
    };

    private static IEnumerable<Type> Parts(Type type) => type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition())
        : [type];

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;
}
