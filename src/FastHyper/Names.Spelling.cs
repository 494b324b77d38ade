using System.Text;

namespace FastHyper;

/// <summary>How the names of code are spelt in configurations, and which known name is nearest to a misspelt one.</summary>
public static partial class Names
{
    /// <summary>snake_case, as of keys.</summary>
    /// <param name="name">A name in PascalCase.</param>
    public static string Snake(string name) => Split(name, '_');

    /// <summary>kebab-case, as of values.</summary>
    /// <param name="name">A name in PascalCase.</param>
    public static string Kebab(string name) => Split(name, '-');

    private static string Split(string name, char separator)
    {
        var text = new StringBuilder();
        for (int i = 0; i < name.Length; i++)
        {
            bool starts = char.IsUpper(name[i]) && i > 0
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (starts)
                text.Append(separator);
            text.Append(char.ToLowerInvariant(name[i]));
        }
        return text.ToString();
    }
}
