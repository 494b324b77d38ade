using System.Globalization;
using System.Text;

namespace FastHyper.Experiments.Reports;

/// <summary>Draws a grid map.</summary>
internal static class GridMapSvg
{
    /// <summary>The width of a map's figure.</summary>
    public const double Width = 440;

    private const double Top = 28;
    private const double TallestGrid = 560;
    private const double LargestCell = 64;
    private const double SmallestCellWithArrows = 11;
    private const int MostCellsWithTips = 1000;

    private static readonly string[] s_frameLines = ["frame-under", "frame"];

    /// <summary>Throws where a map cannot be drawn, so that this is known before anything is written.</summary>
    public static void Check(GridMap map)
    {
        long cells = (long)map.Rows * map.Columns;
        if (map.Rows < 1 || map.Columns < 1)
            throw new ArgumentException($"map '{map.Title}': {map.Rows} x {map.Columns}; expected at least one cell", nameof(map));
        if (map.Walls.Length != cells || map.Values.Length != cells)
            throw new ArgumentException(
                $"map '{map.Title}': {map.Walls.Length} walls and {map.Values.Length} values; expected {cells} of each", nameof(map));
        if (map.Policy is not null && map.Policy.Length != 4 * cells)
            throw new ArgumentException(
                $"map '{map.Title}': {map.Policy.Length} probabilities; expected {4 * cells}, four to a cell", nameof(map));
        if (map.Marks.FirstOrDefault(mark => mark.Row < 0 || mark.Row >= map.Rows || mark.Column < 0 || mark.Column >= map.Columns) is { } outside)
            throw new ArgumentException(
                $"map '{map.Title}': mark '{outside.Label}' at ({outside.Row}, {outside.Column}); expected a cell of {map.Rows} x "
                    + $"{map.Columns}", nameof(map));
        if (map.Frames.FirstOrDefault(area => area.Row < 0 || area.Column < 0 || area.Row + area.Rows > map.Rows || area.Column + area.Columns > map.Columns) is { } beyond)
            throw new ArgumentException(
                $"map '{map.Title}': frame at ({beyond.Row}, {beyond.Column}) of {beyond.Rows} x {beyond.Columns}; expected a rectangle "
                    + $"inside {map.Rows} x {map.Columns}", nameof(map));
    }

    /// <summary>The values that take part in a map's scale.</summary>
    public static IEnumerable<double> ScaledValues(GridMap map)
    {
        GridCells cells = GridCells.Of(map);
        return cells.Values.Where((_, i) => !cells.Walls[i]);
    }

    /// <summary>The height of a map's figure.</summary>
    public static double Height(GridMap map) => Top + CellSize(GridCells.Of(map)) * GridCells.Of(map).Rows + ColourBar.Height;

    /// <summary>Writes the map as one <c>svg</c> element.</summary>
    public static void Write(Markup svg, GridMap map, ColourScale? scale, SvgFrame frame)
    {
        GridCells cells = GridCells.Of(map);
        double size = CellSize(cells);
        double left = (Width - size * cells.Columns) / 2;
        frame.Open(svg, map.Title, Describe(map, cells));
        svg.Open("text").With("class", "title").With("y", 14).Text(Text.Fit(map.Title, 0.8 * Width)).Close();
        if (cells.Block > 1)
            svg.Open("text").With("x", Width).With("y", 14).With("text-anchor", "end")
                .Text($"each square averages {cells.Block} × {cells.Block} cells").Close();
        svg.Open("g").With("transform", $"translate({Numbers.Coordinate(left)} {Numbers.Coordinate(Top)})");
        if (cells.IsLarge || cells.Rows * cells.Columns > MostCellsWithTips)
            Runs(svg, cells, scale, size);
        else
            Squares(svg, cells, scale, size);
        if (map.Policy is not null && !cells.IsLarge && size >= SmallestCellWithArrows)
            PolicyArrows.Write(svg, map, scale, size);
        foreach (GridFrame area in map.Frames)
            Frame(svg, area, size / cells.Block);
        foreach (GridMark mark in map.Marks)
            Mark(svg, mark, size / cells.Block);
        svg.Close();
        if (scale is not null)
            ColourBar.Write(svg, scale, map.ValueLabel, Width, Top + size * cells.Rows + 14);
        svg.Close();
    }

    private static double CellSize(GridCells cells) =>
        Math.Min(LargestCell, Math.Min(Width / cells.Columns, TallestGrid / cells.Rows));

