namespace FastHyper.Followers;

/// <summary>What users call the methods.</summary>
public static class SolveMethodNames
{
    private static readonly string[] s_names = ["auto", "sweeps", "gauss-seidel", "shifted", "anderson", "policy-iteration"];

    /// <summary>All names, as a sentence lists them.</summary>
    public static string All { get; } = $"{string.Join(", ", s_names[..^1])} or {s_names[^1]}";

    /// <summary>The method's name.</summary>
    /// <param name="method">The method.</param>
    public static string Name(this SolveMethod method) => s_names[(int)method];

    /// <summary>The method of a name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public static SolveMethod Parse(string name)
    {
        int found = Array.IndexOf(s_names, name);
        return found >= 0 ? (SolveMethod)found : throw new InvalidInputException($"method: '{OneLine.Value(name)}'; expected {All}");
    }
}
