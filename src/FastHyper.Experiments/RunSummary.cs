using System.Text;
using System.Text.Json;
using FastHyper.Followers;
using FastHyper.Leaders;

namespace FastHyper.Experiments;

/// <summary>What leaders with one setting reached.</summary>
/// <param name="LearningRate">Their learning rate.</param>
/// <param name="Temperature">Their training temperature.</param>
/// <param name="Objectives">Exact objective of each seed; NaN of those that diverged.</param>
public sealed record SettingSummary(string LearningRate, string Temperature, double[] Objectives)
{
    /// <summary>Mean over the seeds that finished; NaN where none did.</summary>
    public double Mean => MeanOf(Objectives);

    /// <summary>Standard error of the mean, over the seeds that finished; 0 for one seed.</summary>
    public double StandardError => StandardErrorOf(Objectives);

    /// <summary>Seeds that finished: that did not diverge.</summary>
    public int Finished => Objectives.Count(double.IsFinite);

    /// <summary>Seeds that diverged.</summary>
    public int Diverged => Objectives.Length - Finished;

    /// <summary>How many seeds the mean is over: <c>10</c>, or <c>9 of 10</c> where one diverged.</summary>
    public string Seeds => Diverged == 0 ? $"{Finished}" : $"{Finished} of {Objectives.Length}";

    /// <summary>Mean of the objectives that are there; NaN where none is.</summary>
    internal static double MeanOf(IEnumerable<double> objectives) => objectives.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Standard error of the mean of the objectives that are there; 0 for one.</summary>
    internal static double StandardErrorOf(double[] objectives) => Math.Sqrt(Variance(objectives, objectives.Count(double.IsFinite)));

    private static double Variance(IEnumerable<double> objectives, int over)
    {
        double[] there = [.. objectives.Where(double.IsFinite)];
        double mean = MeanOf(there);
        return there.Length == 1 ? 0 : there.Sum(j => (j - mean) * (j - mean)) / (there.Length - 1.0) / over;
    }
}

