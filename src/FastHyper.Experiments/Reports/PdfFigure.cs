using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace FastHyper.Experiments.Reports;

/// <summary>
/// A figure as a PDF of one page, from the SVG that <see cref="SvgFigure"/> writes and with its style sheet: vectors, text as text, and the
/// same bytes for the same figure. It reads the elements that figures have, and no others.
/// </summary>
internal sealed class PdfFigure
{
    // A pixel of SVG is 1/96 inch, a point 1/72.
    private const double Points = 0.75;
    private static readonly string[] s_inherited =
    [
        "fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "font-size", "font-weight",
        "text-anchor",
    ];

    private static readonly string[] s_ends = ["x1", "y1", "x2", "y2"];
    private readonly FigureStyle _style;
    private readonly StringBuilder _content = new();
    private readonly SortedDictionary<string, int> _opacities = new(StringComparer.Ordinal);

    private PdfFigure(XElement svg) => _style = new FigureStyle(svg.Elements().First(element => element.Name.LocalName == "style").Value);

    /// <summary>The bytes of a <c>.pdf</c> file.</summary>
    /// <param name="svg">The text of the <c>.svg</c> file.</param>
    public static byte[] Render(string svg)
    {
        XElement root = XDocument.Parse(svg).Root!;
        PdfFigure figure = new(root);
        (double width, double height) = (Number(root, "width"), Number(root, "height"));
        figure._content.Append(CultureInfo.InvariantCulture, $"{Points} 0 0 -{Points} 0 {Numbers.Coordinate(Points * height)} cm ");
        foreach (XElement child in root.Elements()) figure.Draw(child, new() { ["font-size"] = "12" });
        return figure.File(Points * width, Points * height);
    }

    private void Draw(XElement element, Dictionary<string, string> outer)
    {
        Dictionary<string, string> style = _style.Of(element);
        foreach (string key in s_inherited)
            if (!style.ContainsKey(key) && outer.TryGetValue(key, out string? value)) style[key] = value;
        string name = element.Name.LocalName;
        double X(string key) => Number(element, key);
        switch (name)
        {
            case "svg" or "g":
                _content.Append("q ");
                if (name == "svg") Transform(1, X("x"), X("y"));
                else if (element.Attribute("transform") is { } transform) Transform(transform.Value);
                foreach (XElement child in element.Elements()) Draw(child, style);
                _content.Append("Q\n");
                break;
            case "rect":
                Paint(style, PdfPath.Rectangle(X("x"), X("y"), X("width"), X("height"), X("rx")));
                break;
            case "path":
                Paint(style, PdfPath.Of(element.Attribute("d")!.Value));
                break;
            case "line":
                string[] ends = [.. s_ends.Select(end => Numbers.Coordinate(X(end)))];
                Paint(style, $"{ends[0]} {ends[1]} m {ends[2]} {ends[3]} l ");
                break;
            case "text":
                Write(style, element.Value, X("x"), X("y"));
                break;
        }
    }

    private void Transform(string transform)
    {
        string[] parts = transform.Split('(', ')');
        double[] numbers = [.. parts[1].Split(' ').Select(item => double.Parse(item, CultureInfo.InvariantCulture))];
        if (parts[0] == "scale") Transform(numbers[0], 0, 0);
        else Transform(1, numbers[0], numbers[1]);
    }

    private void Transform(double scale, double x, double y) => _content.Append(
        CultureInfo.InvariantCulture, $"{scale:0.######} 0 0 {scale:0.######} {Numbers.Coordinate(x)} {Numbers.Coordinate(y)} cm ");

    private void Paint(Dictionary<string, string> style, string path)
    {
        string? fill = Colour(style.GetValueOrDefault("fill", "#000000")), stroke = Colour(style.GetValueOrDefault("stroke", "none"));
        if (path.Length == 0 || (fill is null && stroke is null)) return;
        _content.Append("q ");
        Fade(style);
        if (fill is not null) _content.Append(fill).Append(" rg ");
        if (stroke is not null)
        {
            string width = style.GetValueOrDefault("stroke-width", "1"), dashes = style.GetValueOrDefault("stroke-dasharray", "");
            int cap = style.GetValueOrDefault("stroke-linecap") == "round" ? 1 : 0;
            int join = style.GetValueOrDefault("stroke-linejoin") == "round" ? 1 : 0;
            if (width[0] == '.') width = "0" + width;
            _content.Append(CultureInfo.InvariantCulture, $"{stroke} RG {width} w {cap} J {join} j [{dashes}] 0 d ");
        }

        _content.Append(path).Append(fill is null ? "S" : stroke is null ? "f" : "B").Append(" Q\n");
    }

