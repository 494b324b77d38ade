using System.Diagnostics;

namespace FastHyper.Bench;

/// <summary>
/// Things timed in turn, round by round, so that what disturbs the machine disturbs all of them. The best time of
/// each is kept: disturbance only ever adds.
/// </summary>
internal sealed class Interleaved
{
    private const double MillisecondsAtOnce = 40;
    private const int CallsAtOnce = 3;
    private readonly List<(Action Work, Timed Time)> _things = [];

    /// <summary>Adds something; <paramref name="units"/> is how much of it one call does.</summary>
    public Timed Add(Action work, double units = 1)
    {
        Timed time = new(units);
        _things.Add((work, time));
        return time;
    }

    public void Run(int rounds)
    {
        foreach ((Action work, _) in _things) work();
        List<double>[] each = [.. _things.Select(_ => new List<double>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < _things.Count; i++)
            {
                (Action work, Timed time) = _things[i];
                double best = double.PositiveInfinity;
                // Short work is repeated: a window that nothing disturbs is likelier to be among many.
                long window = Stopwatch.GetTimestamp();
                int calls = 0;
                do
                {
                    long begin = Stopwatch.GetTimestamp();
                    work();
                    double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
                    time.Observe(seconds);
                    best = Math.Min(best, seconds);
                }
                while (++calls < CallsAtOnce || Stopwatch.GetElapsedTime(window).TotalMilliseconds < MillisecondsAtOnce);
                each[i].Add(best);
            }
        }

        Busy.Observe(each);
    }
}

/// <summary>Best time of something.</summary>
internal sealed class Timed(double units)
{
    /// <summary>Seconds for one unit of work.</summary>
    public double Seconds { get; private set; } = double.PositiveInfinity;

    /// <summary>Units of work in a second.</summary>
    public double Rate => 1 / Seconds;

    public void Observe(double seconds) => Seconds = Math.Min(Seconds, seconds / units);
}

/// <summary>Lines of text in aligned columns, the first to the left and the others to the right.</summary>
internal sealed class TextTable(params string[] header)
{
    private readonly List<string[]> _lines = [header];

    public void Add(params string[] cells) => _lines.Add(cells);

    public void Print()
    {
        int[] widths = [.. Enumerable.Range(0, _lines[0].Length).Select(c => _lines.Max(line => line[c].Length))];
        foreach (string[] line in _lines)
            Console.WriteLine(
                "  " + string.Join("  ", line.Select((cell, c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd());
        Console.WriteLine();
    }
}
