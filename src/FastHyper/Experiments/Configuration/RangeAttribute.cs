using System.Globalization;

namespace FastHyper.Experiments.Configuration;

/// <summary>Bounds a numeric option, or every number of a list or dictionary option; bounds are inclusive unless said otherwise.</summary>
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

    /// <summary>Whether <paramref name="value"/> lies within the bounds; NaN does not.</summary>
    public bool Contains(double value) =>
        (ExclusiveMin ? value > Min : value >= Min) && (ExclusiveMax ? value < Max : value <= Max);

    /// <summary>The bounds as <c>&gt; 0</c>, <c>&lt;= 1</c> or <c>in (0, 1]</c>.</summary>
    public override string ToString() => (double.IsFinite(Min), double.IsFinite(Max)) switch
    {
        (true, false) => string.Create(CultureInfo.InvariantCulture, $"{(ExclusiveMin ? ">" : ">=")} {Min:R}"),
        (false, true) => string.Create(CultureInfo.InvariantCulture, $"{(ExclusiveMax ? "<" : "<=")} {Max:R}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"in {(ExclusiveMin ? '(' : '[')}{Min:R}, {Max:R}{(ExclusiveMax ? ')' : ']')}"),
    };
}
