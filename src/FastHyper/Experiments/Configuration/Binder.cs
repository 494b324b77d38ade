using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FastHyper.Experiments.Configuration;

/// <summary>Turns what was written into values of the option types, and notes the keys that were given.</summary>
[RequiresUnreferencedCode(StrictYaml.Reflects), RequiresDynamicCode(StrictYaml.Reflects)]
internal static class Binder
{
    /// <summary>Sets the options of <paramref name="target"/> that <paramref name="node"/> gives.</summary>
    public static object Fill(object target, Node node, string prefix, ICollection<GivenKey> given)
    {
        if (node is not MapNode map)
            throw Refusal.WrongValue(prefix, node, "a section");
        var section = Section.Of(target.GetType());
        foreach ((string name, Place place, Node value) in map.Entries)
        {
            Option option = section.Find(prefix, name, place);
            string key = Refusal.Join(prefix, name);
            if (option.Shape.Form != Form.Section || value is MapNode { Entries.Count: 0 }) given.Add(new GivenKey(key, place));
            Set(target, option, value, key, given);
        }
        return target;
    }

    public static void Set(object target, Option option, Node node, string key, ICollection<GivenKey> given)
    {
        object? value = Value(node, option.Shape, key, given, option.Property.GetValue(target));
        option.Property.SetValue(target, value, BindingFlags.DoNotWrapExceptions, null, null, null);
    }

    /// <summary>The value of <paramref name="node"/>; a section keeps what it does not give from <paramref name="current"/>.</summary>
    public static object? Value(Node node, Shape shape, string key, ICollection<GivenKey> given, object? current = null)
    {
        if (node is ScalarNode { IsNull: true })
            return shape.AllowsNull ? null : throw Refusal.WrongValue(key, node, Scalars.Expected(shape));
        return (shape.Form, node) switch
        {
            (Form.Section, _) => Fill(current ?? Activator.CreateInstance(shape.Type)!, node, key, given),
            (Form.List, ListNode list) => List(list, shape, key),
            (Form.Table, MapNode map) => Table(map, shape, key),
            ( < Form.List, ScalarNode scalar) => Scalars.Parse(scalar, shape, key),
            _ => throw Refusal.WrongValue(key, node, Scalars.Expected(shape)),
        };
    }

    private static object List(ListNode list, Shape shape, string key)
    {
        if (shape.Length is { } length && list.Items.Count != length)
            throw Refusal.WrongValue(key, list, Scalars.Expected(shape));
        var items = Array.CreateInstance(shape.Element!.Declared, list.Items.Count);
        for (int i = 0; i < items.Length; i++)
            items.SetValue(Value(list.Items[i], shape.Element, $"{key}[{i}]", []), i);
        return shape.Type.IsAssignableFrom(items.GetType()) ? items : Activator.CreateInstance(shape.Type, items)!;
    }

    private static IDictionary Table(MapNode map, Shape shape, string key)
    {
        var table = (IDictionary)Activator.CreateInstance(shape.Type)!;
        foreach ((string name, _, Node value) in map.Entries)
            table[name] = Value(value, shape.Element!, Refusal.Join(key, name), []);
        return table;
    }
}
