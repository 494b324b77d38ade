using FastHyper.Backends;
using FastHyper.Experiments.Catalogues;
using FastHyper.Experiments.Configuration;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;

namespace FastHyper.Experiments;

/// <summary>
/// A configuration: what it chooses of a catalogue, with their options. It is made by <see cref="ConfigFile"/>, and never changes.
/// </summary>
public sealed class RunConfig
{
    internal const string HashKey = "problem_hash";

    /// <summary>What is to be said of the hash of a problem file.</summary>
    internal static readonly OptionHelp HashHelp =
        new(HashKey, "null", "SHA-256 of a problem file, noted when a run begins: it goes on with no other.", "text or null");

    private readonly Catalogue _catalogue;
    private readonly IReadOnlyList<Setting> _settings;
    private readonly Binder _binder;
    private readonly IObjective? _objective;
    private readonly Bound<Func<object, ulong, Problem>>? _problem;
    private readonly Bound<Func<object, IObjective?>> _objectives;
    private readonly Bound<Func<object, Mdp, Followers.Follower>> _follower;
    private readonly Bound<Func<object, IObjective?, IHypergradientEstimator>>? _estimator;

    /// <summary>Binds settings, of which later ones count before earlier ones.</summary>
    /// <exception cref="InvalidInputException">A key is none, a value is refused, or what is chosen is not there.</exception>
    internal RunConfig(Catalogue catalogue, IReadOnlyList<Setting> settings)
    {
        (_catalogue, _settings) = (catalogue, settings);
        _binder = new Binder(settings);
        Problem = _binder.Text(catalogue.Problems.Key) ?? "";
        ProblemHash = _binder.Text(HashKey);
        EstimatorName = _binder.Text(catalogue.Estimators.Key) ?? catalogue.Estimators.Default!;
        // Names come first: where one is unknown, so are the keys of what it names.
        var problem = StoredProblem.IsFile(Problem) ? null : catalogue.Problems.Find(Problem);
        var objective = catalogue.Objectives.Find(_binder.Text(catalogue.Objectives.Key) ?? catalogue.Objectives.Default!);
        var follower = catalogue.Followers.Find(_binder.Text(catalogue.Followers.Key) ?? catalogue.Followers.Default!);
        catalogue.Estimators.Find(EstimatorName);
        KeySpace keys = catalogue.Keys();
        foreach (Setting setting in settings) keys.Require(setting);
        Options = _binder.Bind<RunOptions>();
        Leader = _binder.Bind<LeaderOptions>();
        _problem = problem is null ? null : Bind(problem, ProblemRegister.SectionOf(Problem));
        _objectives = Bind(objective, "objective");
        _objective = _objectives.Entry.Make(_objectives.Options);
        _follower = Bind(follower, "follower");
        // Of an objective that the estimator does not know there is still the problem to be made.
        if (catalogue.Estimators.TryFind(EstimatorName, _objective) is { } estimator) _estimator = Bind(estimator, "estimator");
    }

    /// <summary>The name of a problem, or the path of a problem file (.npz).</summary>
    public string Problem { get; }

    /// <summary>SHA-256 of a problem file, noted when a run begins: it goes on with no other.</summary>
    public string? ProblemHash { get; }

    /// <summary>How long the run is, over which leaders it goes, and how it is computed.</summary>
    public RunOptions Options { get; }

    /// <summary>How leaders step; the leaders themselves are those of <see cref="Options"/>.</summary>
    public LeaderOptions Leader { get; }

    /// <summary>The name of the estimator.</summary>
    public string EstimatorName { get; }

    /// <summary>What can be chosen.</summary>
    internal Catalogue Catalogue => _catalogue;

    /// <summary>The problem; one of continuous states over its grid, unless the follower does without.</summary>
    /// <exception cref="InvalidInputException">A constant is out of range, or a file holds no problem.</exception>
    public Problem CreateProblem()
    {
        Problem problem = _problem is null ? StoredProblem.Load(Problem) : _problem.Entry.Make(_problem.Options, (ulong)Options.Seed);
        if (problem is ContinuousProblem continuous)
            problem = WithoutGrid is LinearResponseOptions linear
                ? continuous.WithoutGrid(linear.Features, linear.Points)
                : continuous.Discretise();
        return Options.Criterion.Apply(problem);
    }

    /// <summary>The problem, for what needs states and actions in tables.</summary>
    /// <param name="command">Who needs it, as messages name it.</param>
    /// <exception cref="InvalidInputException">It is of another kind, a constant is out of range, or a file holds no problem.</exception>
    public FiniteProblem CreateFiniteProblem(string command) =>
        CreateProblem() as FiniteProblem ?? throw new InvalidInputException($"{command}: '{Problem}' is no finite MDP; expected one");

    /// <summary>The objective; null for the discounted return.</summary>
    public IObjective? CreateObjective() => _objective;

    /// <summary>The estimator of the objective's gradient.</summary>
    /// <exception cref="InvalidInputException">There is none of that name, or it knows no gradient of the objective.</exception>
    public IHypergradientEstimator CreateEstimator() => Estimator.Entry.Make(Estimator.Options, _objective);

    /// <summary>All that a run is made of.</summary>
    /// <exception cref="InvalidInputException">A part cannot be made, or a problem file has changed since a run began with it.</exception>
    public RunSetup CreateSetup()
    {
        string yaml = StoredProblem.Identify(this).ToYaml();
        return CreateSetup(CreateProblem()) with { Yaml = yaml };
    }

