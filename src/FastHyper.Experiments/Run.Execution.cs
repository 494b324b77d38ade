using FastHyper.Backends;
using FastHyper.Experiments.Logs;
using FastHyper.Followers;

namespace FastHyper.Experiments;

/// <summary>The run at work: steps, rows of metrics, and progress.</summary>
public sealed partial class Run
{
    /// <summary>
    /// Runs to the end or until cancelled; either way the folder holds all that is done. A run that is asked to stop ends the
    /// iteration that it is at; where that takes longer than two seconds, what is done of it is dropped, and resuming begins it again.
    /// </summary>
    /// <param name="progress">
    /// Told where the run begins, of every recorded iteration, about ten times a second, and of what a long iteration is at.
    /// </param>
    /// <param name="cancellation">Asks the run to stop.</param>
    /// <exception cref="OperationCanceledException">The run was stopped before its first checkpoint: resuming begins it again.</exception>
    public RunSummary Execute(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        if (_isSpent)
            throw new InvalidOperationException($"{_folder.Path}: was stopped within an iteration; expected that the run is resumed");
        using CancellationTokenSource drop = new(Timeout.InfiniteTimeSpan, _host.Clock);
        using CancellationTokenRegistration stop = cancellation.Register(() =>
        {
            if (_host.Grace > TimeSpan.Zero) drop.CancelAfter(_host.Grace);
            else drop.Cancel();
        });
        _secondsBefore = _saved?.Seconds ?? 0;
        _begunAt = _host.Clock.GetTimestamp();
        _begunFrom = _leader.Iteration;
        WorkMonitor monitor = new(drop.Token, progress is null ? null : new LongWork(this, progress), clock: _host.Clock);
        _leader.Instances.Monitor = _evaluator.Instances.Monitor = monitor;
        try
        {
            if (_metrics is null) Start();
            RestoreObjectives();
            progress?.Report(Progress());
            Lead(progress, monitor, cancellation);
            monitor.Begin();
            Save();
            _evaluator.Evaluate(_leader, _objectives);
            RunSummary summary = Summarise(
                _leader.Iteration, _leader.Iteration >= _setup.Options.Iterations, _objectives,
                [.. _leader.Diverged, .. WithoutObjective()]);
            RunResult.Write(_host.Store, _folder.Result, _leader, _evaluator, _setup.Options.Seeds, _objectives);
            if (summary.Diverged.Count > _told) progress?.Report(Progress() with { Diverged = summary.Diverged });
            try
            {
                Report(summary, monitor);
            }
            catch (InvalidOperationException)
            {
                // What cannot be drawn costs no results.
                _host.Store.Replace(_folder.Summary, summary.ToJson());
                throw;
            }

            _host.Store.Replace(_folder.Summary, summary.ToJson());
            return summary;
        }
        catch (OperationCanceledException) when (drop.IsCancellationRequested)
        {
            _isSpent = true;
            if (_saved is null) throw;
            return SummariseSaved();
        }
    }

    /// <summary>Records where leaders begin, and makes the run one that can be resumed.</summary>
    private void Start()
    {
        try
        {
            _metrics = MetricsLog.Create(_host.Store, _folder.Metrics);
            foreach (MetricsSink sink in _sinks) sink.Begin([]);
            Record(0);
            Save(0);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _folder.Withdraw(_host.Store);
            throw;
        }
    }

    /// <summary>Steps until all iterations are done, nobody is left, or the run is to stop.</summary>
    private void Lead(IProgress<RunProgress>? progress, WorkMonitor monitor, CancellationToken cancellation)
    {
        TimeSpan checkpointed = TimeSpan.Zero, reported = TimeSpan.FromDays(-1), saving = TimeSpan.Zero;
        bool goesOn = true;
        while (goesOn && _leader.Iteration < _setup.Options.Iterations && !cancellation.IsCancellationRequested)
        {
            TimeSpan before = Elapsed;
            monitor.Begin();
            bool solves = !AllDiverged;
            goesOn = _leader.TryStep(CancellationToken.None);
            if (solves && _leader.Follower is BestResponse response) _methods = response;
            TimeSpan now = Elapsed;
            bool record = goesOn && (_leader.Iteration % _setup.Options.RecordEvery == 0 || _leader.Iteration == _setup.Options.Iterations);
            if (record) Record(_secondsBefore + now.TotalSeconds);
            // A stop may cost what is done of an iteration, and little more.
            bool isLong = now - before > _host.Grace && now - checkpointed >= MostOfSaving * saving;
            if (isLong || now - checkpointed >= _host.CheckpointInterval)
            {
                Save(_secondsBefore + now.TotalSeconds);
                checkpointed = now;
                saving = Elapsed - now;
            }

            if (progress is null || (!record && _told == _leader.Diverged.Count && now - reported < TimeSpan.FromSeconds(0.1))) continue;
            reported = now;
            _told = _leader.Diverged.Count;
            progress.Report(goesOn ? Progress() : Progress() with { Remaining = TimeSpan.Zero });
        }
    }

