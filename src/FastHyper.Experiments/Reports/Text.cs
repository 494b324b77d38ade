namespace FastHyper.Experiments.Reports;

/// <summary>How much room text takes, guessed on the wide side since the reader's font is unknown.</summary>
internal static class Text
{
    /// <summary>The width in pixels at the figures' font size.</summary>
    public static double Width(string text) => 6.9 * text.Length;

    /// <summary>The text, cut to fit.</summary>
    public static string Fit(string text, double room)
    {
        int length = (int)Math.Clamp(room / 6.9, 1, text.Length + 1);
        if (length >= text.Length)
            return text;
        // A pair that encodes one character is kept or dropped as a whole.
        int cut = char.IsHighSurrogate(text[Math.Max(0, length - 2)]) ? length - 2 : length - 1;
        return text[..Math.Max(0, cut)] + "…";
    }
}
