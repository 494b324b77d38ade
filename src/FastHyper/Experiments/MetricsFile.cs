using System.Globalization;

namespace FastHyper.Experiments;

/// <summary>One recorded iteration of one leader. What is not known, before the first step and once the leader has diverged, is NaN.</summary>
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
/// <param name="Entropy">Mean entropy of the evaluated policy over states, in nats.</param>
/// <param name="Seconds">Time since the run began.</param>
public sealed record MetricsRow(
    long Iteration, ulong Seed, double LearningRate, double Temperature, double Objective, double Estimate, double DirectNorm,
    double ResponseNorm, double FollowerIterations, double FollowerResidual, double Entropy, double Seconds);

/// <summary>metrics.csv: one row for each leader and recorded iteration.</summary>
public static class MetricsFile
{
    private const string Header =
        "iteration,seed,learning_rate,temperature,objective,estimate,direct_norm,response_norm,follower_iterations,follower_residual,entropy,seconds";

    /// <summary>Starts an empty file.</summary>
    public static void Create(string path) => File.WriteAllText(path, Header + "\n");

    /// <summary>Appends rows.</summary>
    public static void Append(string path, IEnumerable<MetricsRow> rows) =>
        File.AppendAllLines(path, rows.Select(Format));

    /// <summary>Reads all rows.</summary>
    /// <exception cref="InvalidInputException">The file is not one of ours.</exception>
    public static IReadOnlyList<MetricsRow> Read(string path) =>
        [.. Lines(path).Skip(1).Select((line, i) => Parse(path, i + 2, line))];

    /// <summary>
    /// Drops rows beyond an iteration, a last line that was cut short, and rows between the recorded iterations, such as
    /// the last of a run that is to go further.
    /// </summary>
    public static void Truncate(string path, long lastIteration, long recordEvery = 1)
    {
        AtomicFile.Write(path, string.Concat(WholeLines(path, lastIteration, recordEvery).Prepend(Header).Select(line => line + "\n")));
    }

    /// <summary>How many whole rows there are up to an iteration.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, or is not one of ours.</exception>
    internal static int CountUpTo(string path, long lastIteration) => WholeLines(path, lastIteration, 1).Count();

    private static IEnumerable<string> WholeLines(string path, long lastIteration, long recordEvery) => Lines(path).Skip(1).Where(line =>
        line.Count(c => c == ',') == Header.Count(c => c == ',')
        && long.TryParse(line.AsSpan(0, line.IndexOf(',', StringComparison.Ordinal)), NumberStyles.None, CultureInfo.InvariantCulture, out long iteration)
        && iteration <= lastIteration
        && iteration % recordEvery == 0);

    private static string[] Lines(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read ({e.Message}); expected the metrics of a run", e);
        }

        return lines.Length > 0 && lines[0] == Header ? lines : throw new InvalidInputException($"{path}: line 1 is not the header of a metrics file");
    }

    private static string Format(MetricsRow row) => string.Join(',',
    [
        row.Iteration.ToString(CultureInfo.InvariantCulture),
        row.Seed.ToString(CultureInfo.InvariantCulture),
        .. new[]
        {
            row.LearningRate, row.Temperature, row.Objective, row.Estimate, row.DirectNorm, row.ResponseNorm,
            row.FollowerIterations, row.FollowerResidual, row.Entropy,
        }.Select(Number),
        row.Seconds.ToString("F3", CultureInfo.InvariantCulture),
    ]);

    // NaN is an empty cell.
    private static string Number(double value) => double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);

    private static MetricsRow Parse(string path, int number, string line)
    {
        string[] cells = line.Split(',');
        double Cell(int i) => cells[i].Length == 0 ? double.NaN : double.Parse(cells[i], CultureInfo.InvariantCulture);
        try
        {
            return new MetricsRow(
                long.Parse(cells[0], CultureInfo.InvariantCulture), ulong.Parse(cells[1], CultureInfo.InvariantCulture),
                Cell(2), Cell(3), Cell(4), Cell(5), Cell(6), Cell(7), Cell(8), Cell(9), Cell(10), Cell(11));
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidInputException($"{path}: line {number} is not a row of metrics: '{line}'", e);
        }
    }
}
