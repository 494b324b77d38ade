using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace FastHyper.Experiments.Configuration;

/// <summary>Applies one <c>key.path=value</c> to bound options.</summary>
[RequiresUnreferencedCode(StrictYaml.Reflects), RequiresDynamicCode(StrictYaml.Reflects)]
internal static class Override
{
    public static void Apply(object root, string assignment, ICollection<GivenKey> given)
    {
        int equals = assignment.IndexOf('=');
        string source = $"override {OneLine.Value(assignment)}";
        if (equals <= 0) throw new InvalidInputException($"{source}: expected key.path=value");
        string path = assignment[..equals].Trim();
        var place = new Place(source, 0);
        Node value = NodeReader.Read(assignment[(equals + 1)..], source, hasLines: false, path) ?? new ScalarNode("", true, place);
        if (value is MapNode or ListNode { Flow: false })
            throw Refusal.WrongValue(path, value, "a scalar or a list in brackets");
        Apply(root, "", path, value);
        given.Add(new GivenKey(path, value.Place));
    }

    private static void Apply(object target, string prefix, string path, Node value)
    {
        int dot = path.IndexOf('.');
        string name = dot < 0 ? path : path[..dot];
        string key = Refusal.Join(prefix, name);
        Option option = Section.Of(target.GetType()).Find(prefix, name, value.Place);
        if (dot < 0)
        {
            Binder.Set(target, option, value, key, []);
            return;
        }
        string rest = path[(dot + 1)..];
        if (option.Shape.Form is not (Form.Section or Form.Table))
            throw Refusal.At(key, value.Place, "not a section");
        object inner = option.Property.GetValue(target) ?? throw Refusal.At(key, value.Place, "missing section");
        if (option.Shape.Form == Form.Table)
            ((IDictionary)inner)[rest] = Binder.Value(value, option.Shape.Element!, Refusal.Join(key, rest), []);
        else
            Apply(inner, key, rest, value);
    }
}
