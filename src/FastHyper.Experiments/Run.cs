using System.Globalization;
using FastHyper.Backends;
using FastHyper.Backends.Selection;
using FastHyper.Experiments.Catalogues;
using FastHyper.Experiments.Logs;
using FastHyper.Followers;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>
/// A run in its folder: config.yaml, metrics.csv, checkpoint.npz, result.npz, summary.json, report.html, figure.svg and
/// figure.pdf. A run that is stopped, or whose process ends at any point, can be resumed from its folder and ends with the same bits. The
/// summary comes last: where it says that the run is complete, all is there.
/// </summary>
public sealed partial class Run : IDisposable
{
    // Saving takes up at most such a part of the time that long iterations take.
    private const int MostOfSaving = 20;
    private readonly RunSetup _setup;
    private readonly RunFolder _folder;
    private readonly RunHost _host;
    private readonly Backend _backend;
    private readonly bool _ownsBackend;
    private readonly Problem _problem;
    private readonly Leader _leader;
    private readonly ObjectiveEvaluator _evaluator;
    private readonly IReadOnlyList<LeaderSetting> _settings;
    private readonly Certificate[] _certificates;
    private readonly double[] _objectives;
    private readonly string _configText;
    private readonly long _stepsPerIteration;
    private readonly MetricsSink[] _sinks;
    private readonly RunOrigin _origin;
    private string _solvedBy = "";
    private BestResponse? _methods;
    private MetricsLog? _metrics;
    private Saved? _saved;
    private bool _isSpent;
    private double _secondsBefore;
    private long _begunAt;
    private long _begunFrom;
    private int _told;

    private Run(RunSetup setup, RunFolder folder, RunHost host, Action<string>? tell)
    {
        (_setup, _folder, _host, _problem) = (setup, folder, host, setup.Problem);
        foreach (string notice in _problem.Notices) tell?.Invoke(notice);
        _origin = RunOrigin.Now(host.Clock);
        _settings = setup.Options.CreateLeaders();
        _configText = setup.Describe();
        _ownsBackend = setup.Backend is null;
        _backend = setup.Backend ?? BackendSelector.Create(setup.Options.Backend, setup.Options.Threads, tell);
        try
        {
            _leader = setup.CreateLeader(_backend);
            bool isInPlace = _leader.Instances.Engine.HasInPlaceSweeps;
            if (_leader.Follower is BestResponse { Options.Method: SolveMethod.GaussSeidel } && !isInPlace)
                tell?.Invoke(
                    $"follower.method: {_leader.Instances.Engine.Description}, has no sweeps in place; gauss-seidel is sweeps there");
            _evaluator = new ObjectiveEvaluator(_leader, finite: setup.Options.Evaluation);
        }
        catch
        {
            _leader?.Dispose();
            if (_ownsBackend) _backend.Dispose();
            throw;
        }

        _sinks = [.. setup.Options.Log.Distinct().Select(form => MetricsSink.Create(form, host.Store, folder.Path, host.Clock))];
        _stepsPerIteration = setup.Estimator.EnvironmentSteps * _leader.Instances.Engine.Options.InstancesPerLeader;
        _certificates = new Certificate[_leader.Instances.Engine.Instances];
        _objectives = Unknown();
    }

    /// <summary>The run's folder.</summary>
    public string Folder => _folder.Path;

    /// <summary>Leader iterations done.</summary>
    internal long Iteration => _leader.Iteration;

    /// <summary>Whether no leader is left.</summary>
    internal bool AllDiverged => _leader.Diverged.Count == _settings.Count;

    /// <summary>Begins a run in a folder of its own. Nobody else can write there until it is disposed.</summary>
    /// <param name="setup">What to run.</param>
    /// <param name="folder">
    /// A folder that does not exist, is empty, or was left by a run that was killed before its first checkpoint.
    /// </param>
    /// <param name="tell">Told in a line what the user should know of the problem, the backend and the folder.</param>
    /// <exception cref="InvalidInputException">The folder holds something, another run writes to it, or the setup is refused.</exception>
    public static Run Begin(RunSetup setup, string folder, Action<string>? tell = null) =>
        Begin(() => setup, RunFolder.Claim(folder, tell), RunHost.Default, tell);

