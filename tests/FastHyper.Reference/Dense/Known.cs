using FastHyper.Reference.Arithmetic;

namespace FastHyper.Reference.Dense;

/// <summary>An array of an exact answer, and how far rounding may have moved one that was computed.</summary>
/// <param name="Values">The exact numbers, rounded to float64.</param>
/// <param name="Each">How far rounding may move each.</param>
/// <param name="Sum">How far it may move the vector in the 1-norm.</param>
public sealed record Known(double[] Values, double[] Each, double Sum)
{
    /// <summary>Errors within this share of the largest number, or of the sum, are none.</summary>
    public double Share { get; init; } = 1e-9;

    /// <summary>
    /// The largest number's and the sum's error over what is allowed, 10⁻⁹ or what rounding explains if that is more: above one it is wrong.
    /// </summary>
    public double Ratio(ReadOnlySpan<double> found)
    {
        double largest = 0, sum = 0, distance = 0, total = 0;
        for (int i = 0; i < found.Length; i++)
        {
            double error = Math.Abs(found[i] - Values[i]);
            if (double.IsNaN(error)) return double.PositiveInfinity;
            largest = Math.Max(largest, Math.Abs(Values[i]));
            sum += Math.Abs(Values[i]);
            distance = Math.Max(distance, error);
            total += error;
        }

        return Math.Max(distance / Math.Max(Share * largest, Each.Max()), total / Math.Max(Share * sum, Sum));
    }

    /// <summary>The same, allowed what a certificate claims; not less than a rounding.</summary>
    public Known Within(double bound)
    {
        double allowed = bound + (Float64.Rounding * Values.Max(Math.Abs));
        return this with { Each = [.. Each.Select(_ => allowed)], Sum = Each.Length * allowed, Share = 0 };
    }

    /// <summary>The error that is allowed, relative to the largest number: what rounding leaves of the answer.</summary>
    public double Allowed
    {
        get
        {
            double largest = Values.Max(Math.Abs);
            return Math.Max(Share, largest > 0 ? Each.Max() / largest : 0);
        }
    }
}
