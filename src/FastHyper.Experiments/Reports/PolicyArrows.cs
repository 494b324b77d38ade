using System.Text;

namespace FastHyper.Experiments.Reports;

/// <summary>Draws a policy: in each cell one arrow per direction, the longer and the stronger the likelier it is.</summary>
internal static class PolicyArrows
{
    private const double LeastProbability = 0.04;
    // Below it four heads would crowd one another.
    private const double LeastWithHead = 0.2;
    private const int Strengths = 10;

    private static readonly (int X, int Y)[] Directions = [(0, -1), (1, 0), (0, 1), (-1, 0)];

    /// <summary>Writes the arrows of all cells, one path for each ink and strength.</summary>
    public static void Write(Markup svg, GridMap map, ColourScale? scale, double size)
    {
        var paths = new SortedDictionary<(bool Dark, int Strength), StringBuilder>();
        for (int cell = 0; cell < map.Walls.Length; cell++)
        {
            if (map.Walls[cell])
                continue;
            bool dark = scale is null || !double.IsFinite(map.Values[cell]) || scale.IsLight(map.Values[cell]);
            for (int direction = 0; direction < 4; direction++)
            {
                double probability = Math.Min(1, map.Policy![4 * cell + direction]);
                if (!(probability >= LeastProbability))
                    continue;
                var key = (dark, (int)Math.Ceiling(probability * Strengths));
                if (!paths.TryGetValue(key, out StringBuilder? path))
                    paths.Add(key, path = new StringBuilder());
                Arrow(path, cell % map.Columns + 0.5, cell / map.Columns + 0.5, Directions[direction], probability, size);
            }
        }

        svg.Open("g").With("class", "arrows").With("stroke-width", Math.Clamp(0.055 * size, 0.9, 2));
        foreach (((bool dark, int strength), StringBuilder path) in paths)
        {
            svg.Open("path").With("class", dark ? "on-light" : "on-dark")
                .With("opacity", 0.3 + 0.7 * strength / Strengths).With("d", path.ToString()).Close();
        }

        svg.Close();
    }

    private static void Arrow(StringBuilder path, double column, double row, (int X, int Y) along, double probability, double size)
    {
        // A direction that is nearly certain has the cell to itself, and its arrow moves to the middle.
        double tail = -0.28 * Math.Max(0, (probability - 0.6) / 0.4);
        double tip = 0.08 + 0.26 * Math.Sqrt(probability);
        double head = 0.03 + 0.1 * probability;
        Point('M', tail, 0);
        Point('L', tip, 0);
        if (probability < LeastWithHead)
            return;
        Point('M', tip - head, head);
        Point('L', tip, 0);
        Point('L', tip - head, -head);

        void Point(char command, double forward, double aside) =>
            path.Append(command)
                .Append(Numbers.Coordinate((column + forward * along.X - aside * along.Y) * size)).Append(' ')
                .Append(Numbers.Coordinate((row + forward * along.Y + aside * along.X) * size));
    }
}
