using System.Globalization;
using System.Xml.Linq;

namespace FastHyper.Tests.Experiments.Reports;

/// <summary>Looks things up in rendered markup.</summary>
internal static class ReportMarkup
{
    /// <summary>All elements of a name and, if given, with a style class.</summary>
    public static XElement[] Find(this XContainer root, string name, string? style = null) =>
        [.. root.Descendants()
            .Where(e => e.Name.LocalName == name && (style is null || ((string?)e.Attribute("class") ?? "").Split(' ').Contains(style)))];

    /// <summary>An attribute as a number.</summary>
    public static double Number(this XElement element, string name) =>
        double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    /// <summary>The points of a path of moves and lines.</summary>
    public static (double X, double Y)[] Points(this XElement path) =>
    [
        .. path.Attribute("d")!.Value.Split(['M', 'L', 'Z'], StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split(' ')).Select(
                p => (double.Parse(p[0], CultureInfo.InvariantCulture), double.Parse(p[1], CultureInfo.InvariantCulture))),
    ];
}
