using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FastHyper.Leaders;

namespace FastHyper.Experiments;

/// <summary>
/// A grid point of its own: the seed of its first leader, their learning rate, and the temperature of the followers that they train with.
/// </summary>
/// <remarks>As text: <c>11; geometric(0.1, 0.01, 500); 0.005</c>, or <c>11; 0.1</c> at the problem's temperature.</remarks>
/// <param name="Seed">Seed of its first leader; others count on from it.</param>
/// <param name="LearningRate">Learning rate η.</param>
/// <param name="Temperature">Training temperature; null for the problem's.</param>
public sealed record GridPoint(ulong Seed, Schedule LearningRate, Schedule? Temperature) : IParsable<GridPoint>
{
    /// <inheritdoc/>
    public static GridPoint Parse(string s, IFormatProvider? provider) => TryParse(s, provider, out GridPoint? result)
        ? result
        : throw new FormatException(
            $"'{OneLine.Value(s ?? "")}' is no grid point; expected a seed, a learning rate and perhaps a temperature between semicolons");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out GridPoint result)
    {
        result = null;
        string[] parts = (s ?? "").Split(';');
        Schedule temperature = default;
        if (parts.Length is not (2 or 3)
            || !ulong.TryParse(parts[0].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            || !Schedule.TryParse(parts[1], provider, out Schedule rate)
            || (parts.Length == 3 && !Schedule.TryParse(parts[2], provider, out temperature)))
            return false;
        result = new GridPoint(seed, rate, parts.Length == 3 ? temperature : null);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Seed}; {LearningRate}{(Temperature is Schedule t ? $"; {t}" : "")}");
}
