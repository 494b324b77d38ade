using System.Globalization;
using System.Numerics;
using System.Text;

namespace FastHyper.Experiments;

/// <summary>
/// One recorded iteration of one leader. What is not known, before the first step and once the leader has diverged, is NaN.
/// </summary>
/// <param name="Iteration">Leader steps done.</param>
/// <param name="Leader">The leader's number, from 0.</param>
/// <param name="Setting">The number of its setting, from 0: of the grid point that it has with leaders of other seeds.</param>
/// <param name="Seed">Seed of the leader.</param>
/// <param name="LearningRate">Learning rate of the next step.</param>
/// <param name="Temperature">Follower's temperature of the next step.</param>
/// <param name="EnvironmentSteps">Steps in the environment that the estimates so far were made of; 0 with the model.</param>
/// <param name="Objective">Exact objective at the problem's temperature.</param>
/// <param name="Estimate">Mean discounted return of the last samples.</param>
/// <param name="GradientNorm">Norm of the last gradient, before it is clipped.</param>
/// <param name="DirectNorm">Norm of its direct part.</param>
/// <param name="ResponseNorm">Norm of its part through the response.</param>
/// <param name="FollowerIterations">Sweeps of the last solve.</param>
/// <param name="FollowerResidual">Its Bellman residual.</param>
/// <param name="FollowerBound">What its values are off by at the most.</param>
/// <param name="LinearResidual">Largest relative residual of the linear solves behind the gradient; NaN where there are none.</param>
/// <param name="GradientError">Estimate of the gradient's relative error, see <see cref="GradientProof"/>; NaN where it is sampled.</param>
/// <param name="Entropy">Mean entropy of the evaluated policy over states, in nats.</param>
/// <param name="Seconds">Time since the run began.</param>
public sealed record MetricsRow(
    long Iteration, int Leader, int Setting, ulong Seed, double LearningRate, double Temperature, long EnvironmentSteps, double Objective,
    double Estimate, double GradientNorm, double DirectNorm, double ResponseNorm, double FollowerIterations, double FollowerResidual,
    double FollowerBound, double LinearResidual, double GradientError, double Entropy, double Seconds)
{
    /// <summary>The names of the columns, in order.</summary>
    internal static readonly string[] Names =
    [
        "iteration", "leader", "setting", "seed", "learning_rate", "temperature", "environment_steps", "objective", "estimate",
        "gradient_norm", "direct_norm", "response_norm", "follower_iterations", "follower_residual", "follower_bound", "linear_residual",
        "gradient_error", "entropy", "seconds",
    ];

    /// <summary>The values of the columns, in order.</summary>
    internal object[] Values =>
    [
        Iteration, Leader, Setting, Seed, LearningRate, Temperature, EnvironmentSteps, Objective, Estimate, GradientNorm, DirectNorm,
        ResponseNorm, FollowerIterations, FollowerResidual, FollowerBound, LinearResidual, GradientError, Entropy, Seconds,
    ];
}

/// <summary>metrics.csv: one row for each leader and recorded iteration.</summary>
public static class MetricsFile
{
    internal static readonly string Header = string.Join(',', MetricsRow.Names);

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
    internal static string Format(MetricsRow row) => string.Join(',', row.Values.SkipLast(1).Select(Cell).Append(Seconds(row.Seconds)));

    /// <summary>Seconds as they are written, to a thousandth.</summary>
    internal static string Seconds(double seconds) => seconds.ToString("F3", CultureInfo.InvariantCulture);

    // NaN is an empty cell.
    private static string Cell(object value) => value is double number
        ? double.IsNaN(number) ? "" : number.ToString("R", CultureInfo.InvariantCulture)
        : ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture);

    private static MetricsRow Parse(string path, int number, string line)
    {
        string[] cells = line.Split(',');
        T Whole<T>(int i)
            where T : INumber<T> => T.Parse(cells[i], NumberStyles.None, CultureInfo.InvariantCulture);
        double Cell(int i) => cells[i].Length == 0 ? double.NaN : double.Parse(cells[i], NumberStyles.Float, CultureInfo.InvariantCulture);
        try
        {
            if (cells.Length != MetricsRow.Names.Length) throw new FormatException();
            return new MetricsRow(
                Whole<long>(0), Whole<int>(1), Whole<int>(2), Whole<ulong>(3), Cell(4), Cell(5), Whole<long>(6), Cell(7), Cell(8), Cell(9),
                Cell(10), Cell(11), Cell(12), Cell(13), Cell(14), Cell(15), Cell(16), Cell(17), Cell(18));
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new InvalidInputException($"{OneLine.Path(path)}: line {number} is not a row of metrics: '{OneLine.Value(line)}'", e);
        }
    }
}
