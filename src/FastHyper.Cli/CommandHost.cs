using System.CommandLine;
using System.Text.Json;
using FastHyper.Problems;

namespace FastHyper.Cli;

/// <summary>Runs commands and turns what goes wrong into one line and an exit code.</summary>
internal static class CommandHost
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int BadInput = 2;

    /// <summary>Stopped by a queue with all saved: the same command goes on (EX_TEMPFAIL of sysexits.h).</summary>
    public const int Requeue = 75;

    /// <summary>What is said of work that leaves nothing when it is stopped.</summary>
    public const string Stopped = "stopped; nothing was written";

    public static int Invoke(Command root, string[] args)
    {
        ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
        {
            // They repeat what was given, however long.
            string errors = Unknown(parsed) ?? string.Join(" ", parsed.Errors.Select(error => error.Message));
            Complain(
                args.Where(arg => arg.Length > 0).Aggregate(
                    errors, (message, arg) => message.Replace(arg, OneLine.Value(arg), StringComparison.Ordinal)));
            return BadInput;
        }

        return Guard(() => parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
    }

    /// <summary>Names the first word that is none of the command's, with what was meant; null where there is none.</summary>
    private static string? Unknown(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens.Count == 0) return null;
        Command command = parsed.CommandResult.Command;
        string token = parsed.UnmatchedTokens[0], name = token.Split('=')[0];
        bool isOption = token.StartsWith('-');
        string[] known = [.. isOption ? command.Options.Select(option => option.Name) : command.Subcommands.Select(sub => sub.Name)];
        string what = isOption ? $"no option of {command.Name}"
            : command.Subcommands.Count > 0 ? "no command"
            : $"more than {command.Name} takes";
        string expected = known.Length > 0 ? Names.OneOf([.. known.Order(StringComparer.Ordinal)]) : "no more";
        return $"{OneLine.Value(token)}: {what}{Names.DidYouMean(name, known)}; expected {expected}";
    }

    /// <summary>Does work, and turns what goes wrong into one line and an exit code.</summary>
    public static int Guard(Func<int> work)
    {
        try
        {
            return work();
        }
        catch (InvalidInputException e)
        {
            Complain(e.Message);
            return BadInput;
        }
        catch (OperationCanceledException)
        {
            Complain(Stopped);
            return Failed;
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or InvalidOperationException or ArgumentException or ArithmeticException
                or InsufficientMemoryException or OutOfMemoryException)
        {
            Complain(e.Message);
            return Failed;
        }
    }

    /// <summary>One line on standard error.</summary>
    public static void Complain(string message) =>
        Console.Error.WriteLine("fasthyper: " + OneLine.Message(message));

    /// <summary>Tells of what was mended in a problem, or is worth knowing of it.</summary>
    /// <returns>The problem.</returns>
    public static T Told<T>(T problem)
        where T : Problem
    {
        foreach (string notice in problem.Notices) Complain(notice);
        return problem;
    }

    /// <summary>One JSON object on standard output.</summary>
    public static void PrintJson(Action<Utf8JsonWriter> members)
    {
        using Stream output = Console.OpenStandardOutput();
        using (Utf8JsonWriter json = new(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    /// <summary>A number, or null where JSON has none for it.</summary>
    public static void WriteFinite(this Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}
