using System.Globalization;
using FastHyper.Files;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>Leader parameters as one gives them.</summary>
public static class LeaderParameters
{
    /// <summary>Reads x for a problem.</summary>
    /// <param name="text">Numbers with commas between them, or the name of a .npy file of float64.</param>
    /// <param name="problem">Whose x.</param>
    /// <returns>(P).</returns>
    /// <exception cref="InvalidInputException">It is no list of numbers, of another length than P, or the file cannot be read.</exception>
    public static double[] Read(string text, Problem problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(problem);
        bool isFile = text.EndsWith(".npy", StringComparison.OrdinalIgnoreCase);
        double[] x = isFile ? NpyReader.ReadDoubles(text).Data : Parse(text);
        if (x.Length != problem.ParameterCount)
            throw new InvalidInputException($"x: {x.Length} numbers; expected {problem.ParameterCount}, the parameters of {problem.Name}");
        int at = Array.FindIndex(x, value => !double.IsFinite(value));
        if (at >= 0) throw new InvalidInputException($"x[{at}] = {x[at]}; expected a finite number");
        return x;
    }

    private static double[] Parse(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        double[] x = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out x[i]))
                throw new InvalidInputException(
                    $"x[{i}]: '{OneLine.Value(parts[i])}'; expected a number, or a .npy file in place of them all");
        return x;
    }
}
