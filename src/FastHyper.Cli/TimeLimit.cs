using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace FastHyper.Cli;

/// <summary><c>--max-time</c>: how long a process may work before it saves what it has.</summary>
internal static partial class TimeLimit
{
    /// <summary>The option.</summary>
    public static Option<string?> Option() => new("--max-time")
    {
        Description = "Save and exit with code 75 after so long: 90s, 55m, 12h, 2d, H:MM:SS or D-HH:MM:SS.",
    };

    /// <summary>The time that a text tells; null where there is none.</summary>
    /// <exception cref="InvalidInputException">It tells none.</exception>
    public static TimeSpan? Parse(string? text)
    {
        if (text is null) return null;
        if (Units().Match(text) is { Success: true } unit && Number(unit, 1) is var n)
        {
            double seconds = n * (unit.Groups[2].Value switch { "s" => 1, "m" => 60, "h" => 3600, _ => 86400 });
            if (seconds <= MostSeconds) return TimeSpan.FromSeconds(seconds);
        }

        if (Clock().Match(text) is { Success: true } clock)
        {
            double seconds = (86400 * Number(clock, 1)) + (3600 * Number(clock, 2)) + (60 * Number(clock, 3)) + Number(clock, 4);
            if (seconds <= MostSeconds) return TimeSpan.FromSeconds(seconds);
        }

        throw new InvalidInputException($"--max-time: '{OneLine.Value(text)}'; expected 90s, 55m, 12h, 2d, H:MM:SS or D-HH:MM:SS");
    }

    // As long as a timer can wait.
    private const double MostSeconds = 4_000_000;

    private static double Number(Match match, int group) =>
        match.Groups[group].Success ? double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^(\d{1,9}(?:\.\d{1,9})?)([smhd])\z")]
    private static partial Regex Units();

    [GeneratedRegex(@"^(?:(\d{1,4})-)?(\d{1,5}):([0-5]\d):([0-5]\d)\z")]
    private static partial Regex Clock();
}
