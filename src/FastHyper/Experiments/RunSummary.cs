using System.Text;
using System.Text.Json;
using FastHyper.Followers;

namespace FastHyper.Experiments;

/// <summary>What leaders with one setting reached.</summary>
/// <param name="LearningRate">Their learning rate.</param>
/// <param name="Temperature">Their training temperature.</param>
/// <param name="Objectives">Exact objective of each seed.</param>
public sealed record SettingSummary(string LearningRate, string Temperature, double[] Objectives)
{
    /// <summary>Mean over seeds.</summary>
    public double Mean => Objectives.Average();

    /// <summary>Standard error of the mean; 0 for one seed.</summary>
    public double StandardError => StandardErrorOf(Objectives);

    /// <summary>Standard error of the mean of some objectives; 0 for one.</summary>
    internal static double StandardErrorOf(double[] objectives)
    {
        double mean = objectives.Average();
        return objectives.Length < 2 ? 0 : Math.Sqrt(objectives.Sum(j => (j - mean) * (j - mean)) / (objectives.Length - 1.0) / objectives.Length);
    }
}

/// <summary>What a run came to.</summary>
/// <param name="Problem">Problem.</param>
/// <param name="Estimator">Estimator.</param>
/// <param name="FollowerMethod">How the follower is solved.</param>
/// <param name="Iterations">Leader iterations done.</param>
/// <param name="Completed">Whether all were done.</param>
/// <param name="InitialObjective">Mean exact objective before the first step.</param>
/// <param name="Settings">What each grid point reached.</param>
/// <param name="Seconds">Time taken, over all sittings.</param>
/// <param name="LeaderIterationsPerSecond">Leader iterations of all leaders over the seconds of this sitting.</param>
/// <param name="Folder">The run folder.</param>
public sealed record RunSummary(
    string Problem, string Estimator, SolveMethod FollowerMethod, long Iterations, bool Completed, double InitialObjective, IReadOnlyList<SettingSummary> Settings,
    double Seconds, double LeaderIterationsPerSecond, string Folder)
{
    /// <summary>Whether the objective was to be small.</summary>
    public bool Minimized { get; init; }

    /// <summary>The setting with the largest mean, or the least where the objective is minimised.</summary>
    public SettingSummary Best => (Minimized ? Settings.MinBy(s => s.Mean) : Settings.MaxBy(s => s.Mean))!;

    /// <summary>The summary in a run folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="InvalidInputException">It is not one of ours.</exception>
    internal static RunSummary? TryLoad(string folder)
    {
        string path = Path.Combine(folder, "summary.json");
        if (!File.Exists(path)) return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            JsonElement json = document.RootElement;
            return new RunSummary(
                Text("problem"), Text("estimator"), SolveMethodNames.Parse(Text("follower_method")), json.GetProperty("iterations").GetInt64(), json.GetProperty("completed").GetBoolean(),
                json.GetProperty("initial_objective").GetDouble(),
                [.. json.GetProperty("settings").EnumerateArray().Select(setting => new SettingSummary(
                    setting.GetProperty("learning_rate").GetString()!, setting.GetProperty("temperature").GetString()!, [.. setting.GetProperty("objectives").EnumerateArray().Select(j => j.GetDouble())]))],
                json.GetProperty("seconds").GetDouble(), json.GetProperty("leader_iterations_per_second").GetDouble(), folder);

            string Text(string name) => json.GetProperty(name).GetString()!;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidInputException($"{path}: {e.Message}; expected the summary of a run", e);
        }
    }

    /// <summary>As JSON.</summary>
    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("problem", Problem);
            json.WriteString("estimator", Estimator);
            json.WriteString("follower_method", FollowerMethod.Name());
            if (Minimized) json.WriteBoolean("minimized", Minimized);
            json.WriteNumber("iterations", Iterations);
            json.WriteBoolean("completed", Completed);
            json.WriteNumber("initial_objective", InitialObjective);
            json.WriteStartArray("settings");
            foreach (SettingSummary setting in Settings)
            {
                json.WriteStartObject();
                json.WriteString("learning_rate", setting.LearningRate);
                json.WriteString("temperature", setting.Temperature);
                json.WriteNumber("objective_mean", setting.Mean);
                json.WriteNumber("objective_standard_error", setting.StandardError);
                json.WriteStartArray("objectives");
                foreach (double objective in setting.Objectives) json.WriteNumberValue(objective);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("seconds", Math.Round(Seconds, 3));
            json.WriteNumber("leader_iterations_per_second", Math.Round(LeaderIterationsPerSecond, 1));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}

/// <summary>How far a run has come.</summary>
/// <param name="Iteration">Leader iterations done.</param>
/// <param name="Iterations">Leader iterations to do.</param>
/// <param name="Objective">Mean exact objective when last recorded.</param>
/// <param name="Rate">Leader iterations a second, of all leaders.</param>
/// <param name="Remaining">Time left at this rate.</param>
public readonly record struct RunProgress(long Iteration, long Iterations, double Objective, double Rate, TimeSpan Remaining);
