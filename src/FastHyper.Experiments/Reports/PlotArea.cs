namespace FastHyper.Experiments.Reports;

/// <summary>A rectangle on the page and the range of numbers that it shows.</summary>
internal sealed record PlotArea(
    double Left, double Top, double Right, double Bottom, (double Low, double High) XRange, (double Low, double High) YRange)
{
    /// <summary>The horizontal place of a number.</summary>
    public double X(double value) => Left + Share(value, XRange) * (Right - Left);

    /// <summary>The vertical place of a number.</summary>
    public double Y(double value) => Bottom - Share(value, YRange) * (Bottom - Top);

    // Halves, so that a range of the largest numbers does not overflow.
    private static double Share(double value, (double Low, double High) range) =>
        Math.Clamp((value / 2 - range.Low / 2) / (range.High / 2 - range.Low / 2), 0, 1);
}
