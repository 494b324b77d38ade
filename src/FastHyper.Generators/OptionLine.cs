using System.Globalization;
using Microsoft.CodeAnalysis;

namespace FastHyper.Generators;

/// <summary>The line of a table that describes one property.</summary>
internal static class OptionLine
{
    private const string Root = "global::FastHyper.";

    /// <summary>The line; null where the property's type is no option's.</summary>
    public static string? Write(IPropertySymbol property, string type)
    {
        string key = Attribute(property, "Key")?.ConstructorArguments[0].Value as string ?? Names.Snake(property.Name);
        string value = property.Type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat), mine = $"(({type})o)";
        string get = $"static o => {mine}.{property.Name}", counts = Counts(property, mine);
        if (property.Type.GetAttributes().Any(attribute => IsNamed(attribute, "Options")))
        {
            if (property.NullableAnnotation == NullableAnnotation.Annotated) return null;
            string section = Attribute(property, "Inline") is null ? key : "";
            string put = $"static (o, v) => {mine} with {{ {property.Name} = v }}";
            return $"        .. {Root}Option.Within<{value}>({Quoted(section)}, {get}, {put}, {counts}),\n";
        }

        if (TypeOf(property) is not string takes) return null;
        bool isNullable = property.NullableAnnotation == NullableAnnotation.Annotated && property.Type.IsReferenceType;
        string nullable = isNullable ? "?" : "";
        string set = $"static (o, v) => {mine} with {{ {property.Name} = ({value}{nullable})v! }}";
        return $"        new({Quoted(key)}, {Quoted(Summary.Of(property))}, {takes}, {get}, {set}, {counts}),\n";
    }

    /// <summary>One of FastHyper's attributes, by its name without the ending.</summary>
    public static AttributeData? Attribute(ISymbol symbol, string name) =>
        symbol.GetAttributes().FirstOrDefault(attribute => IsNamed(attribute, name));

    private static bool IsNamed(AttributeData attribute, string name) =>
        attribute.AttributeClass?.ToDisplayString() == $"FastHyper.{name}Attribute";

    private static string? TypeOf(IPropertySymbol property)
    {
        string range = Range(Attribute(property, "Range"));
        string length = Attribute(property, "ItemLength") is AttributeData fixedTo ? $", {fixedTo.ConstructorArguments[0].Value}" : "";
        return Of(property.Type, "");

        string? Of(ITypeSymbol type, string ownLength)
        {
            if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } optional)
                return Of(optional.TypeArguments[0], "") is string inner ? inner + ".OrNull" : null;
            string orNull = type.NullableAnnotation == NullableAnnotation.Annotated ? ".OrNull" : "";
            string name = type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
            ITypeSymbol? element = type is IArrayTypeSymbol { Rank: 1 } array ? array.ElementType
                : type is INamedTypeSymbol { OriginalDefinition: { Name: "IReadOnlyList", Arity: 1 } } list ? list.TypeArguments[0] : null;
            if (element is not null)
            {
                string full = element.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
                return Of(element, length) is string inner ? $"{Root}OptionType.List<{full}>({inner}{ownLength}){orNull}" : null;
            }

            string? scalar = type.SpecialType switch
            {
                SpecialType.System_String => Attribute(property, "FilePath") is null ? "Text" : "Path",
                SpecialType.System_Boolean => "Flag",
                SpecialType.System_Int32 => $"Int({range})",
                SpecialType.System_Int64 => $"Long({range})",
                SpecialType.System_Double => $"Number({range})",
                _ when type.TypeKind == TypeKind.Enum => $"Name<{name}>()",
                SpecialType.None when type.AllInterfaces.Any(IsParsable) => $"Parsed<{name}>()",
                _ => null,
            };
            return scalar is null ? null : $"{Root}OptionType.{scalar}{orNull}";
        }
    }

    private static bool IsParsable(INamedTypeSymbol face) => face is { Name: "IParsable", Arity: 1, ContainingNamespace.Name: "System" };

    private static string Range(AttributeData? range)
    {
        if (range is null) return "";
        IEnumerable<string> bounds = range.NamedArguments.Select(bound => $"{bound.Key} = {Constant(bound.Value)}");
        return $"new {Root}RangeAttribute {{ {string.Join(", ", bounds)} }}";
    }

    /// <summary>Whether the option counts, as a lambda of the record; null for always.</summary>
    private static string Counts(IPropertySymbol property, string mine)
    {
        string[] conditions = [.. property.GetAttributes().Where(attribute => IsNamed(attribute, "OnlyWith")).Select(Condition)];
        return conditions.Length == 0 ? "null" : $"static o => {string.Join(" && ", conditions)}";

        string Condition(AttributeData only)
        {
            string other = $"{mine}.{only.ConstructorArguments[0].Value}";
            string[] values = [.. only.ConstructorArguments[1].Values.Select(Constant)];
            bool not = only.NamedArguments.Any(argument => argument is { Key: "Not", Value.Value: true });
            if (values.Length == 0) return $"{(not ? "!" : "")}{Root}Option.IsGiven({other})";
            return $"{other} is {(not ? "not " : "")}({string.Join(" or ", values)})";
        }
    }

    private static string Constant(TypedConstant constant) => constant switch
    {
        { Kind: TypedConstantKind.Enum, Type: { } type } =>
            $"({type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)})({constant.Value})",
        { Value: bool flag } => flag ? "true" : "false",
        { Value: string text } => Quoted(text),
        { Value: double number } => number.ToString("R", CultureInfo.InvariantCulture) + "d",
        { Value: IFormattable number } => number.ToString(null, CultureInfo.InvariantCulture),
        _ => "null",
    };

    private static string Quoted(string text) => Microsoft.CodeAnalysis.CSharp.SymbolDisplay.FormatLiteral(text, quote: true);
}