    /// <summary>Begins a run in a folder of its own. Nobody else can write there until it is disposed.</summary>
    /// <param name="config">What to run.</param>
    /// <param name="folder">As for a setup made in code.</param>
    /// <param name="tell">Told in a line what the user should know of the problem, the backend and the folder.</param>
    /// <exception cref="InvalidInputException">
    /// The folder holds something, another run writes to it, or the configuration is refused.
    /// </exception>
    public static Run Begin(RunConfig config, string folder, Action<string>? tell = null) => Begin(config, folder, RunHost.Default, tell);

    /// <summary>Begins a run in the first new folder of stem, stem-2, stem-3 and so on, whoever else does the same at the time.</summary>
    /// <param name="config">What to run.</param>
    /// <param name="stem">The name of the first of these folders.</param>
    /// <param name="tell">Told in a line what the user should know of the backend and the folder.</param>
    /// <exception cref="InvalidInputException">No folder can be created there, or the configuration is refused.</exception>
    public static Run BeginNext(RunConfig config, string stem, Action<string>? tell = null) =>
        Begin(config.CreateSetup, RunFolder.ClaimNext(stem, tell), RunHost.Default, tell);

    /// <summary>Goes on with the run in a folder; from the beginning, where it was killed before its first checkpoint.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="iterations">Leader iterations to go to, no fewer than are done; null for what its configuration says.</param>
    /// <param name="tell">Told in a line what the user should know of the problem, the backend and the folder.</param>
    /// <param name="catalogue">What the run's configuration chooses from; null for what FastHyper has.</param>
    /// <param name="problem">Where the run's problem file lies; null for where it lay when the run began.</param>
    /// <exception cref="InvalidInputException">
    /// The folder holds no run that can be resumed, or another writes to it; nothing has been changed.
    /// </exception>
    public static Run Resume(
        string folder, long? iterations = null, Action<string>? tell = null, Catalogue? catalogue = null, string? problem = null) =>
        Resume(folder, RunHost.Default, iterations, tell, catalogue, problem);

    /// <summary>Goes on with the run in a folder that was begun with the same setup.</summary>
    /// <param name="setup">The setup; its iterations, threads and backend may be others, the iterations no fewer than are done.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="tell">Told in a line what the user should know of the problem, the backend and the folder.</param>
    /// <exception cref="InvalidInputException">
    /// The folder holds no run that can be resumed, or one of another setup, or another run writes to it; nothing has been changed.
    /// </exception>
    public static Run Resume(RunSetup setup, string folder, Action<string>? tell = null) => Resume(
        folder, RunHost.Default, tell, () => StoredRun.Read(folder, setup), () => setup, isOther: true);

    /// <summary>Begins a run in a folder of its own, or goes on with the one that was begun there with the same configuration.</summary>
    /// <param name="config">What to run; its iterations, threads and backend may be others, the iterations no fewer than are done.</param>
    /// <param name="folder">As for <see cref="Begin(RunConfig, string, Action{string}?)"/>, or the run's.</param>
    /// <param name="tell">Told in a line what the user should know of the problem, the backend and the folder.</param>
    /// <exception cref="InvalidInputException">
    /// The folder holds something else or a run of another configuration, or another run writes to it; nothing has been changed.
    /// </exception>
    public static Run Open(RunConfig config, string folder, Action<string>? tell = null) => !IsBegun(folder)
        ? Begin(config, folder, tell)
        : Resume(
            folder, RunHost.Default, tell, () => StoredRun.Read(folder, StoredProblem.Identify(config)), config.CreateSetup, isOther: true);

    /// <summary>Begins a run in a folder of its own, or goes on with the one that was begun there with the same setup.</summary>
    /// <param name="setup">As for <see cref="Resume(RunSetup, string, Action{string}?)"/>.</param>
    /// <param name="folder">As for <see cref="Begin(RunSetup, string, Action{string}?)"/>, or the run's.</param>
    /// <param name="tell">Told in a line what the user should know of the problem, the backend and the folder.</param>
    /// <exception cref="InvalidInputException">
    /// The folder holds something else or a run of another setup, or another run writes to it; nothing has been changed.
    /// </exception>
    public static Run Open(RunSetup setup, string folder, Action<string>? tell = null) =>
        IsBegun(folder) ? Resume(setup, folder, tell) : Begin(setup, folder, tell);

    /// <summary>Whether a folder holds a run that <see cref="Resume(RunSetup, string, Action{string}?)"/> may go on with.</summary>
    /// <param name="folder">The folder.</param>
    public static bool IsBegun(string folder) => File.Exists(RunFolder.ConfigOf(folder));

