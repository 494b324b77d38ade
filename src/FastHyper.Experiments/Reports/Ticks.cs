namespace FastHyper.Experiments.Reports;

/// <summary>Positions along an axis at 1, 2 or 5 times a power of ten.</summary>
internal sealed class Ticks
{
    // Beyond it the ends of the last step overflow, and nothing a reader could compare is left.
    private const double Largest = 1e300;

    private static readonly int[] Multiples = [1, 2, 5];

    private readonly bool _areDecades;

    private Ticks(double[] values, double step, bool areDecades = false) => (Values, Step, _areDecades) = (values, step, areDecades);

    /// <summary>The ticks, ascending and evenly spaced.</summary>
    public double[] Values { get; }

    /// <summary>The distance between two ticks.</summary>
    public double Step { get; }

    /// <summary>The ticks' texts.</summary>
    public string[] Labels
    {
        get
        {
            if (_areDecades) return [.. Values.Select(value => Numbers.Power((int)value))];
            double largest = Math.Max(Math.Abs(Values[0]), Math.Abs(Values[^1]));
            return [.. Values.Select(value => Numbers.Tick(value, Step, largest))];
        }
    }

    /// <summary>
    /// The finest ticks, at most <paramref name="count"/> (three or more), whose ends enclose both numbers. A range
    /// too narrow to divide is widened about its middle.
    /// </summary>
    public static Ticks Cover(double low, double high, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 3);
        (low, high) = Range(low, high);
        int exponent = Numbers.Magnitude(high / count - low / count) - 1;
        for (int i = 0; ; i++)
        {
            int multiple = Multiples[i % 3];
            int power = exponent + i / 3;
            double first = Below(low, multiple, power);
            double last = -Below(-high, multiple, power);
            if (last - first + 1 > count)
                continue;
            double[] values = [.. Enumerable.Range(0, (int)(last - first) + 1).Select(k => Scale((first + k) * multiple, power))];
            return new Ticks(values, Scale(multiple, power));
        }
    }

    /// <summary>Whole powers of ten, at most <paramref name="count"/>, whose ends enclose both common logarithms.</summary>
    public static Ticks Decades(double low, double high, int count)
    {
        (low, high) = Range(low, high);
        double first = Math.Floor(low), last = Math.Max(Math.Ceiling(high), first + 1);
        double step = Math.Ceiling((last - first) / (count - 1));
        int steps = (int)Math.Ceiling((last - first) / step) + 1;
        return new Ticks([.. Enumerable.Range(0, steps).Select(k => first + (k * step))], step, areDecades: true);
    }

    /// <summary>The ticks of <see cref="Cover"/> that lie between both numbers.</summary>
    public static Ticks Within(double low, double high, int count)
    {
        Ticks cover = Cover(low, high, count);
        double[] inside = Array.FindAll(cover.Values, value => value >= low && value <= high);
        return inside.Length == 0 ? cover : new Ticks(inside, cover.Step);
    }

    /// <summary>A range that can be divided: finite, ascending and wide enough for its own digits.</summary>
    public static (double Low, double High) Range(double low, double high)
    {
        if (!double.IsFinite(low) || !double.IsFinite(high))
            (low, high) = (double.IsFinite(high) ? high : 0, double.IsFinite(low) ? low : 0);
        (low, high) = (Math.Clamp(Math.Min(low, high), -Largest, Largest), Math.Clamp(Math.Max(low, high), -Largest, Largest));
        double size = Math.Max(Math.Abs(low), Math.Abs(high));
        if (size < 1e-290)
            return (-1, 1);
        return high - low >= 1e-12 * size ? (low, high) : (low - 0.1 * size, high + 0.1 * size);
    }

    private static double Below(double value, int multiple, int power)
    {
        double index = Math.Round(value / Scale(multiple, power));
        return Scale(index * multiple, power) > value ? index - 1 : index;
    }

    // Dividing by an exact power keeps 0.3 at 0.3, where multiplying by 0.1 would not.
    private static double Scale(double value, int power) => power < 0 ? value / Math.Pow(10, -power) : value * Math.Pow(10, power);
}