    private static string? Fill(GridCells cells, int i, ColourScale? scale) =>
        cells.Walls[i] || scale is null || double.IsNaN(cells.Values[i]) ? null : scale.Colour(cells.Values[i]);

    private static void Squares(Markup svg, GridCells cells, ColourScale? scale, double size)
    {
        double gap = size >= 8 ? 0.5 : 0;
        Walls(svg, cells, size);
        for (int i = 0; i < cells.Walls.Length; i++)
        {
            (int row, int column) = (i / cells.Columns, i % cells.Columns);
            if (cells.Walls[i])
                continue;
            svg.Open("rect").With("x", column * size + gap).With("y", row * size + gap).With("width", size - 2 * gap).With(
                "height", size - 2 * gap);
            if (Fill(cells, i, scale) is { } colour)
                svg.With("fill", colour);
            else
                svg.With("class", "none");
            svg.Leaf("title", $"row {row}, column {column}: {Numbers.Readable(cells.Values[i])}").Close();
        }
    }

    // One path, so that neighbouring walls join without a seam.
    private static void Walls(Markup svg, GridCells cells, double size) =>
        Merged(svg, cells, size, i => cells.Walls[i] ? "wall" : null);

    private static void Runs(Markup svg, GridCells cells, ColourScale? scale, double size) =>
        Merged(svg, cells, size, i => Fill(cells, i, scale) ?? (cells.Walls[i] ? "wall" : "none"));

    // One path for each fill (a colour or a style class), of the runs of equal squares along the rows.
    private static void Merged(Markup svg, GridCells cells, double size, Func<int, string?> fill)
    {
        var paths = new SortedDictionary<string, StringBuilder>(StringComparer.Ordinal);
        for (int row = 0; row < cells.Rows; row++)
        {
            for (int column = 0; column < cells.Columns;)
            {
                string? key = fill(row * cells.Columns + column);
                int end = column + 1;
                while (end < cells.Columns && fill(row * cells.Columns + end) == key)
                    end++;
                if (key is not null)
                {
                    if (!paths.TryGetValue(key, out StringBuilder? path))
                        paths.Add(key, path = new StringBuilder());
                    path.Append(CultureInfo.InvariantCulture, $"M{column} {row}h{end - column}v1h{column - end}z");
                }

                column = end;
            }
        }

        svg.Open("g").With("transform", $"scale({size.ToString("0.######", CultureInfo.InvariantCulture)})").With(
            "shape-rendering", "crispEdges");
        foreach ((string key, StringBuilder path) in paths)
            svg.Open("path").With(key[0] == '#' ? "fill" : "class", key).With("d", path.ToString()).Close();
        svg.Close();
    }

    // A dark line on a light one shows on every colour.
    private static void Frame(Markup svg, GridFrame area, double size)
    {
        foreach (string line in s_frameLines)
        {
            svg.Open("rect").With("class", line).With("x", area.Column * size).With("y", area.Row * size)
                .With("width", area.Columns * size).With("height", area.Rows * size).Close();
        }
    }

    private static void Mark(Markup svg, GridMark mark, double size)
    {
        double height = Math.Clamp(0.56 * size, 13, 24);
        double font = 0.68 * height;
        double width = Math.Max(height, 0.62 * font * mark.Label.Length + 0.5 * height);
        double x = (mark.Column + 0.5) * size;
        double y = (mark.Row + 0.5) * size;
        svg.Open("rect").With("class", "mark").With("x", x - width / 2).With("y", y - height / 2).With("width", width)
            .With("height", height).With("rx", height / 2).Close();
        svg.Open("text").With("class", "mark-text").With("x", x).With("y", y + 0.36 * font).With("font-size", font)
            .With("text-anchor", "middle").Text(mark.Label).Close();
    }

    private static string Describe(GridMap map, GridCells cells)
    {
        int walls = map.Walls.Count(wall => wall);
        double[] values = [.. cells.Values.Where((value, i) => !cells.Walls[i] && double.IsFinite(value))];
        string range = values.Length == 0 ? "no values" : $"from {Numbers.Readable(values.Min())} to {Numbers.Readable(values.Max())}";
        IEnumerable<string> marks = map.Marks.Select(mark => $"; {mark.Label} at row {mark.Row}, column {mark.Column}");
        return $"{map.Rows} by {map.Columns} cells, {walls} of them walls. {map.ValueLabel}: {range}{string.Concat(marks)}.";
    }
}
