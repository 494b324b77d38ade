namespace FastHyper.Backends;

/// <summary>Rows of transitions that did not quite sum to one, and were divided by their sums.</summary>
/// <param name="Count">How many.</param>
/// <param name="First">The first of them, s·A+a.</param>
/// <param name="LeastSum">The least sum that one of them had.</param>
/// <param name="LargestSum">The largest sum that one of them had.</param>
public sealed record MendedRows(int Count, int First, double LeastSum, double LargestSum)
{
    /// <summary>These rows and others.</summary>
    internal MendedRows With(MendedRows other) => new(
        Count + other.Count, Math.Min(First, other.First), Math.Min(LeastSum, other.LeastSum), Math.Max(LargestSum, other.LargestSum));
}
