using System.Diagnostics.CodeAnalysis;
using FastHyper.Experiments.Configuration;
using FastHyper.Hypergradients;
using FastHyper.Leaders;

namespace FastHyper.Experiments;

/// <summary>
/// Holds a configuration to the keys that count in it: one that is given, and that what is chosen does not read, is refused with
/// the choice that would read it. Both follow from what <see cref="ExperimentFactory"/> reads; nothing is listed twice.
/// </summary>
[RequiresUnreferencedCode(StrictYaml.Reflects), RequiresDynamicCode(StrictYaml.Reflects)]
internal static class RunKeys
{
    /// <summary>The choices that decide which other keys are read: a key, and what it may be set to.</summary>
    private static readonly (string Key, IReadOnlyList<string> Values)[] s_choices =
    [
        ("problem", ExperimentFactory.BuiltInProblems),
        ("estimator.name", EstimatorConfig.Names),
        ("estimator.critic.kind", Named<CriticKind>()),
        ("estimator.follower_critic.kind", Named<CriticKind>()),
        ("estimator.follower_values", Named<FollowerValuesKind>()),
        ("estimator.adjoint.step", Named<AdjointStep>()),
        ("estimator.zero_order.model", ["false", "true"]),
        ("estimator.zero_order.difference", Named<Difference>()),
        ("objective.kind", Named<ObjectiveKind>()),
        ("follower.kind", Named<FollowerKind>()),
        ("leader.optimizer", Named<OptimizerKind>()),
        ("evaluation.horizon", ["1"]),
        ("grid.learning_rate", ["[]"]),
        ("grid.training_temperature", ["[]"]),
        ("four_rooms.incentive", Named<Problems.IncentiveKind>()),
    ];

    /// <summary>The keys that a run reads.</summary>
    public static ReadKeys OfRun(RunConfig config) => ReadKeys.Of(config, () => ExperimentFactory.ReadRun(config));

    /// <summary>The keys that the problem and its objective are made of.</summary>
    public static ReadKeys OfProblem(RunConfig config) => ReadKeys.Of(config, () => ExperimentFactory.ReadProblem(config));

    /// <summary>Throws unless all keys that are given are read.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="given">The keys that it was given.</param>
    /// <param name="keysOf">What is read of a configuration.</param>
    /// <param name="reader">Who reads it, in words.</param>
    public static void Require(RunConfig config, IEnumerable<GivenKey> given, Func<RunConfig, ReadKeys> keysOf, string reader)
    {
        ReadKeys read = keysOf(config);
        foreach (GivenKey key in given)
            if (!read.Contains(key.Key)) throw Refusal.At(key.Key, key.Place, Explain(config, key.Key, keysOf) ?? $"not read by {reader}");
    }

    /// <summary>Which choice reads the key, or the section that it is in, where the present one does not; null if none does.</summary>
    private static string? Explain(RunConfig config, string key, Func<RunConfig, ReadKeys> keysOf)
    {
        string yaml = StrictYaml.Write(config);
        for (string item = key; item.Length > 0; item = item.LastIndexOf('.') is > 0 and int dot ? item[..dot] : "")
        {
            // A section that is read in part is no answer to what a key in it is for.
            if (item != key && keysOf(config).Contains(item)) return null;
            foreach ((string choice, IReadOnlyList<string> values) in s_choices)
            {
                string[] readers = [.. values.Where(value => Reads(yaml, choice, value, item, keysOf))];
                if (readers.Length == 0) continue;
                string what = item == key ? "reads it" : $"reads {item}";
                return $"{choice} = {OneOf(readers)} {what}, {Shown(config, choice)} does not";
            }
        }

        return null;
    }

    private static bool Reads(string yaml, string choice, string value, string key, Func<RunConfig, ReadKeys> keysOf)
    {
        // An objective that the estimator does not know is one that another estimator does.
        foreach (Func<RunConfig, ReadKeys> keys in (Func<RunConfig, ReadKeys>[])[keysOf, OfProblem])
        {
            try
            {
                return keys(StrictYaml.Bind<RunConfig>(yaml, "", [$"{choice}={value}"])).Contains(key);
            }
            catch (InvalidInputException)
            {
                // Choices that do not go with each other read nothing.
            }
        }

        return false;
    }

    private static string OneOf(string[] values) => values.Length == 1 ? values[0] : $"{string.Join(", ", values[..^1])} or {values[^1]}";

    private static string Shown(RunConfig config, string choice)
    {
        string[] lines = StrictYaml.Write(config, key => key == choice).TrimEnd('\n').Split('\n');
        return OneLine.Value(lines[^1][(lines[^1].IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
    }

    private static string[] Named<T>() where T : struct, Enum => [.. Enum.GetNames<T>().Select(Names.Kebab)];
}
