using System.Diagnostics;
using System.Globalization;

namespace FastHyper.Bench;

/// <summary>The sweeps and Newton steps of <see cref="LinearTable"/> by NumPy and SciPy: <c>bench/linear.py</c>, beside ours.</summary>
internal static class LinearPeer
{
    public static void Print(IReadOnlyList<(double Sweep, double Newton)> taken, string python, bool quick)
    {
        TextTable table = new("problem", "sweep ms", "NumPy", "times", "Newton step ms", "NumPy", "times");
        int at = 0;
        foreach (string line in Lines(python, quick))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int sweep = Array.IndexOf(words, "sweep");
            if (sweep < 0)
            {
                Console.WriteLine(line);
                continue;
            }

            double theirs = Number(words[sweep + 1]), newton = Number(words[^1]);
            (double ours, double step) = taken[at++];
            table.Add(
                string.Join(' ', words[..sweep]), $"{ours * 1e3:F2}", $"{theirs:F2}", $"{theirs / (ours * 1e3):F1}", $"{step * 1e3:F2}",
                $"{newton:F2}", $"{newton / (step * 1e3):F1}");
        }

        if (at != taken.Count) throw new InvalidInputException($"bench/linear.py: {at} problems; expected {taken.Count}");
        table.Print();
        Console.WriteLine();
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string[] Lines(string python, bool quick)
    {
        ProcessStartInfo start = new(python) { RedirectStandardOutput = true };
        start.ArgumentList.Add(Script());
        if (quick) start.ArgumentList.Add("--quick");
        using Process process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidInputException($"{python} bench/linear.py: ended with {process.ExitCode}; expected NumPy and SciPy");
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Script()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string script = Path.Combine(folder.FullName, "bench", "linear.py");
            if (File.Exists(script)) return script;
        }

        throw new InvalidInputException("bench/linear.py: not found above the program; expected a checkout");
    }
}
