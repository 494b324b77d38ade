namespace FastHyper.Experiments.Configuration;

/// <summary>A key that was given a value, and where.</summary>
/// <param name="Key">The key, sections and all: <c>estimator.critic.step</c>.</param>
/// <param name="Value">The value; an empty mapping for a section that was given without any key.</param>
/// <param name="Place">Where the key stands.</param>
internal sealed record Setting(string Key, Node Value, Place Place)
{
    /// <summary>The settings of a YAML document, as flat keys in the order written.</summary>
    /// <exception cref="InvalidInputException">It is no such document.</exception>
    public static IReadOnlyList<Setting> Read(string yaml, string source)
    {
        List<Setting> settings = [];
        Node? root = NodeReader.Read(yaml, source, hasLines: true);
        if (root is MapNode map) Flatten(map, "", settings);
        else if (root is not (null or ScalarNode { IsNull: true })) throw Refusal.WrongValue("", root, "a section");
        if (settings.GroupBy(setting => setting.Key).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw Refusal.At(twice.Key, twice.ElementAt(1).Place, $"duplicate key, first at {twice.First().Place}");
        return settings;
    }

    /// <summary>The setting of an assignment <c>key.path=value</c> of a scalar or a list in brackets.</summary>
    /// <exception cref="InvalidInputException">It is none.</exception>
    public static Setting Parse(string assignment)
    {
        int equals = assignment.IndexOf('=');
        string source = $"override {OneLine.Value(assignment)}";
        if (equals <= 0) throw new InvalidInputException($"{source}: expected key.path=value");
        string path = assignment[..equals].Trim();
        Place place = new(source, 0);
        Node value = NodeReader.Read(assignment[(equals + 1)..], source, hasLines: false, path) ?? new ScalarNode("", true, place);
        return value is MapNode or ListNode { Flow: false }
            ? throw Refusal.WrongValue(path, value, "a scalar or a list in brackets")
            : new Setting(path, value, place);
    }

    /// <summary>The setting of a file's path, counted from a folder.</summary>
    public Setting Within(string folder)
    {
        bool isPath = Value is ScalarNode { IsNull: false, Text.Length: > 0 } text && !text.Text.Contains('\0', StringComparison.Ordinal);
        if (!isPath) return this;
        ScalarNode scalar = (ScalarNode)Value;
        return this with { Value = scalar with { Text = Path.GetFullPath(scalar.Text, folder), Plain = false } };
    }

    /// <summary>The settings of a mapping, as flat keys in the order written.</summary>
    public static IReadOnlyList<Setting> Of(MapNode map)
    {
        List<Setting> settings = [];
        Flatten(map, "", settings);
        return settings;
    }

    private static void Flatten(MapNode map, string prefix, List<Setting> settings)
    {
        foreach ((string name, Place place, Node value) in map.Entries)
        {
            string key = Refusal.Join(prefix, name);
            if (value is MapNode { Entries.Count: > 0 } section) Flatten(section, key, settings);
            else settings.Add(new Setting(key, value, place));
        }
    }
}
