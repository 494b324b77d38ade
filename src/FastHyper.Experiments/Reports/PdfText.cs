using System.Globalization;
using System.Text;

namespace FastHyper.Experiments.Reports;

/// <summary>Text in the fonts that every reader of PDF has: Helvetica in Windows's encoding, and Symbol for Greek and signs.</summary>
internal static class PdfText
{
    // Advances of the characters from space to tilde, in thousandths of the size (Adobe's metrics of Helvetica).
    private static readonly int[] s_widths =
    [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
        556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
        667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
        556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
    ];

    private const string Greek = "αβχδεφγηικλμνοπθρστυωξψζΣΔΦΓΛΠΘΩΨΞ−≤≥∞→∇∂×∈≈≠…";
    private const string GreekCodes =
        "abcdefghiklmnopqrstuwxyzSDFGLPQWYX-\u00A3\u00B3\u00A5\u00AE\u00D1\u00B6\u00B4\u00CE\u00BB\u00B9\u00BC";
    private const string Raised = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻";
    private const string RaisedAs = "0123456789-";

    // Of Symbol; near enough for where text is to end.
    private const int SymbolWidth = 549;
    private const double RaisedSize = 0.7;

    /// <summary>The advance of a text, as a part of its size.</summary>
    public static double Width(string text) => Runs(text).Sum(run => run.Width);

    /// <summary>Shows a text at the text matrix's place.</summary>
    /// <param name="text">The text.</param>
    /// <param name="size">Its size.</param>
    /// <param name="bold">Whether it is bold.</param>
    public static string Show(string text, double size, bool bold)
    {
        StringBuilder shown = new();
        foreach ((string font, bool raised, string codes, _) in Runs(text))
        {
            string name = font == "S" ? "S" : bold ? "B" : "H";
            double rise = raised ? 0.35 * size : 0, scaled = raised ? RaisedSize * size : size;
            shown.Append(CultureInfo.InvariantCulture, $"/{name} {Numbers.Coordinate(scaled)} Tf {Numbers.Coordinate(rise)} Ts (");
            foreach (char c in codes)
            {
                if (c is '(' or ')' or '\\') shown.Append('\\').Append(c);
                else if (c is >= ' ' and <= '~') shown.Append(c);
                else shown.Append('\\').Append(Convert.ToString(c, 8).PadLeft(3, '0'));
            }

            shown.Append(") Tj ");
        }

        return shown.ToString();
    }

    private static List<(string Font, bool Raised, string Codes, double Width)> Runs(string text)
    {
        List<(string Font, bool Raised, string Codes, double Width)> runs = [];
        foreach (Rune rune in text.EnumerateRunes())
        {
            (string font, bool raised, char code, double width) = Of(rune);
            if (runs.Count > 0 && runs[^1].Font == font && runs[^1].Raised == raised)
                runs[^1] = (font, raised, runs[^1].Codes + code, runs[^1].Width + width);
            else
                runs.Add((font, raised, code.ToString(), width));
        }

        return runs;
    }

    private static (string Font, bool Raised, char Code, double Width) Of(Rune rune)
    {
        char c = rune.IsBmp ? (char)rune.Value : '?';
        if (Raised.IndexOf(c, StringComparison.Ordinal) is >= 0 and int up)
            return ("H", true, RaisedAs[up], RaisedSize * Advance(RaisedAs[up]));
        if (Greek.IndexOf(c, StringComparison.Ordinal) is >= 0 and int at) return ("S", false, GreekCodes[at], SymbolWidth / 1000.0);
        char code = c switch
        {
            '–' => '\u0096',
            '—' => '\u0097',
            '‘' => '\u0091',
            '’' => '\u0092',
            >= ' ' and <= '~' or >= '\u00A0' and <= '\u00FF' => c,
            _ => '?',
        };
        return ("H", false, code, Advance(code));
    }

    private static double Advance(char code) => (code is >= ' ' and <= '~' ? s_widths[code - ' '] : 556) / 1000.0;
}
