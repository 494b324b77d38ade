using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FastHyper.Experiments.Configuration;

/// <summary>The YAML forms an option may take.</summary>
internal enum Form { Text, Flag, Int, Long, Number, Name, Parsed, List, Table, Section }

/// <summary>The form, nullability and limits of an option, a list element or a dictionary value.</summary>
[RequiresUnreferencedCode(StrictYaml.Reflects), RequiresDynamicCode(StrictYaml.Reflects)]
internal sealed class Shape
{
    private Shape(NullabilityInfo info, RangeAttribute? range, int? itemLength, int? length = null)
    {
        Declared = info.Type;
        Type = Nullable.GetUnderlyingType(info.Type) ?? info.Type;
        AllowsNull = info.ReadState == NullabilityState.Nullable;
        Range = range;
        Length = length;
        Form = FormOf(Type);
        Element = Form switch
        {
            Form.List => new Shape(info.ElementType ?? info.GenericTypeArguments[0], range, null, itemLength),
            Form.Table => new Shape(info.GenericTypeArguments[1], range, itemLength),
            _ => null,
        };
    }

    public Type Declared { get; }

    public Type Type { get; }

    public bool AllowsNull { get; }

    public Form Form { get; }

    public Shape? Element { get; }

    public RangeAttribute? Range { get; }

    public int? Length { get; }

    public static Shape Of(PropertyInfo property) => new(
        new NullabilityInfoContext().Create(property),
        property.GetCustomAttribute<RangeAttribute>() ?? property.GetCustomAttribute<SameRangeAttribute>()?.Range,
        property.GetCustomAttribute<ItemLengthAttribute>()?.Length);

    private static Form FormOf(Type type)
    {
        if (type == typeof(string))
            return Form.Text;
        if (type == typeof(bool))
            return Form.Flag;
        if (type == typeof(int))
            return Form.Int;
        if (type == typeof(long))
            return Form.Long;
        if (type == typeof(double))
            return Form.Number;
        if (type.IsEnum)
            return Form.Name;
        // Other numbers would parse by rules of their own, NaN included.
        if (!type.IsPrimitive && Scalars.ParserOf(type) is not null)
            return Form.Parsed;
        Type? generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        if (type.IsSZArray || generic == typeof(List<>) || generic == typeof(IReadOnlyList<>))
            return Form.List;
        if (generic == typeof(Dictionary<,>) && type.GenericTypeArguments[0] == typeof(string))
            return Form.Table;
        if (type.IsClass && type.GetConstructor(Type.EmptyTypes) is not null)
            return Form.Section;
        throw new NotSupportedException($"{type} cannot be an option.");
    }
}
