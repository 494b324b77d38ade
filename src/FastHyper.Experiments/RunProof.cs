namespace FastHyper.Experiments;

/// <summary>What the last recorded iteration of a run proves, the worst of its leaders; NaN for what was not solved for.</summary>
/// <param name="FollowerResidual">Bellman residual of the follower.</param>
/// <param name="FollowerBound">What its values are off by at the most.</param>
/// <param name="LinearResidual">Relative residual of the linear solves behind the gradient.</param>
/// <param name="GradientError">Estimate of the gradient's relative error, see <see cref="GradientProof"/>.</param>
public readonly record struct RunProof(double FollowerResidual, double FollowerBound, double LinearResidual, double GradientError)
{
    /// <summary>Nothing was solved for.</summary>
    public static RunProof None { get; } = new(double.NaN, double.NaN, double.NaN, double.NaN);

    /// <summary>The worst of some rows of metrics.</summary>
    public static RunProof Of(IEnumerable<MetricsRow> rows)
    {
        MetricsRow[] all = [.. rows];
        return new(
            Largest(row => row.FollowerResidual), Largest(row => row.FollowerBound), Largest(row => row.LinearResidual),
            Largest(row => row.GradientError));

        double Largest(Func<MetricsRow, double> number) =>
            all.Select(number).Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Max();
    }
}