    /// <summary>The leaders, at iteration 0.</summary>
    /// <param name="problem">As <see cref="CreateProblem"/> made it.</param>
    /// <param name="backend">Where to compute; owned by the caller.</param>
    /// <returns>The leaders, to be disposed.</returns>
    public Leader CreateLeader(Problem problem, Backend backend) => CreateSetup(problem).CreateLeader(backend);

    /// <summary>The configuration as YAML: every key that counts in a run, resolved, and no other.</summary>
    /// <exception cref="InvalidInputException">A value cannot be written.</exception>
    public string ToYaml() => NodeWriter.Write(LinesOfRun());

    /// <summary>The same, with the meaning, the default and the range of each key above it.</summary>
    /// <exception cref="InvalidInputException">A value cannot be written.</exception>
    public string ToCommentedYaml()
    {
        Dictionary<string, string> comments = Help.ToDictionary(help => help.Key, help => help.ToString());
        return NodeWriter.Write(LinesOfRun(), comments.GetValueOrDefault);
    }

    /// <summary>The same with other settings, which may choose what present ones are not for.</summary>
    /// <param name="assignments">Assignments key.path=value.</param>
    /// <exception cref="InvalidInputException">A key is none, or a value is refused.</exception>
    public RunConfig With(params IEnumerable<string> assignments) => With(assignments.Select(Setting.Parse));

    /// <summary>The same with other settings.</summary>
    internal RunConfig With(IEnumerable<Setting> settings) => new(_catalogue, [.. _settings, .. settings]);

    /// <summary>The keys that count in a run, with their values; without those of an estimator that does not know the objective.</summary>
    internal IEnumerable<Line> Lines => RunSetup.Sorted(
    [
        .. ProblemLines, .. ObjectiveLines,
        Line.Of(_catalogue.Followers.Key, _follower.Entry.Name), .. _follower.Lines,
        Line.Of(_catalogue.Estimators.Key, EstimatorName), .. _estimator?.Lines ?? [],
        .. RunSetup.Described("", Options), .. RunSetup.Described("", Leader),
    ]);

    /// <summary>The keys that count in a run, with their values.</summary>
    /// <exception cref="InvalidInputException">There is no such estimator, or it knows no gradient of the objective.</exception>
    internal IEnumerable<Line> LinesOfRun()
    {
        _ = Estimator;
        return Lines;
    }

    /// <summary>The keys that the problem and its objective are made of, with their values.</summary>
    internal IEnumerable<Line> LinesOfProblem() =>
    [
        .. ProblemLines, .. ObjectiveLines,
        .. WithoutGrid is null ? Array.Empty<Line>() : [Line.Of(_catalogue.Followers.Key, _follower.Entry.Name), .. _follower.Lines],
        .. RunSetup.Described("", Options).Where(line => line.Key.StartsWith("criterion.", StringComparison.Ordinal)
            || (line.Key == "seed" && _catalogue.Problems.IsDrawn(Problem))),
    ];

    /// <summary>What is to be said of the keys that count.</summary>
    private IEnumerable<OptionHelp> Help =>
    [
        _catalogue.Problems.Help, _catalogue.Objectives.Help, _catalogue.Followers.Help, _catalogue.Estimators.Help,
        HashHelp, .. OptionHelp.OfRuns, .. _problem?.Help ?? [], .. _objectives.Help, .. _follower.Help, .. Estimator.Help,
    ];

    private RunSetup CreateSetup(Problem problem) => new(problem, CreateEstimator())
    {
        Options = Options,
        Leader = Leader with
        {
            Follower = WithoutGrid?.Solve ?? Leader.Follower,
            CreateFollower = RespondsBest(problem) ? null : mdp => _follower.Entry.Make(_follower.Options, mdp),
        },
    };

    /// <summary>Whether the follower is the one that a problem without tables brings along.</summary>
    private bool RespondsBest(Problem problem) => problem is not FiniteProblem
        && (_follower.Entry.Name == FollowerRegister.BestResponse || WithoutGrid is not null);

    /// <summary>How continuous states do without a grid; null where they do not.</summary>
    private LinearResponseOptions? WithoutGrid => _follower.Options is LinearResponseOptions { Support: SupportKind.Points } linear
        ? linear : null;

    private Bound<Func<object, IObjective?, IHypergradientEstimator>> Estimator =>
        _estimator ?? Bind(_catalogue.Estimators.Find(EstimatorName, _objective), "estimator");

    private IEnumerable<Line> ProblemLines =>
    [
        Line.Of(_catalogue.Problems.Key, Problem),
        .. _problem is null ? [new Line(HashKey, OptionType.Text.OrNull, ProblemHash)] : _problem.Lines,
    ];

    private IEnumerable<Line> ObjectiveLines => [Line.Of(_catalogue.Objectives.Key, _objectives.Entry.Name), .. _objectives.Lines];

    private Bound<TMake> Bind<TMake>(Entry<TMake> entry, string section) =>
        new(entry, section, _binder.Bind(entry.Defaults, entry.Options, section));

    /// <summary>What is chosen of a register, with its options.</summary>
    private sealed record Bound<TMake>(Entry<TMake> Entry, string Section, object Options)
    {
        /// <summary>The keys that count, with their values.</summary>
        public IEnumerable<Line> Lines => Line.Of(Section, Entry.Options, Options);

        /// <summary>What is to be said of its keys.</summary>
        public IEnumerable<OptionHelp> Help => OptionHelp.Of(Section, Entry.Options, Entry.Defaults);
    }
}