    /// <summary>Evaluates every leader's x and appends a row for each.</summary>
    private void Record(double seconds)
    {
        Engine engine = _leader.Instances.Engine;
        bool stepped = _leader.Iteration > 0;
        double[] estimates = Unknown(), direct = Unknown(), response = Unknown(), entropies = Unknown();
        _evaluator.Evaluate(_leader, _objectives);
        _evaluator.Entropies(entropies);
        if (stepped)
        {
            _leader.Rollouts?.MeanReturns(estimates);
            engine.Norms(_leader.Hypergradient.Direct, direct);
            engine.Norms(_leader.Hypergradient.Response, response);
            _leader.Follower.Certify(_certificates);
            _leader.Hypergradient.Certify();
        }

        bool proves = stepped && _leader.Rollouts is null;
        GradientProof?[] proofs =
            [.. _settings.Select((_, i) => proves && !_leader.HasDiverged(i) ? GradientProof.Of(_leader, i, _certificates) : null)];

        int perLeader = engine.Options.InstancesPerLeader;
        double Of(int leader, double value) => _leader.HasDiverged(leader) ? double.NaN : value;
        MetricsRow[] rows = [.. _settings.Select((setting, i) => new MetricsRow(
            _leader.Iteration,
            i,
            i / _setup.Options.Seeds,
            setting.Seed,
            setting.LearningRate.At(_leader.Iteration),
            setting.Temperature?.At(_leader.Iteration) ?? _problem.Temperature,
            _leader.Iteration * _stepsPerIteration,
            _objectives[i],
            Of(i, estimates[i]),
            Of(i, stepped ? _leader.GradientNorms[i] : double.NaN),
            Of(i, direct[i]),
            Of(i, response[i]),
            Of(i, stepped ? _certificates[i * perLeader].Iterations : double.NaN),
            Of(i, stepped ? _certificates[i * perLeader].Residual : double.NaN),
            Of(i, stepped ? _certificates[i * perLeader].Bound : double.NaN),
            proofs[i]?.LargestResidual ?? double.NaN,
            proofs[i]?.ErrorEstimate ?? double.NaN,
            entropies[i],
            seconds))];
        _metrics!.Append(rows);
        foreach (MetricsSink sink in _sinks) sink.Append(rows);
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
        IReadOnlyList<MetricsRow> metrics = _metrics!.Read(_saved!.Metrics);
        for (int i = 0; i < _settings.Count; i++) _objectives[i] = metrics[metrics.Count - _settings.Count + i].Objective;
    }

    private TimeSpan Elapsed => _host.Clock.GetElapsedTime(_begunAt);

    private RunProgress Progress()
    {
        double perSecond = (_leader.Iteration - _begunFrom) / Math.Max(Elapsed.TotalSeconds, 1e-9);
        return new RunProgress(
            _leader.Iteration, _setup.Options.Iterations, SettingSummary.MeanOf(_objectives), perSecond * _settings.Count,
            TimeSpan.FromSeconds(perSecond > 0 ? Math.Min((_setup.Options.Iterations - _leader.Iteration) / perSecond, 1e9) : 0))
        { Diverged = _leader.Diverged };
    }

    /// <summary>Tells what a long iteration is at.</summary>
    private sealed class LongWork(Run run, IProgress<RunProgress> progress) : IProgress<string>
    {
        public void Report(string value) => progress.Report(run.Progress() with { Activity = value });
    }
}
