using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using FastHyper.Backends;
using FastHyper.Experiments.Reports;
using FastHyper.Followers;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>
/// A run in its folder: config.yaml, metrics.csv, checkpoint.npz, summary.json, report.html and
/// figure.svg. A run that is stopped
/// can be resumed from its folder and ends with the same bits.
/// </summary>
public sealed class Run : IDisposable
{
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(30);
    private readonly RunConfig _config;
    private readonly string _folder;
    private readonly Backend _backend;
    private readonly Problem _problem;
    private readonly Leader _leader;
    private readonly ObjectiveEvaluator _evaluator;
    private readonly IReadOnlyList<LeaderSetting> _settings;
    private readonly Certificate[] _certificates;
    private readonly double[] _objectives;
    private double _secondsBefore;

    private Run(RunConfig config, string folder, Action<string>? tell)
    {
        ProblemIdentity.Require(config);
        _config = config;
        _folder = folder;
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
        _objectives = new double[_settings.Count];
    }

    /// <summary>Leader iterations done.</summary>
    internal long Iteration => _leader.Iteration;

    private string MetricsPath => Path.Combine(_folder, "metrics.csv");

    private string CheckpointPath => Path.Combine(_folder, "checkpoint.npz");

    /// <summary>Begins a run in a new folder.</summary>
    /// <param name="config">What to run.</param>
    /// <param name="folder">A folder that does not exist or is empty.</param>
    /// <param name="tell">Told in a line what the user should know of the problem and the backend.</param>
    /// <exception cref="InvalidInputException">The folder holds something, or the configuration is refused.</exception>
    [RequiresUnreferencedCode("Option classes are read by reflection.")]
    [RequiresDynamicCode("Option classes are read by reflection.")]
    public static Run Begin(RunConfig config, string folder, Action<string>? tell = null)
    {
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new InvalidInputException($"{folder}: holds something already; expected a new or empty folder, or --resume to go on with a run");
        Run run = new(config, folder, tell);
        bool existed = Directory.Exists(folder);
        try
        {
            CreateFolder(folder);
            AtomicFile.Write(Path.Combine(folder, "config.yaml"), ConfigFile.Write(config));
            MetricsFile.Create(run.MetricsPath);
            run.Record(0);
            Checkpoint.Save(run.CheckpointPath, run._leader, 0);
            return run;
        }
        catch
        {
            run.Dispose();
            // What was begun is removed: config.yaml and metrics.csv, and the folder if it is ours.
            foreach (string name in new[] { "config.yaml", "metrics.csv" })
                if (Directory.Exists(folder)) File.Delete(Path.Combine(folder, name));
            if (!existed && Directory.Exists(folder)) Directory.Delete(folder);
            throw;
        }
    }