/// <summary>What a run came to.</summary>
/// <param name="Problem">Problem.</param>
/// <param name="Estimator">Estimator.</param>
/// <param name="FollowerMethod">How the follower was to be solved.</param>
/// <param name="Iterations">Leader iterations done.</param>
/// <param name="Completed">Whether all were done, and the folder is whole.</param>
/// <param name="InitialObjective">Mean exact objective before the first step.</param>
/// <param name="Settings">What each grid point reached.</param>
/// <param name="Seconds">Time taken, over all sittings.</param>
/// <param name="LeaderIterationsPerSecond">Leader iterations of all leaders over the seconds.</param>
/// <param name="Folder">The run folder.</param>
public sealed record RunSummary(
    string Problem, string Estimator, SolveMethod FollowerMethod, long Iterations, bool Completed, double InitialObjective,
    IReadOnlyList<SettingSummary> Settings,
    double Seconds, double LeaderIterationsPerSecond, string Folder)
{
    /// <summary>
    /// The methods by which the followers' last solves came about, which where one was to be chosen tells which was; empty where none were
    /// solved.
    /// </summary>
    public IReadOnlyList<SolveMethod> SolvedBy { get; init; } = [];

    /// <summary>
    /// Iteration of the last rows of metrics, which the objectives are of where a run was stopped within an iteration or before its
    /// report was drawn; else null.
    /// </summary>
    public long? ObjectivesAt { get; init; }

    /// <summary>
    /// The largest of what the last rows of metrics prove: the follower's residual and bound, the linear solves' residual, and the
    /// estimate of the gradient's error; NaN where nothing was solved for.
    /// </summary>
    public RunProof Proof { get; init; } = RunProof.None;

    /// <summary>Whether the objective was to be small.</summary>
    public bool Minimized { get; init; }

    /// <summary>The leaders that diverged, in the order in which they did.</summary>
    public IReadOnlyList<LeaderDivergence> Diverged { get; init; } = [];

    /// <summary>Steps in the environment that all estimates of all leaders were made of; 0 with the model.</summary>
    public long EnvironmentSteps { get; init; }

    /// <summary>By what, where and when the run's last sitting was; null where it is not known.</summary>
    public RunOrigin? Origin { get; init; }

    /// <summary>How <see cref="Best"/> came to be the one that is told of, where there were others; null of a single setting.</summary>
    public string? Choice => Settings.Count == 1 ? null : $"best of {Settings.Count} settings, chosen on the same seeds";

    /// <summary>Leaders that ran at once: settings × seeds.</summary>
    public int Leaders => Settings.Sum(setting => setting.Objectives.Length);

    /// <summary>Leaders that did not diverge.</summary>
    public int Finished => Settings.Sum(setting => setting.Finished);

    /// <summary>
    /// The setting with the largest mean, or the least where the objective is minimised, among those of which the fewest seeds
    /// diverged: a mean over survivors flatters a setting that loses some.
    /// </summary>
    public SettingSummary Best
    {
        get
        {
            int fewest = Settings.Min(s => s.Diverged);
            IEnumerable<SettingSummary> candidates = Settings.Where(s => s.Diverged == fewest);
            return (Minimized ? candidates.MinBy(s => s.Mean) : candidates.MaxBy(s => s.Mean))!;
        }
    }

    /// <summary>The summary in a run folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="InvalidInputException">It cannot be read, or is not one of ours.</exception>
    internal static RunSummary? TryLoad(string folder)
    {
        string path = Path.Combine(folder, "summary.json");
        if (!File.Exists(path)) return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            JsonElement json = document.RootElement;
            RunSummary summary = new(
                Text("problem"), Text("estimator"), SolveMethodNames.Parse(Text("follower_method")),
                json.GetProperty("iterations").GetInt64(), json.GetProperty("completed").GetBoolean(),
                Number(json.GetProperty("initial_objective")),
                [.. json.GetProperty("settings").EnumerateArray().Select(setting => new SettingSummary(
                    setting.GetProperty("learning_rate").GetString()!, setting.GetProperty("temperature").GetString()!,
                    [.. setting.GetProperty("objectives").EnumerateArray().Select(Number)]))],
                json.GetProperty("seconds").GetDouble(), json.GetProperty("leader_iterations_per_second").GetDouble(), folder)
            {
                SolvedBy = json.TryGetProperty("follower_solved_by", out JsonElement methods)
                    ? [.. methods.EnumerateArray().Select(method => SolveMethodNames.Parse(method.GetString()!))]
                    : [],
                ObjectivesAt = json.TryGetProperty("objectives_at", out JsonElement at) ? at.GetInt64() : null,
                Proof = json.TryGetProperty("proof", out JsonElement proof)
                    ? new RunProof(
                        Known(proof, "follower_residual"), Known(proof, "follower_bound"), Known(proof, "linear_residual"),
                        Known(proof, "gradient_error"))
                    : RunProof.None,
                EnvironmentSteps = json.TryGetProperty("environment_steps", out JsonElement steps) ? steps.GetInt64() : 0,
                Origin = RunOrigin.Read(json),
                Minimized = json.TryGetProperty("minimized", out JsonElement minimized) && minimized.GetBoolean(),
                Diverged = json.TryGetProperty("diverged", out JsonElement diverged)
                    ? [.. diverged.EnumerateArray().Select(Divergence)]
                    : [],
            };
            return summary.Settings.Count > 0 && summary.Settings.All(setting => setting.Objectives.Length > 0)
                ? summary
                : throw new FormatException("no settings, or one without objectives");

            string Text(string name) => json.GetProperty(name).GetString()!;
            static double Known(JsonElement from, string name) =>
                from.TryGetProperty(name, out JsonElement value) ? Number(value) : double.NaN;
            static LeaderDivergence Divergence(JsonElement item) => new(
                item.GetProperty("leader").GetInt32(),
                new LeaderSetting(
                    item.GetProperty("seed").GetUInt64(), Schedule.Parse(item.GetProperty("learning_rate").GetString()!, null),
                    item.GetProperty("temperature").GetString() is string t ? Schedule.Parse(t, null) : null),
                item.GetProperty("iteration").GetInt64(),
                item.GetProperty("cause").GetString()!);
            static double Number(JsonElement value) => value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or ArgumentException or InvalidInputException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{OneLine.Path(path)}: {OneLine.Reason(e)}; expected the summary of a run", e);
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
            json.WriteStartArray("follower_solved_by");
            foreach (SolveMethod method in SolvedBy) json.WriteStringValue(method.Name());
            json.WriteEndArray();
            json.WriteStartObject("proof");
            Write("follower_residual", Proof.FollowerResidual);
            Write("follower_bound", Proof.FollowerBound);
            Write("linear_residual", Proof.LinearResidual);
            Write("gradient_error", Proof.GradientError);
            json.WriteEndObject();
            if (Minimized) json.WriteBoolean("minimized", Minimized);
            json.WriteNumber("iterations", Iterations);
            json.WriteBoolean("completed", Completed);
            if (ObjectivesAt is long at) json.WriteNumber("objectives_at", at);
            Write("initial_objective", InitialObjective);
            json.WriteNumber("leaders", Leaders);
            json.WriteNumber("finished", Finished);
            json.WriteStartArray("diverged");
            foreach (LeaderDivergence divergence in Diverged)
            {
                json.WriteStartObject();
                json.WriteNumber("leader", divergence.Leader);
                json.WriteNumber("seed", divergence.Setting.Seed);
                json.WriteString("learning_rate", divergence.Setting.LearningRate.ToString());
                json.WriteString("temperature", divergence.Setting.Temperature?.ToString());
                json.WriteNumber("iteration", divergence.Iteration);
                json.WriteString("cause", divergence.Cause);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("settings");
            foreach (SettingSummary setting in Settings)
            {
                json.WriteStartObject();
                json.WriteString("learning_rate", setting.LearningRate);
                json.WriteString("temperature", setting.Temperature);
                json.WriteNumber("finished", setting.Finished);
                Write("objective_mean", setting.Mean);
                Write("objective_standard_error", setting.StandardError);
                json.WriteStartArray("objectives");
                foreach (double objective in setting.Objectives) WriteValue(objective);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (Choice is string choice)
            {
                json.WriteStartObject("best");
                json.WriteString("choice", choice);
                json.WriteString("learning_rate", Best.LearningRate);
                json.WriteString("temperature", Best.Temperature);
                Write("objective_mean", Best.Mean);
                Write("objective_standard_error", Best.StandardError);
                json.WriteEndObject();
            }

            json.WriteNumber("environment_steps", EnvironmentSteps);
            json.WriteNumber("seconds", Math.Round(Seconds, 3));
            json.WriteNumber("leader_iterations_per_second", Math.Round(LeaderIterationsPerSecond, 1));
            Origin?.Write(json);
            json.WriteEndObject();

            void Write(string name, double value)
            {
                json.WritePropertyName(name);
                WriteValue(value);
            }

            // JSON has no other number for what is not one.
            void WriteValue(double value)
            {
                if (double.IsFinite(value)) json.WriteNumberValue(value);
                else json.WriteNullValue();
            }
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}

/// <summary>How far a run has come.</summary>
/// <param name="Iteration">Leader iterations done.</param>
/// <param name="Iterations">Leader iterations to do.</param>
/// <param name="Objective">Mean exact objective when last recorded, of the leaders that have not diverged.</param>
/// <param name="Rate">Leader iterations a second, of all leaders.</param>
/// <param name="Remaining">Time left at this rate.</param>
public readonly record struct RunProgress(long Iteration, long Iterations, double Objective, double Rate, TimeSpan Remaining)
{
    /// <summary>What an iteration that takes long is at; null where it does not.</summary>
    public string? Activity { get; init; }

    /// <summary>The leaders that have diverged so far.</summary>
    public IReadOnlyList<LeaderDivergence> Diverged { get; init; } = [];
}
