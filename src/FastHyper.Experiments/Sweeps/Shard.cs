using System.Globalization;

namespace FastHyper.Experiments.Sweeps;

/// <summary>Which part of a sweep's runs a process does: the i-th of n.</summary>
/// <param name="Index">i, from 1.</param>
/// <param name="Count">n.</param>
public readonly record struct Shard(int Index, int Count)
{
    /// <summary>All of it.</summary>
    public static Shard Whole { get; } = new(1, 1);

    /// <summary>Reads <c>i/n</c>.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="InvalidInputException">It is no part of a whole.</exception>
    public static Shard Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        return parts.Length == 2 && Number(parts[0]) is int index && Number(parts[1]) is int count && index >= 1 && index <= count
            ? new Shard(index, count)
            : throw new InvalidInputException($"--shard: '{OneLine.Value(text)}'; expected i/n with i from 1 to n, as in 2/6");
    }

    /// <summary>The part that an array job of Slurm is of its array, by SLURM_ARRAY_TASK_ID, _MIN, _STEP and _COUNT; else all.</summary>
    /// <param name="variable">Reads a variable of the environment; null where there is none.</param>
    /// <exception cref="InvalidInputException">The variables do not agree.</exception>
    public static Shard OfEnvironment(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        const string prefix = "SLURM_ARRAY_TASK_";
        if (variable(prefix + "ID") is not string id || variable(prefix + "COUNT") is not string count) return Whole;
        int? first = Number(variable(prefix + "MIN") ?? "0"), step = Number(variable(prefix + "STEP") ?? "1");
        if (Number(id) is int at && Number(count) is int n && first is int from && step is >= 1 && at >= from
            && (at - from) % step.Value == 0 && ((at - from) / step.Value) < n)
            return new Shard(((at - from) / step.Value) + 1, n);
        throw new InvalidInputException(
            $"{prefix}ID {OneLine.Value(id)} is none of {OneLine.Value(count)} from {prefix}MIN on; expected an array without gaps, "
                + "or --shard i/n");
    }

    /// <summary>Whether a run is in this part; runs go round, so that parts are alike.</summary>
    /// <param name="number">The run's number, from 0.</param>
    public bool Has(int number) => number % Count == Index - 1;

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;
}
