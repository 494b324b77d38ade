using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FastHyper.Experiments.Reports;

/// <summary>Paths of SVG as those of PDF: moves, lines and half circles, absolute and relative, and rectangles.</summary>
internal static partial class PdfPath
{
    // How far the handles of a cubic reach that is a quarter of a circle.
    private const double Circle = 0.5522847498;

    /// <summary>The path of the <c>d</c> of an element.</summary>
    public static string Of(string data)
    {
        StringBuilder path = new();
        double x = 0, y = 0, startX = 0, startY = 0;
        foreach (Match part in Command().Matches(data))
        {
            IEnumerable<string> texts = Number().Matches(part.Groups[2].Value).Select(item => item.Value);
            double[] numbers = [.. texts.Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
            char command = part.Groups[1].Value[0];
            (double baseX, double baseY) = char.IsLower(command) ? (x, y) : (0, 0);
            switch (char.ToUpperInvariant(command))
            {
                case 'M':
                    (x, y) = (baseX + numbers[0], baseY + numbers[1]);
                    (startX, startY) = (x, y);
                    Point(path, x, y, 'm');
                    break;
                case 'L':
                    (x, y) = (baseX + numbers[0], baseY + numbers[1]);
                    Point(path, x, y, 'l');
                    break;
                case 'H':
                    x = baseX + numbers[0];
                    Point(path, x, y, 'l');
                    break;
                case 'V':
                    y = baseY + numbers[0];
                    Point(path, x, y, 'l');
                    break;
                case 'A':
                    for (int i = 0; i < numbers.Length; i += 7)
                    {
                        HalfCircle(path, x, y, numbers[i + 5]);
                        x += numbers[i + 5];
                    }

                    break;
                default:
                    (x, y) = (startX, startY);
                    path.Append("h ");
                    break;
            }
        }

        return path.ToString();
    }

    /// <summary>A rectangle with round corners, or without.</summary>
    public static string Rectangle(double x, double y, double width, double height, double radius)
    {
        StringBuilder path = new();
        double r = Math.Min(radius, Math.Min(width, height) / 2), k = r * (1 - Circle);
        (double right, double bottom) = (x + width, y + height);
        Point(path, x + r, y, 'm');
        Point(path, right - r, y, 'l');
        if (r > 0) Curve(path, right - k, y, right, y + k, right, y + r);
        Point(path, right, bottom - r, 'l');
        if (r > 0) Curve(path, right, bottom - k, right - k, bottom, right - r, bottom);
        Point(path, x + r, bottom, 'l');
        if (r > 0) Curve(path, x + k, bottom, x, bottom - k, x, bottom - r);
        Point(path, x, y + r, 'l');
        if (r > 0) Curve(path, x, y + k, x + k, y, x + r, y);
        path.Append("h ");
        return path.ToString();
    }

    private static void HalfCircle(StringBuilder path, double x, double y, double across)
    {
        double r = across / 2, k = r * Circle;
        Curve(path, x, y - k, x + r - k, y - r, x + r, y - r);
        Curve(path, x + r + k, y - r, x + across, y - k, x + across, y);
    }

    private static void Point(StringBuilder path, double x, double y, char command) =>
        path.Append(CultureInfo.InvariantCulture, $"{Numbers.Coordinate(x)} {Numbers.Coordinate(y)} {command} ");

    private static void Curve(StringBuilder path, double x1, double y1, double x2, double y2, double x, double y)
    {
        foreach (double number in (double[])[x1, y1, x2, y2, x, y]) path.Append(Numbers.Coordinate(number)).Append(' ');
        path.Append("c ");
    }

    [GeneratedRegex(@"([MmLlHhVvAaZz])([^MmLlHhVvAaZz]*)")]
    private static partial Regex Command();

    [GeneratedRegex(@"-?(\d+\.?\d*|\.\d+)")]
    private static partial Regex Number();
}