    internal static Run Begin(RunConfig config, string folder, RunHost host, Action<string>? tell = null) =>
        Begin(config.CreateSetup, RunFolder.Claim(folder, tell), host, tell);

    internal static Run Resume(
        string folder, RunHost host, long? iterations = null, Action<string>? tell = null, Catalogue? catalogue = null,
        string? problem = null)
    {
        if (iterations is < 0 or > uint.MaxValue)
            throw new InvalidInputException($"iterations: {iterations}; expected 0 to {uint.MaxValue}");
        if (problem is not null && !StoredProblem.IsFile(problem))
        {
            throw new InvalidInputException(
                $"problem: '{OneLine.Value(problem)}'; expected a problem file (.npz), the one that the run began with");
        }

        string[] changed =
        [
            .. iterations is long given ? [string.Create(CultureInfo.InvariantCulture, $"iterations={given}")] : Array.Empty<string>(),
            .. problem is null ? Array.Empty<string>() : [$"problem={Quoted(Path.GetFullPath(problem))}"],
        ];
        string path = RunFolder.ConfigOf(folder);
        RunConfig? config = null;
        return Resume(
            folder, host, tell,
            () => StoredRun.Read(folder, config = ConfigFile.LoadResolved(path, catalogue ?? new(), tell).With(changed)),
            () => (config ?? ConfigFile.Load(path, [], catalogue).With(changed)).CreateSetup(),
            isOther: changed.Length > 0);
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Releases the folder and all memory.</summary>
    public void Dispose()
    {
        _metrics?.Dispose();
        _evaluator.Dispose();
        _leader.Dispose();
        if (_ownsBackend) _backend.Dispose();
        _folder.Dispose();
    }

    private static Run Resume(string folder, RunHost host, Action<string>? tell, Func<StoredRun> read, Func<RunSetup> make, bool isOther)
    {
        RunFolder place = RunFolder.Reopen(folder, tell);
        Run? run = null;
        try
        {
            if (place.HasBegun)
            {
                StoredRun stored = read();
                run = new Run(make(), place, host, tell);
                stored.Checkpoint.Restore(run._leader);
                run.GoOnFrom(stored, isOther);
            }
            else
            {
                run = new Run(make(), place, host, tell);
                place.Tidy(host.Store);
                if (isOther) host.Store.Replace(place.Config, run._configText);
            }

            return run;
        }
        catch
        {
            if (run is null) place.Dispose();
            else run.Dispose();
            throw;
        }
    }

    private static Run Begin(Func<RunSetup> make, RunFolder place, RunHost host, Action<string>? tell)
    {
        Run? run = null;
        try
        {
            run = new Run(make(), place, host, tell);
            place.Tidy(host.Store);
            host.Store.Delete(place.Metrics);
            host.Store.Replace(place.Config, run._configText);
            return run;
        }
        catch
        {
            try
            {
                place.Withdraw(host.Store);
            }
            finally
            {
                if (run is null) place.Dispose();
                else run.Dispose();
            }

            throw;
        }
    }

    /// <summary>
    /// Takes up what is stored, all of which has been judged. Each step leaves a folder that can be resumed: rows that go are cut off only
    /// once the checkpoint counts on them no more, which is once the configuration has the iterations that they are in the way of.
    /// </summary>
    private void GoOnFrom(StoredRun stored, bool hasOtherIterations)
    {
        CheckpointHead head = stored.Checkpoint.Head;
        _solvedBy = head.SolvedBy;
        ReadOnlySpan<byte> text = stored.TextToGoOnFrom;
        _metrics = MetricsLog.Open(_host.Store, _folder.Metrics, text);
        _folder.Tidy(_host.Store);
        if (hasOtherIterations) _host.Store.Replace(_folder.Config, _configText);
        if (text.Length < stored.Text.Length)
            Checkpoint.Save(_host.Store, _folder.Checkpoint, _leader, head with { Config = _configText, Metrics = _metrics.Mark });
        _metrics.Trim();
        foreach (MetricsSink sink in _sinks) sink.Begin(_metrics.Read(_metrics.Mark));
        _saved = new Saved(_leader.Iteration, _leader.Diverged.Count, _metrics.Mark, head.Seconds);
    }
}
