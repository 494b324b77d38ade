using System.Globalization;

namespace FastHyper;

/// <summary>
/// The numbers that an option takes, and every number of one that is a list or a dictionary: finite ones within bounds, which are
/// inclusive unless said otherwise. Stated once, where the option is declared, for code and configuration files alike.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RangeAttribute : Attribute
{
    /// <summary>The least value; none by default.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>The greatest value; none by default.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>Whether <see cref="Min"/> itself is refused.</summary>
    public bool ExclusiveMin { get; init; }

    /// <summary>Whether <see cref="Max"/> itself is refused.</summary>
    public bool ExclusiveMax { get; init; }

    /// <summary>Whether infinity, for no limit, is taken too.</summary>
    public bool OrInfinity { get; init; }

    /// <summary>Whether <paramref name="value"/> is one of the numbers.</summary>
    public bool Contains(double value) => double.IsPositiveInfinity(value)
        ? OrInfinity
        : double.IsFinite(value) && (ExclusiveMin ? value > Min : value >= Min) && (ExclusiveMax ? value < Max : value <= Max);

    /// <summary>
    /// The numbers in words, such as <c>a finite number above 0</c>, <c>an integer of at least 1</c> or <c>a number in (0, 1]</c>.
    /// </summary>
    /// <param name="integer">Whether the option is an integer.</param>
    public string Expected(bool integer = false)
    {
        bool below = double.IsFinite(Min), above = double.IsFinite(Max);
        string kind = integer ? "an integer" : OrInfinity || (below && above) ? "a number" : "a finite number";
        return (below, above) switch
        {
            (true, true) =>
                string.Create(
                    CultureInfo.InvariantCulture, $"{kind} in {(ExclusiveMin ? '(' : '[')}{Min:R}, {Max:R}{(ExclusiveMax ? ')' : ']')}"),
            (true, false) => string.Create(CultureInfo.InvariantCulture, $"{kind} {(ExclusiveMin ? "above" : "of at least")} {Min:R}"),
            (false, true) => string.Create(CultureInfo.InvariantCulture, $"{kind} {(ExclusiveMax ? "below" : "of at most")} {Max:R}"),
            _ => kind,
        };
    }
}
