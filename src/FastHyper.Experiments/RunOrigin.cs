using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace FastHyper.Experiments;

/// <summary>By what, where and when something was computed.</summary>
/// <param name="Version">FastHyper's version.</param>
/// <param name="Commit">The commit that it was built from; null where it was built outside a repository.</param>
/// <param name="Host">The machine's name.</param>
/// <param name="Processor">The processor's name.</param>
/// <param name="Processors">Processors that the process may use.</param>
/// <param name="Date">When, in UTC, as ISO 8601.</param>
/// <param name="CommandLine">The command line of the process.</param>
public sealed record RunOrigin(
    string Version, string? Commit, string Host, string Processor, int Processors, string Date, string CommandLine)
{
    /// <summary>This process, at some time.</summary>
    /// <param name="clock">What time it is; null for the machine's.</param>
    public static RunOrigin Now(TimeProvider? clock = null)
    {
        string[] version = typeof(RunOrigin).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+', 2);
        return new RunOrigin(
            version[0], version.Length > 1 ? version[1] : null, Environment.MachineName, ProcessorName(), Environment.ProcessorCount,
            (clock ?? TimeProvider.System).GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            string.Join(' ', Environment.GetCommandLineArgs().Select(Quoted)));
    }

    /// <summary>As members of a JSON object.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteString("version", Version);
        json.WriteString("commit", Commit);
        json.WriteString("host", Host);
        json.WriteString("processor", Processor);
        json.WriteNumber("processors", Processors);
        json.WriteString("date", Date);
        json.WriteString("command_line", CommandLine);
    }

    /// <summary>As <see cref="Write"/> wrote it; null where it did not.</summary>
    internal static RunOrigin? Read(JsonElement json) => !json.TryGetProperty("version", out JsonElement version) ? null : new RunOrigin(
        version.GetString()!, json.GetProperty("commit").GetString(), json.GetProperty("host").GetString()!,
        json.GetProperty("processor").GetString()!, json.GetProperty("processors").GetInt32(), json.GetProperty("date").GetString()!,
        json.GetProperty("command_line").GetString()!);

    private static string ProcessorName()
    {
        const string information = "/proc/cpuinfo";
        string? line = File.Exists(information)
            ? File.ReadLines(information).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(": ", 2)[^1].Trim() ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=:,+%@".Contains(c, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
