using System.Diagnostics.CodeAnalysis;
using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>
/// A run in its folder: config.yaml, metrics.csv, checkpoint.npz, summary.json, report.html and
/// figure.svg. A run that is stopped, or whose process ends at any point, can be resumed from its folder and ends with the same
/// bits. The summary comes last: where it says that the run is complete, all is there.
/// </summary>
public sealed partial class Run : IDisposable
{
    // Saving takes up at most such a part of the time that long iterations take.
    private const int MostOfSaving = 20;
    private readonly RunConfig _config;
    private readonly RunFolder _folder;
    private readonly RunHost _host;
    private readonly Backend _backend;
    private readonly Problem _problem;
    private readonly Leader _leader;
    private readonly ObjectiveEvaluator _evaluator;
    private readonly IReadOnlyList<LeaderSetting> _settings;
    private readonly Certificate[] _certificates;
    private readonly double[] _objectives;
    private string _configText = "";
    private string _solvedBy = "";
    private BestResponse? _methods;
    private MetricsLog? _metrics;
    private Saved? _saved;
    private bool _isSpent;
    private double _secondsBefore;
    private long _begunAt;
    private long _begunFrom;
    private int _told;

    private Run(RunConfig config, RunFolder folder, RunHost host, Action<string>? tell)
    {
        ProblemIdentity.Require(config);
        _config = config;
        _folder = folder;
        _host = host;
        _problem = ExperimentFactory.CreateProblem(config);
        foreach (string notice in _problem.Notices) tell?.Invoke(notice);
        _settings = ExperimentFactory.CreateLeaders(config);
        _backend = BackendSelector.Create(config.Backend, config.Threads, tell);
        try
        {
            _leader = ExperimentFactory.CreateLeader(config, _problem, _backend);
            if (_leader.Response is BestResponse && config.Follower.Method == SolveMethod.GaussSeidel && !_leader.Mdp.Engine.HasInPlaceSweeps)
                tell?.Invoke($"follower.method: {_leader.Mdp.Engine.Description}, has no sweeps in place; gauss-seidel is sweeps there");
            _evaluator = ExperimentFactory.CreateEvaluator(config, _problem, _settings.Count, _backend);
        }
        catch
        {
            _leader?.Dispose();
            _backend.Dispose();
            throw;
        }

        _certificates = new Certificate[_leader.Mdp.Engine.Instances];
        _objectives = Unknown();
    }

    /// <summary>The run's folder.</summary>
    public string Folder => _folder.Path;

    /// <summary>Leader iterations done.</summary>
    internal long Iteration => _leader.Iteration;

    /// <summary>Whether no leader is left.</summary>
    internal bool AllDiverged => _leader.Diverged.Count == _settings.Count;

    /// <summary>Begins a run in a folder of its own. Nobody else can write there until it is disposed.</summary>
    /// <param name="config">What to run.</param>
    /// <param name="folder">
    /// A folder that does not exist, is empty, or was left by a run that was killed before its first checkpoint.
    /// </param>
    /// <param name="tell">Told in a line what the user should know of the problem, the backend and the folder.</param>
    /// <exception cref="InvalidInputException">
    /// The folder holds something, another run writes to it, or the configuration is refused.
    /// </exception>
    [RequiresUnreferencedCode("Option classes are read by reflection.")]
    [RequiresDynamicCode("Option classes are read by reflection.")]
    public static Run Begin(RunConfig config, string folder, Action<string>? tell = null) => Begin(config, folder, RunHost.Default, tell);

    /// <summary>Begins a run in the first new folder of stem, stem-2, stem-3 and so on, whoever else does the same at the time.</summary>
    /// <param name="config">What to run.</param>
    /// <param name="stem">The name of the first of these folders.</param>
    /// <param name="tell">Told in a line what the user should know of the backend and the folder.</param>
    /// <exception cref="InvalidInputException">No folder can be created there, or the configuration is refused.</exception>
    [RequiresUnreferencedCode("Option classes are read by reflection.")]
    [RequiresDynamicCode("Option classes are read by reflection.")]
    public static Run BeginNext(RunConfig config, string stem, Action<string>? tell = null) =>
        Begin(config, RunFolder.ClaimNext(stem, tell), RunHost.Default, tell);

    /// <summary>Goes on with the run in a folder; from the beginning, where it was killed before its first checkpoint.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="iterations">Leader iterations to go to, no fewer than are done; null for what its configuration says.</param>
    /// <param name="tell">Told in a line what the user should know of the problem, the backend and the folder.</param>
    /// <exception cref="InvalidInputException">
    /// The folder holds no run that can be resumed, or another writes to it; nothing has been changed.
    /// </exception>
    [RequiresUnreferencedCode("Option classes are read by reflection.")]
    [RequiresDynamicCode("Option classes are read by reflection.")]
    public static Run Resume(string folder, long? iterations = null, Action<string>? tell = null) =>
        Resume(folder, RunHost.Default, iterations, tell);

    [RequiresUnreferencedCode("Option classes are read by reflection.")]
    [RequiresDynamicCode("Option classes are read by reflection.")]
    internal static Run Begin(RunConfig config, string folder, RunHost host, Action<string>? tell = null) =>
        Begin(config, RunFolder.Claim(folder, tell), host, tell);

    [RequiresUnreferencedCode("Option classes are read by reflection.")]
    [RequiresDynamicCode("Option classes are read by reflection.")]
    internal static Run Resume(string folder, RunHost host, long? iterations = null, Action<string>? tell = null)
    {
        if (iterations is < 0 or > uint.MaxValue) throw new InvalidInputException($"iterations: {iterations}; expected 0 to {uint.MaxValue}");
        RunFolder place = RunFolder.Reopen(folder, tell);
        Run? run = null;
        try
        {
            if (place.HasBegun)
            {
                StoredRun stored = StoredRun.Read(folder, iterations, tell);
                run = new Run(stored.Config, place, host, tell) { _configText = ConfigFile.Write(stored.Config) };
                stored.Checkpoint.Restore(run._leader);
                run.GoOnFrom(stored, iterations is not null);
            }
            else
            {
                RunConfig config = ConfigFile.Load(place.Config, []);
                if (iterations is long given) config.Iterations = given;
                run = new Run(config, place, host, tell) { _configText = ConfigFile.Write(config) };
                place.Tidy(host.Store);
                if (iterations is not null) host.Store.Replace(place.Config, run._configText);
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

    /// <summary>Releases the folder and all memory.</summary>
    public void Dispose()
    {
        _metrics?.Dispose();
        _evaluator.Dispose();
        _leader.Dispose();
        _backend.Dispose();
        _folder.Dispose();
    }

    [RequiresUnreferencedCode("Option classes are read by reflection.")]
    [RequiresDynamicCode("Option classes are read by reflection.")]
    private static Run Begin(RunConfig config, RunFolder place, RunHost host, Action<string>? tell)
    {
        Run? run = null;
        try
        {
            run = new Run(config, place, host, tell);
            run._configText = ConfigFile.Write(config);
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
        _saved = new Saved(_leader.Iteration, _leader.Diverged.Count, _metrics.Mark, head.Seconds);
    }
}
