using System.Globalization;
using System.Text;

namespace FastHyper;

/// <summary>
/// Makes text that comes from outside fit for a message of one line: what would break the line is escaped, and what is long cut.
/// </summary>
public static class OneLine
{
    private const int MaxValueLength = 60;
    private const int MaxReasonLength = 160;
    private const int MaxPathLength = 160;
    private const int MaxMessageLength = 1000;
    private const string Cut = "…";

    /// <summary>A message: no more than its first 1000 characters.</summary>
    /// <param name="text">The message.</param>
    public static string Message(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Escape(Head(text, MaxMessageLength));
    }

    /// <summary>A value, a name or a key: no more than its first 60 characters.</summary>
    /// <param name="text">The value.</param>
    public static string Value(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Escape(Head(text, MaxValueLength));
    }

    /// <summary>What another library says of an error, which may repeat its input.</summary>
    /// <param name="e">The error.</param>
    public static string Reason(Exception e)
    {
        ArgumentNullException.ThrowIfNull(e);
        return Escape(Head(e.Message.TrimEnd('.'), MaxReasonLength));
    }

    /// <summary>A path: of one of more than 160 characters its start and, as it tells more, its end.</summary>
    /// <param name="path">The path.</param>
    public static string Path(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length <= MaxPathLength) return Escape(path);
        const int start = MaxPathLength / 4;
        string end = path[^(MaxPathLength - start)..];
        return Escape(Head(path, start) + (char.IsLowSurrogate(end[0]) ? end[1..] : end));
    }

    /// <summary>Names, a handful of them, and how many more there are.</summary>
    /// <param name="names">The names.</param>
    public static string List(IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        const int most = 16;
        string first = string.Join(", ", names.Take(most).Select(Value));
        return names.Count > most ? $"{first} and {names.Count - most} more" : first;
    }

    /// <summary>Why a file or folder could not be used, without the path, which the message names itself.</summary>
    /// <param name="e">The error.</param>
    public static string Cause(Exception e) => e switch
    {
        FileNotFoundException => "no such file",
        DirectoryNotFoundException => "no such folder",
        PathTooLongException => "its path is too long",
        UnauthorizedAccessException => "access is denied",
        _ => Reason(e),
    };

    private static string Head(string text, int length)
    {
        if (text.Length <= length) return text;
        return text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)] + Cut;
    }

    private static string Escape(string text)
    {
        if (text.All(IsPlain)) return text;
        StringBuilder line = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsPlain(Rune.GetUnicodeCategory(rune))) line.Append(rune);
            else line.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
        }

        return line.ToString();
    }

    private static bool IsPlain(char c) => !char.IsSurrogate(c) && IsPlain(char.GetUnicodeCategory(c));

    private static bool IsPlain(UnicodeCategory category) => category is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
