using System.Text;

namespace FastHyper.Experiments.Reports;

/// <summary>Paths through samples, thinned to what a pixel column can show; no sample that is not finite is drawn.</summary>
internal static class Polyline
{
    /// <summary>
    /// The path through all finite samples. Of those in one pixel column it keeps the first, lowest, highest and
    /// last, which colours the same pixels as all of them.
    /// </summary>
    public static string Line(double[] x, double[] y, Func<double, double> toX, Func<double, double> toY)
    {
        var path = new StringBuilder();
        foreach ((int start, int end) in Runs(x, y, y))
        {
            char command = 'M';
            foreach (int i in Thin(x, y, start, end, toX))
            {
                Append(path, command, toX(x[i]), toY(y[i]));
                command = 'L';
            }

            // A lone sample has no length, so it becomes a dot.
            if (end - start == 1)
                path.Append("m-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0");
        }

        return path.ToString();
    }

    /// <summary>The outline of the band between two edges.</summary>
    public static string Band(double[] x, double[] low, double[] high, Func<double, double> toX, Func<double, double> toY)
    {
        var path = new StringBuilder();
        foreach ((int start, int end) in Runs(x, low, high))
        {
            if (end - start == 1)
                continue;
            char command = 'M';
            foreach (int i in Thin(x, high, start, end, toX))
            {
                Append(path, command, toX(x[i]), toY(high[i]));
                command = 'L';
            }

            foreach (int i in Thin(x, low, start, end, toX).AsEnumerable().Reverse())
                Append(path, command, toX(x[i]), toY(low[i]));
            path.Append('Z');
        }

        return path.ToString();
    }

    private static IEnumerable<(int Start, int End)> Runs(double[] x, double[] y, double[] z)
    {
        int start = 0;
        for (int i = 0; i <= x.Length; i++)
        {
            if (i < x.Length && double.IsFinite(x[i]) && double.IsFinite(y[i]) && double.IsFinite(z[i]))
                continue;
            if (i > start)
                yield return (start, i);
            start = i + 1;
        }
    }

    private static List<int> Thin(double[] x, double[] y, int start, int end, Func<double, double> toX)
    {
        var kept = new List<int>();
        for (int i = start; i < end;)
        {
            double column = Math.Floor(toX(x[i]));
            int lowest = i;
            int highest = i;
            int next = i + 1;
            for (; next < end && Math.Floor(toX(x[next])) == column; next++)
            {
                if (y[next] < y[lowest])
                    lowest = next;
                if (y[next] > y[highest])
                    highest = next;
            }

            kept.AddRange(new[] { i, lowest, highest, next - 1 }.Distinct().Order());
            i = next;
        }

        return kept;
    }

    private static void Append(StringBuilder path, char command, double x, double y) =>
        path.Append(command).Append(Numbers.Coordinate(Math.Round(x, 1))).Append(' ').Append(Numbers.Coordinate(Math.Round(y, 1)));
}
