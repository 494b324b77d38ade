using System.Globalization;
using System.Text;

namespace FastHyper.Experiments;

/// <summary>
/// One recorded iteration of one leader. What is not known, before the first step and once the leader has diverged, is NaN.
/// </summary>
/// <param name="Iteration">Leader steps done.</param>
/// <param name="Seed">Seed of the leader.</param>
/// <param name="LearningRate">Learning rate of the next step.</param>
/// <param name="Temperature">Follower's temperature of the next step.</param>
/// <param name="Objective">Exact objective at the problem's temperature.</param>
/// <param name="Estimate">Mean discounted return of the last samples.</param>
/// <param name="DirectNorm">Norm of the gradient's direct part.</param>
/// <param name="ResponseNorm">Norm of its part through the response.</param>
/// <param name="FollowerIterations">Sweeps of the last solve.</param>
/// <param name="FollowerResidual">Its Bellman residual.</param>
/// <param name="FollowerBound">What its values are off by at the most.</param>
/// <param name="LinearResidual">Largest relative residual of the linear solves behind the gradient; NaN where there are none.</param>
/// <param name="GradientError">Estimate of the gradient's relative error, see <see cref="GradientProof"/>; NaN where it is sampled.</param>
/// <param name="Entropy">Mean entropy of the evaluated policy over states, in nats.</param>
/// <param name="Seconds">Time since the run began.</param>
public sealed record MetricsRow(
    long Iteration, ulong Seed, double LearningRate, double Temperature, double Objective, double Estimate, double DirectNorm,
    double ResponseNorm, double FollowerIterations, double FollowerResidual, double FollowerBound, double LinearResidual, double GradientError,
    double Entropy, double Seconds);

/// <summary>metrics.csv: one row for each leader and recorded iteration.</summary>
public static class MetricsFile
{
    internal const string Header =
        "iteration,seed,learning_rate,temperature,objective,estimate,direct_norm,response_norm,follower_iterations,follower_residual,"
        + "follower_bound,linear_residual,gradient_error,entropy,seconds";

    private static readonly int s_cells = Header.Split(',').Length;

    /// <summary>Reads all rows.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">The file is not one of ours.</exception>
    public static IReadOnlyList<MetricsRow> Read(string path) => [.. Parse(path, ReadBytes(path))];

    /// <exception cref="InvalidInputException">The file cannot be read.</exception>
    internal static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(
                $"{OneLine.Path(path)}: cannot be read ({OneLine.Reason(e)}); expected the metrics of a run", e);
        }
    }

    /// <summary>The rows that are in the bytes of a file, each judged when it is asked for.</summary>
    /// <exception cref="InvalidInputException">They are not of a metrics file.</exception>
    internal static IEnumerable<MetricsRow> Parse(string path, ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        string[] lines = (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
        if (lines[0] != Header) throw new InvalidInputException($"{OneLine.Path(path)}: line 1 is not the header of a metrics file");
        return lines.Skip(1).Select((line, i) => Parse(path, i + 2, line));
    }

    /// <summary>A row as a line, without its end.</summary>
    internal static string Format(MetricsRow row) => string.Join(',',
    [
        row.Iteration.ToString(CultureInfo.InvariantCulture),
        row.Seed.ToString(CultureInfo.InvariantCulture),
        .. new[]
        {
            row.LearningRate, row.Temperature, row.Objective, row.Estimate, row.DirectNorm, row.ResponseNorm,
            row.FollowerIterations, row.FollowerResidual, row.FollowerBound, row.LinearResidual, row.GradientError, row.Entropy,
        }.Select(Number),
        row.Seconds.ToString("F3", CultureInfo.InvariantCulture),
    ]);

    // NaN is an empty cell.
    private static string Number(double value) => double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);

    private static MetricsRow Parse(string path, int number, string line)
    {
        string[] cells = line.Split(',');
        double Cell(int i) => cells[i].Length == 0 ? double.NaN : double.Parse(cells[i], NumberStyles.Float, CultureInfo.InvariantCulture);
        try
        {
            if (cells.Length != s_cells) throw new FormatException();
            return new MetricsRow(
                long.Parse(cells[0], NumberStyles.None, CultureInfo.InvariantCulture),
                ulong.Parse(cells[1], NumberStyles.None, CultureInfo.InvariantCulture),
                Cell(2), Cell(3), Cell(4), Cell(5), Cell(6), Cell(7), Cell(8), Cell(9), Cell(10), Cell(11), Cell(12), Cell(13), Cell(14));
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new InvalidInputException($"{OneLine.Path(path)}: line {number} is not a row of metrics: '{OneLine.Value(line)}'", e);
        }
    }
}
