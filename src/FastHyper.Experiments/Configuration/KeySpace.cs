namespace FastHyper.Experiments.Configuration;

/// <summary>
/// All keys that there are, whatever a configuration chooses, with what they take: a key of several choices may take more.
/// </summary>
internal sealed class KeySpace
{
    private readonly Dictionary<string, List<OptionType>> _keys = [];

    /// <summary>Adds the options of a record, under a section.</summary>
    public void Add(string section, IReadOnlyList<Option> table)
    {
        foreach (Option option in table) Add(Refusal.Join(section, option.Key), option.Type);
    }

    /// <summary>Adds a key.</summary>
    public void Add(string key, OptionType type)
    {
        if (_keys.TryGetValue(key, out List<OptionType>? types)) types.Add(type);
        else _keys.Add(key, [type]);
    }

    /// <summary>Requires that a setting is of a key, with a value that some choice takes, or of a section without any key.</summary>
    /// <exception cref="InvalidInputException">It is not.</exception>
    public void Require(Setting setting)
    {
        (string key, Node value, Place place) = setting;
        if (_keys.TryGetValue(key, out List<OptionType>? types))
        {
            if (!types.Skip(1).Any(type => Takes(type, setting))) Scalars.Read(value, types[0], key);
            return;
        }

        if (Within(key).Length > 0)
        {
            if (value is MapNode) return;
            throw Refusal.WrongValue(key, value, "a section");
        }

        string section = "", name = key;
        while (name.IndexOf('.', StringComparison.Ordinal) is > 0 and int dot)
        {
            string inner = Refusal.Join(section, name[..dot]);
            if (_keys.TryGetValue(inner, out types)) throw Refusal.WrongValue(inner, new MapNode([], place), Scalars.Expected(types[0]));
            if (Within(inner).Length == 0) break;
            (section, name) = (inner, name[(dot + 1)..]);
        }

        throw Refusal.UnknownKey(section, name, place, Within(section));
    }

    /// <summary>Whether a key takes the path of a file.</summary>
    public bool IsPath(string key) => _keys.TryGetValue(key, out List<OptionType>? types) && types.Exists(type => type.IsPath);

    private static bool Takes(OptionType type, Setting setting)
    {
        try
        {
            Scalars.Read(setting.Value, type, setting.Key);
            return true;
        }
        catch (InvalidInputException)
        {
            return false;
        }
    }

    /// <summary>The names that there are in a section, or at the top.</summary>
    private string[] Within(string section)
    {
        string prefix = section.Length == 0 ? "" : section + '.';
        IEnumerable<string> inner = _keys.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal));
        return [.. inner.Select(key => key[prefix.Length..].Split('.')[0]).Distinct()];
    }
}
