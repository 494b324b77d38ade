namespace FastHyper.Experiments.Reports;

/// <summary>
/// Values to colours that stay apart under the common kinds of colour blindness: sequential, or, where values lie on
/// both sides of zero, diverging with zero at the neutral middle.
/// </summary>
internal sealed class ColourScale
{
    // So few steps that equal neighbours are common in a large map, so many that the eye sees none.
    private const int Steps = 96;

    // Where red, green and blue begin in #rrggbb; before the shades, which need it.
    private static readonly int[] Channels = [1, 3, 5];
    private static readonly string[] Sequential = Shades("440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725");
    private static readonly string[] Diverging = Shades("67001f b2182b d6604d f4a582 fddbc7 f7f7f7 d1e5f0 92c5de 4393c3 2166ac 053061");

    private readonly string[] _shades;
    private readonly double _low;
    private readonly double _high;

    private ColourScale(double low, double high)
    {
        (Low, High) = (low, high);
        // Rounding leaves specks on the other side of zero; they do not make a scale diverge.
        bool diverges = Math.Min(-low, high) > 1e-6 * Math.Max(-low, high);
        double reach = Math.Max(-low, high);
        (_low, _high, _shades) = diverges ? (-reach, reach, Diverging) : (low, high, Sequential);
        IsDiverging = diverges;
    }

    /// <summary>The least value.</summary>
    public double Low { get; }

    /// <summary>The greatest value.</summary>
    public double High { get; }

    /// <summary>Whether zero lies inside.</summary>
    public bool IsDiverging { get; }

    /// <summary>The scale of all finite values, or null where there is none.</summary>
    public static ColourScale? Of(IEnumerable<double> values)
    {
        double low = double.PositiveInfinity;
        double high = double.NegativeInfinity;
        foreach (double value in values)
        {
            if (!double.IsFinite(value))
                continue;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        if (low > high)
            return null;
        (low, high) = Ticks.Range(low, high);
        return new ColourScale(low, high);
    }

    /// <summary>The colour of a finite value.</summary>
    public string Colour(double value) => _shades[Step(value)];

    /// <summary>Whether what is drawn over this value's colour should be dark.</summary>
    public bool IsLight(double value)
    {
        string shade = _shades[Step(value)];
        return 0.299 * Channel(shade, 1) + 0.587 * Channel(shade, 3) + 0.114 * Channel(shade, 5) > 140;
    }

    private int Step(double value)
    {
        // Halves, so that a range of the largest numbers does not overflow.
        double share = (value / 2 - _low / 2) / (_high / 2 - _low / 2);
        return (int)Math.Round(Math.Clamp(share, 0, 1) * (Steps - 1));
    }

    private static string[] Shades(string stops)
    {
        string[] colours = [.. stops.Split(' ').Select(stop => "#" + stop)];
        return [.. Enumerable.Range(0, Steps).Select(step =>
        {
            double position = step * (colours.Length - 1) / (double)(Steps - 1);
            int left = Math.Min((int)position, colours.Length - 2);
            return "#" + string.Concat(Channels.Select(at =>
                ((int)Math.Round(double.Lerp(Channel(colours[left], at), Channel(colours[left + 1], at), position - left))).ToString(
                    "x2", null)));
        })];
    }

    private static int Channel(string colour, int at) => Convert.ToInt32(colour.Substring(at, 2), 16);
}
