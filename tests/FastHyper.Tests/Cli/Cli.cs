using System.Diagnostics;

namespace FastHyper.Tests.Cli;

/// <summary>What a command came to.</summary>
public sealed record CliResult(int ExitCode, string Output, string Error)
{
    /// <summary>Standard error without the lines by which long work tells how far it is.</summary>
    public string Complaints => string.Concat(Error.Split('\n').Where(line => line.StartsWith("fasthyper: ", StringComparison.Ordinal)));
}

/// <summary>The tool as a user meets it: a process of its own.</summary>
internal static class Cli
{
    public static CliResult Run(params string[] arguments) => RunWithLanes(null, arguments);

    /// <summary>Runs with the lane width capped.</summary>
    public static CliResult RunWithLanes(string? lanes, params string[] arguments)
    {
        using Process process = Start(lanes, arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CliResult(process.ExitCode, output, error.Result);
    }

    public static Process Start(string? lanes, params string[] arguments) => Start(lanes, "", arguments);

    /// <summary>Starts with a folder as the working one.</summary>
    public static Process StartIn(string folder, params string[] arguments) => Start(null, folder, arguments);

    private static Process Start(string? lanes, string folder, string[] arguments)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "FastHyper.Cli.dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        if (lanes is not null) start.Environment["FASTHYPER_LANES"] = lanes;
        return Process.Start(start)!;
    }
}
