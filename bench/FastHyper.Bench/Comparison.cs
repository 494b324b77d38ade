using System.Globalization;

namespace FastHyper.Bench;

/// <summary><c>bench compare</c>: a result beside the one that is kept of the same command.</summary>
internal static class Comparison
{
    // What times of the same build are apart on a machine that others use, too.
    private const double Tolerance = 0.25;

    public static int Print(BenchArguments given)
    {
        string path = given.Values[0];
        double tolerance = given.Of("--tolerance") is not string text ? Tolerance
            : double.TryParse(text, CultureInfo.InvariantCulture, out double number) && number > 0 ? number
            : throw new InvalidInputException($"bench compare: tolerance '{OneLine.Value(text)}'; expected a number above 0");
        string[] lines = Read(path);
        string against = given.Of("--against") ?? Kept(path, lines);
        List<ResultCell> result = ResultText.Parse(lines), other = ResultText.Parse(Read(against));
        if (result.Count == 0) throw new InvalidInputException($"{OneLine.Path(path)}: no tables; expected the output of a bench command");
        IReadOnlyList<string> apart = ResultText.Compare(result, other, tolerance);
        foreach (string line in apart) Console.WriteLine(line);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Count} numbers beside {against}: {apart.Count} are more than {100 * tolerance:F0} % apart, or in one of them alone"));
        return apart.Count == 0 ? 0 : 1;
    }

    /// <summary>The kept result of the command that wrote a file.</summary>
    private static string Kept(string path, string[] lines)
    {
        if (lines.Length == 0 || !lines[0].StartsWith(ResultText.Mark, StringComparison.Ordinal))
        {
            throw new InvalidInputException(
                $"{OneLine.Path(path)}: does not begin with '{ResultText.Mark}'; expected a bench command's output, or --against FILE");
        }

        string command = lines[0][ResultText.Mark.Length..].Split(' ', ';')[0];
        string folder = Path.Combine("bench", "results");
        string[] kept = Directory.Exists(folder) ? Directory.GetFiles(folder, $"{command}*.txt") : [];
        return kept.Length == 1
            ? kept[0]
            : throw new InvalidInputException($"{folder}: {kept.Length} results of {command}; expected one, or --against FILE");
    }

    private static string[] Read(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(
                $"{OneLine.Path(path)}: cannot be read ({OneLine.Cause(e)}); expected the output of a bench command", e);
        }
    }
}
