using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FastHyper.Experiments.Configuration;

/// <summary>One key of a section.</summary>
internal sealed record Option(string Key, PropertyInfo Property, Shape Shape);

/// <summary>The keys of an option class, in the order its properties are declared, base classes first.</summary>
[RequiresUnreferencedCode(StrictYaml.Reflects), RequiresDynamicCode(StrictYaml.Reflects)]
internal sealed class Section
{
    private static readonly ConcurrentDictionary<Type, Section> s_known = [];

    private Section(Type type) => Options = [.. type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.GetMethod is { IsPublic: true } && p.SetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0)
        .OrderBy(p => Depth(p.DeclaringType))
        .ThenBy(p => p.MetadataToken)
        .Select(p => new Option(Names.Snake(p.Name), p, Shape.Of(p)))];

    public IReadOnlyList<Option> Options { get; }

    public static Section Of(Type type) => s_known.GetOrAdd(type, static type => new Section(type));

    /// <summary>The option named <paramref name="name"/> of the section at <paramref name="prefix"/>.</summary>
    public Option Find(string prefix, string name, Place place) =>
        Options.FirstOrDefault(o => o.Key == name)
        ?? throw Refusal.UnknownKey(prefix, name, place, [.. Options.Select(o => o.Key)]);

    private static int Depth(Type? type) => type is null ? 0 : 1 + Depth(type.BaseType);
}
