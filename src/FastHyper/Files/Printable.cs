using System.Globalization;

namespace FastHyper.Files;

/// <summary>Makes names that come from outside fit for a one-line message.</summary>
internal static class Printable
{
    private const int MaximalLength = 200;

    /// <summary>The text with control, format and line-break characters replaced by ?, cut to a sensible length.</summary>
    public static string Of(string text)
    {
        if (text.Length > MaximalLength) text = string.Concat(text.AsSpan(0, MaximalLength), "...");
        return string.Concat(text.Select(c => IsPlain(c) ? c : '?'));
    }

    private static bool IsPlain(char c) => char.GetUnicodeCategory(c) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