    private void Write(Dictionary<string, string> style, string text, double x, double y)
    {
        double size = double.Parse(style["font-size"].Replace("px", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        bool bold = int.TryParse(style.GetValueOrDefault("font-weight"), CultureInfo.InvariantCulture, out int weight) && weight >= 600;
        double width = size * PdfText.Width(text);
        x -= style.GetValueOrDefault("text-anchor") switch { "end" => width, "middle" => width / 2, _ => 0 };
        _content.Append("q ");
        Fade(style);
        _content.Append(
            CultureInfo.InvariantCulture,
            $"{Colour(style.GetValueOrDefault("fill", "#000000"))} rg BT 1 0 0 -1 {Numbers.Coordinate(x)} {Numbers.Coordinate(y)} Tm ");
        _content.Append(PdfText.Show(text, size, bold)).Append("ET Q\n");
    }

    private void Fade(Dictionary<string, string> style)
    {
        if (!style.TryGetValue("opacity", out string? opacity)) return;
        if (opacity[0] == '.') opacity = "0" + opacity;
        if (!_opacities.TryGetValue(opacity, out int state)) _opacities.Add(opacity, state = _opacities.Count);
        _content.Append(CultureInfo.InvariantCulture, $"/G{state} gs ");
    }

    private static string? Colour(string colour)
    {
        if (colour == "none") return null;
        IEnumerable<double> channels = Enumerable.Range(0, 3).Select(i => Convert.ToInt32(colour.Substring((2 * i) + 1, 2), 16) / 255.0);
        return string.Join(' ', channels.Select(Numbers.Coordinate));
    }

    private static double Number(XElement element, string attribute) =>
        element.Attribute(attribute) is { } found ? double.Parse(found.Value, CultureInfo.InvariantCulture) : 0;

    /// <summary>The objects, where each begins, and the trailer.</summary>
    private byte[] File(double width, double height)
    {
        using MemoryStream packed = new();
        using (ZLibStream pack = new(packed, CompressionLevel.Optimal, leaveOpen: true))
            pack.Write(Encoding.ASCII.GetBytes(_content.ToString()));
        string states = string.Concat(_opacities.Select(item => $"/G{item.Value} << /ca {item.Key} /CA {item.Key} >> "));
        string[] fonts = ["H /Helvetica", "B /Helvetica-Bold", "S /Symbol"];
        string named = string.Concat(fonts.Select(font => font.Split(' ') is var part
            ? $"/{part[0]} << /Type /Font /Subtype /Type1 /BaseFont {part[1]} {(part[0] == "S" ? "" : "/Encoding /WinAnsiEncoding ")}>> "
            : ""));
        using MemoryStream file = new();
        List<long> begins = [];
        Text("%PDF-1.4\n%\u00E2\u00E3\u00CF\u00D3\n");
        Object("<< /Type /Catalog /Pages 2 0 R >>");
        Object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
        Object($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {Numbers.Coordinate(width)} {Numbers.Coordinate(height)}] /Contents 4 0 R "
            + $"/Resources << /Font << {named}>> /ExtGState << {states}>> >> >>");
        begins.Add(file.Position);
        Text($"4 0 obj\n<< /Length {packed.Length} /Filter /FlateDecode >>\nstream\n");
        packed.WriteTo(file);
        Text("\nendstream\nendobj\n");
        long table = file.Position;
        Text($"xref\n0 {begins.Count + 1}\n0000000000 65535 f \n");
        foreach (long begin in begins) Text(string.Create(CultureInfo.InvariantCulture, $"{begin:D10} 00000 n \n"));
        Text($"trailer\n<< /Size {begins.Count + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
        return file.ToArray();

        void Object(string text)
        {
            begins.Add(file.Position);
            Text($"{begins.Count} 0 obj\n{text}\nendobj\n");
        }

        void Text(string text) => file.Write(Encoding.Latin1.GetBytes(text));
    }
}
