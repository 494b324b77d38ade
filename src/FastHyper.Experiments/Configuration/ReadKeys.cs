namespace FastHyper.Experiments.Configuration;

/// <summary>The keys of a configuration that a use of it reads.</summary>
internal sealed class ReadKeys(IEnumerable<string> keys)
{
    private readonly HashSet<string> _keys = [.. keys];

    /// <summary>The keys.</summary>
    public IReadOnlySet<string> Keys => _keys;

    /// <summary>Whether a key, or one within it, is read.</summary>
    public bool Contains(string key) => _keys.Contains(key) || _keys.Any(read => read.StartsWith(key + '.', StringComparison.Ordinal));
}