    /// <summary>Goes on with the run in a folder.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="iterations">Leader iterations to go to; null for what its configuration says.</param>
    /// <param name="tell">Told in a line what the user should know of the problem and the backend.</param>
    /// <exception cref="InvalidInputException">The folder holds no run that can be resumed.</exception>
    [RequiresUnreferencedCode("Option classes are read by reflection.")]
    [RequiresDynamicCode("Option classes are read by reflection.")]
    public static Run Resume(string folder, long? iterations = null, Action<string>? tell = null)
    {
        string configPath = Path.Combine(folder, "config.yaml");
        if (!File.Exists(configPath)) throw new InvalidInputException($"{folder}: has no config.yaml; expected the folder of a run");
        RunConfig config = ConfigFile.LoadResolved(configPath, tell);
        if (iterations is < 0 or > uint.MaxValue) throw new InvalidInputException($"iterations: {iterations}; expected 0 to {uint.MaxValue}");
        if (iterations is long given) config.Iterations = given;
        Run run = new(config, folder, tell);
        try
        {
            run._secondsBefore = Checkpoint.Restore(run.CheckpointPath, run._leader);
            run.RequireMetrics();
            MetricsFile.Truncate(run.MetricsPath, run._leader.Iteration, run._leader.Iteration < config.Iterations ? config.RecordEvery : 1);
            if (iterations is not null) AtomicFile.Write(configPath, ConfigFile.Write(config));
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Runs to the end or until cancelled; either way the folder holds all that is done.</summary>
    /// <param name="progress">Told of every recorded iteration, and about ten times a second.</param>
    /// <param name="cancellation">Stops after the present iteration.</param>
    public RunSummary Execute(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan checkpointed = TimeSpan.Zero;
        TimeSpan reported = TimeSpan.FromDays(-1);
        long begun = _leader.Iteration;
        int told = 0;
        RestoreObjectives();
        bool goesOn = true;
        while (goesOn && _leader.Iteration < _config.Iterations && !cancellation.IsCancellationRequested)
        {
            goesOn = _leader.TryStep();
            TimeSpan now = watch.Elapsed;
            bool record = goesOn && (_leader.Iteration % _config.RecordEvery == 0 || _leader.Iteration == _config.Iterations);
            if (record) Record(_secondsBefore + now.TotalSeconds);
            if (now - checkpointed > CheckpointInterval)
            {
                Checkpoint.Save(CheckpointPath, _leader, _secondsBefore + now.TotalSeconds);
                checkpointed = now;
            }

            if (progress is null || (!record && told == _leader.Diverged.Count && now - reported < TimeSpan.FromSeconds(0.1))) continue;
            reported = now;
            told = _leader.Diverged.Count;
            double perSecond = (_leader.Iteration - begun) / Math.Max(now.TotalSeconds, 1e-9);
            progress.Report(new RunProgress(
                _leader.Iteration, _config.Iterations, SettingSummary.MeanOf(_objectives), perSecond * _settings.Count,
                goesOn ? TimeSpan.FromSeconds(Math.Min((_config.Iterations - _leader.Iteration) / perSecond, 1e9)) : TimeSpan.Zero)
            { Diverged = _leader.Diverged });
        }

        double seconds = watch.Elapsed.TotalSeconds;
        Checkpoint.Save(CheckpointPath, _leader, _secondsBefore + seconds);
        _evaluator.Evaluate(_leader, _objectives);
        RunSummary summary = Conclude(seconds, (_leader.Iteration - begun) * _settings.Count / Math.Max(seconds, 1e-9));
        if (summary.Diverged.Count > told)
            progress?.Report(new RunProgress(_leader.Iteration, _config.Iterations, SettingSummary.MeanOf(_objectives), summary.LeaderIterationsPerSecond, TimeSpan.Zero) { Diverged = summary.Diverged });
        return summary;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _evaluator.Dispose();
        _leader.Dispose();
        _backend.Dispose();
    }

    private RunSummary Conclude(double seconds, double rate)
    {
        IReadOnlyList<MetricsRow> metrics = MetricsFile.Read(MetricsPath);
        SettingSummary[] settings =
        [
            .. _settings.Zip(_objectives).Chunk(_config.Seeds).Select(group => new SettingSummary(
                group[0].First.LearningRate.ToString(),
                group[0].First.Temperature?.ToString() ?? ((Schedule)_problem.Temperature).ToString(),
                [.. group.Select(item => item.Second)])),
        ];
        RunSummary summary = new(
            _problem.Name, _config.Estimator.Name, _config.Follower.Method, _leader.Iteration, _leader.Iteration >= _config.Iterations,
            SettingSummary.MeanOf(metrics.Take(_settings.Count).Select(row => row.Objective)), settings, _secondsBefore + seconds, rate, _folder)
        {
            SolvedBy = _leader.Response is BestResponse response ? [.. response.Methods.ToArray().Where(method => method != SolveMethod.Auto).Distinct().Order()] : [],
            Minimized = _config.Objective.Minimize,
            Diverged = [.. _leader.Diverged, .. WithoutObjective()],
        };
        AtomicFile.Write(Path.Combine(_folder, "summary.json"), summary.ToJson());
        ReportData report = RunReport.Compose(_config, _problem, summary, metrics, _leader, _backend);
        AtomicFile.Write(Path.Combine(_folder, "report.html"), HtmlReport.Render(report));
        AtomicFile.Write(Path.Combine(_folder, "figure.svg"), SvgFigure.Render(report.Curves[0], report.Maps));
        return summary;
    }

    /// <summary>Leaders that have taken all their steps, and come to parameters whose objective is not finite.</summary>
    private IEnumerable<LeaderDivergence> WithoutObjective() =>
        from leader in Enumerable.Range(0, _settings.Count)
        where double.IsNaN(_objectives[leader]) && !_leader.HasDiverged(leader)
        select new LeaderDivergence(leader, _settings[leader], _leader.Iteration, _evaluator.Mdp.FailureOf(leader) ?? "its objective is not finite");

    /// <summary>Evaluates every leader's x and appends a row for each.</summary>
    private void Record(double seconds)
    {
        Engine engine = _leader.Mdp.Engine;
        bool stepped = _leader.Iteration > 0;
        double[] estimates = Unknown(), direct = Unknown(), response = Unknown(), entropies = Unknown();
        _evaluator.Evaluate(_leader, _objectives);
        _evaluator.Entropies(entropies);
        if (stepped)
        {
            _leader.Sampler?.MeanReturns(estimates);
            engine.Norms(_leader.Hypergradient.Direct, direct);
            engine.Norms(_leader.Hypergradient.Response, response);
            _leader.Response.Certify(_certificates);
        }

        int perLeader = engine.Options.InstancesPerLeader;
        double Of(int leader, double value) => _leader.HasDiverged(leader) ? double.NaN : value;
        MetricsFile.Append(MetricsPath, _settings.Select((setting, i) => new MetricsRow(
            _leader.Iteration,
            setting.Seed,
            setting.LearningRate.At(_leader.Iteration),
            setting.Temperature?.At(_leader.Iteration) ?? _problem.Temperature,
            _objectives[i],
            Of(i, estimates[i]),
            Of(i, direct[i]),
            Of(i, response[i]),
            Of(i, stepped ? _certificates[i * perLeader].Iterations : double.NaN),
            Of(i, stepped ? _certificates[i * perLeader].Residual : double.NaN),
            entropies[i],
            seconds)));
    }

    private static void CreateFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{folder}: cannot be created ({e.Message}); expected a path where there can be a folder", e);
        }
    }

    /// <summary>Metrics begin with a row of every leader at iteration 0, whatever befell their end.</summary>
    private void RequireMetrics()
    {
        if (MetricsFile.CountUpTo(MetricsPath, 0) != _settings.Count)
            throw new InvalidInputException($"{MetricsPath}: does not begin with {_settings.Count} rows of iteration 0; expected the metrics of this run");
    }

    private double[] Unknown()
    {
        double[] values = new double[_settings.Count];
        Array.Fill(values, double.NaN);
        return values;
    }

    /// <summary>Objectives as last recorded, for progress and for a run that has nothing left to do.</summary>
    private void RestoreObjectives()
    {
        IReadOnlyList<MetricsRow> metrics = MetricsFile.Read(MetricsPath);
        for (int i = 0; i < _settings.Count; i++) _objectives[i] = metrics[metrics.Count - _settings.Count + i].Objective;
    }
}
