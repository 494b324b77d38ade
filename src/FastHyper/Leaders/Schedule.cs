using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FastHyper.Leaders;

/// <summary>
/// A positive number that depends on the leader iteration: constant, or held for a while, then geometric from one value
/// to another over a number of iterations, and constant from then on. A geometric temperature is a continuation: it starts where the
/// follower is nearly uniform and the objective has no plateaus.
/// </summary>
/// <remarks>
/// As text: <c>0.1</c>, <c>geometric(0.1, 0.005, 3000)</c>, or <c>geometric(0.1, 0.005, 3000, 500)</c>, which holds 0.1 for
/// 500 iterations first.
/// </remarks>
public readonly record struct Schedule : IParsable<Schedule>
{
    private Schedule(double from, double to, int iterations, int hold)
    {
        From = InRange.Of<Schedule>(from, nameof(From));
        To = InRange.Of<Schedule>(to, nameof(To));
        Iterations = InRange.Of<Schedule>(iterations, nameof(Iterations));
        Hold = InRange.Of<Schedule>(hold, nameof(Hold));
    }

    /// <summary>Value at iteration 0.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double From { get; }

    /// <summary>Value at the end.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double To { get; }

    /// <summary>Iterations that the change takes; 0 for a constant.</summary>
    [Range(Min = 0)]
    public int Iterations { get; }

    /// <summary>Iterations before the change begins.</summary>
    [Range(Min = 0)]
    public int Hold { get; }

    /// <summary>Always <paramref name="value"/>.</summary>
    public static Schedule Constant(double value) => new(value, value, 0, 0);

    /// <summary>from · (to/from)^((k − hold)/iterations), between <paramref name="from"/> before and <paramref name="to"/> after.</summary>
    /// <param name="from">Value at iteration 0.</param>
    /// <param name="to">Value from hold + iterations on.</param>
    /// <param name="iterations">Iterations that the change takes.</param>
    /// <param name="hold">Iterations before it.</param>
    public static Schedule Geometric(double from, double to, int iterations, int hold = 0) => new(from, to, iterations, hold);

    /// <summary>The constant <paramref name="value"/>.</summary>
    public static implicit operator Schedule(double value) => Constant(value);

    /// <inheritdoc/>
    public static Schedule Parse(string s, IFormatProvider? provider) => TryParse(s, provider, out Schedule result)
        ? result
        : throw new FormatException(
            $"'{OneLine.Value(s ?? "")}' is no schedule; expected a number above 0 or geometric(from, to, iterations[, hold])");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Schedule result)
    {
        result = default;
        string text = (s ?? "").Trim();
        const string name = "geometric(";
        string[] parts = text.StartsWith(name, StringComparison.Ordinal) && text.EndsWith(')')
            ? text[name.Length..^1].Split(',')
            : [text, text, "0"];
        int hold = 0;
        if (parts.Length is not (3 or 4)
            || !double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double from)
            || !double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double to)
            || !int.TryParse(parts[2], NumberStyles.Integer, CultureInfo.InvariantCulture, out int iterations)
            || (parts.Length == 4 && !int.TryParse(parts[3], NumberStyles.Integer, CultureInfo.InvariantCulture, out hold))
            || !(from > 0 && to > 0 && double.IsFinite(from) && double.IsFinite(to) && iterations >= 0 && hold >= 0))
            return false;
        result = new Schedule(from, to, iterations, hold);
        return true;
    }

    /// <summary>This schedule, unless it is the default of the type, which is none.</summary>
    /// <param name="option">Whose value it is to be.</param>
    internal Schedule Checked(string option) =>
        From > 0 ? this
            : throw new InvalidInputException(
            $"leader: {option} is the default of {nameof(Schedule)}; expected a number above 0, or a schedule made by "
                    + $"{nameof(Constant)} or {nameof(Geometric)}");

    /// <summary>The value at a leader iteration.</summary>
    /// <param name="iteration">From 0.</param>
    public double At(long iteration) => iteration - Hold >= Iterations ? To
        : iteration <= Hold ? From
        : From * Math.Pow(To / From, (double)(iteration - Hold) / Iterations);

    /// <inheritdoc/>
    public override string ToString() => Iterations == 0 && Hold == 0
        ? To.ToString("R", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"geometric({From:R}, {To:R}, {Iterations}{(Hold == 0 ? "" : $", {Hold}")})");
}
