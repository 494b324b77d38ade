using FastHyper.Reference.Arithmetic;

namespace FastHyper.Reference.Dense;

/// <summary>An array of an exact answer, and how far rounding may have moved one that was computed.</summary>
/// <param name="Values">The exact numbers, rounded to float64.</param>
/// <param name="Each">How far rounding may move each.</param>
/// <param name="Sum">How far it may move the vector in the 1-norm.</param>
/// <param name="Share">Errors within this share of the largest number, or of the sum of all, are none.</param>
public sealed record Known(double[] Values, double[] Each, double Sum, double Share)
{
    /// <summary>The error that is allowed, relative to the largest number.</summary>
    public double Allowed
    {
        get
        {
            double largest = Numbers.Largest(Values);
            return Math.Max(Share, largest > 0 ? Numbers.Largest(Each) / largest : 0);
        }
    }

    /// <summary>
    /// The error over what is allowed, which is <see cref="Share"/> or what rounding explains, if that is more: the worse of the max norm
    /// and of the 1-norm. Above one it is wrong.
    /// </summary>
    public double Ratio(ReadOnlySpan<double> found)
    {
        if (found.Length != Values.Length) return double.PositiveInfinity;
        double sum = 0, distance = 0, total = 0;
        for (int i = 0; i < found.Length; i++)
        {
            double error = Math.Abs(found[i] - Values[i]);
            if (double.IsNaN(error)) return double.PositiveInfinity;
            sum += Math.Abs(Values[i]);
            distance = Math.Max(distance, error);
            total += error;
        }

        if (total == 0) return 0;
        double largest = Math.Max(Share * Numbers.Largest(Values), Numbers.Largest(Each));
        return Math.Max(distance / largest, total / Math.Max(Share * sum, Sum));
    }

    /// <summary>The same, allowed what a certificate claims and a rounding of the largest number.</summary>
    public Known Within(double bound)
    {
        double allowed = bound + (Float64.Rounding * Numbers.Largest(Values));
        return new Known(Values, [.. Values.Select(_ => allowed)], Values.Length * allowed, 0);
    }
}
