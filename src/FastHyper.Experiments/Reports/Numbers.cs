using System.Globalization;

namespace FastHyper.Experiments.Reports;

/// <summary>Numbers as text, the same under every culture.</summary>
internal static class Numbers
{
    private const string Superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

    /// <summary>A coordinate to a hundredth of a pixel.</summary>
    public static string Coordinate(double value) =>
        // Adding zero turns the negative zero of a rounded value into zero.
        (Math.Round(value, 2) + 0.0).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A value for reading, to four significant digits.</summary>
    public static string Readable(double value)
    {
        if (!double.IsFinite(value))
            return "none";
        if (value == 0)
            return "0";
        int magnitude = Magnitude(value);
        return magnitude is >= 6 or < -4
            ? Scientific(value, magnitude, 3)
            : Sign(value.ToString(magnitude >= 4 ? "#,##0" : "0." + new string('#', 3 - magnitude), CultureInfo.InvariantCulture));
    }

    /// <summary>A tick of an axis: as many digits as tell it from its neighbours.</summary>
    public static string Tick(double value, double step, double largest)
    {
        int magnitude = Magnitude(largest);
        int fine = Magnitude(step);
        if (value == 0)
            return "0";
        return magnitude >= 6 || fine < -5
            ? Scientific(value, magnitude, Math.Clamp(magnitude - fine, 0, 15))
            : Sign(value.ToString("#,##0." + new string('0', Math.Max(0, -fine)), CultureInfo.InvariantCulture));
    }

    /// <summary>The power of ten just below a magnitude.</summary>
    public static int Magnitude(double value) =>
        int.Parse(
            Math.Abs(value).ToString("E16", CultureInfo.InvariantCulture).AsSpan(19), NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture);

    /// <summary>A power of ten.</summary>
    public static string Power(int magnitude)
    {
        string digits = Math.Abs(magnitude).ToString(CultureInfo.InvariantCulture);
        return $"10{(magnitude < 0 ? "⁻" : "")}{string.Concat(digits.Select(digit => Superscripts[digit - '0']))}";
    }

    private static string Scientific(double value, int magnitude, int digits)
    {
        double mantissa = magnitude < -290 ? value * 1e300 / Math.Pow(10, magnitude + 300) : value / Math.Pow(10, magnitude);
        string text = mantissa.ToString("0." + new string('#', digits), CultureInfo.InvariantCulture);
        return Sign($"{text}×{Power(magnitude)}");
    }

    private static string Sign(string text) => text.Replace('-', '−');
}
