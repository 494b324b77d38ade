using FastHyper.Experiments.Reports;
using FastHyper.Followers;
using FastHyper.Leaders;

namespace FastHyper.Experiments;

/// <summary>What the run leaves: checkpoints, the summary, and the report.</summary>
public sealed partial class Run
{
    private void Save() => Save(_secondsBefore + Elapsed.TotalSeconds);

    /// <summary>Writes a checkpoint; the metrics that it counts on are on the disk before.</summary>
    private void Save(double seconds)
    {
        _metrics!.Flush();
        if (_methods is not null)
        {
            IEnumerable<SolveMethod> methods = _methods.Methods.ToArray().Where(method => method != SolveMethod.Auto).Distinct().Order();
            _solvedBy = string.Join(',', methods.Select(method => method.Name()));
        }

        MetricsMark mark = _metrics.Mark;
        CheckpointHead head = new(_leader.Iteration, seconds, _configText, mark, _solvedBy);
        Checkpoint.Save(_host.Store, _folder.Checkpoint, _leader, head);
        _saved = new Saved(_leader.Iteration, _leader.Diverged.Count, mark, seconds);
    }

    /// <summary>
    /// What leaders came to by the last checkpoint, as far as it is recorded: for a run that was stopped within an iteration, or
    /// before its report was drawn.
    /// </summary>
    private RunSummary SummariseSaved()
    {
        (long iteration, int diverged, MetricsMark mark, _) = _saved!;
        IReadOnlyList<MetricsRow> rows = _metrics!.Read(mark);
        LeaderDivergence[] gone = [.. _leader.Diverged.Take(diverged)];
        double[] objectives = [.. rows.Skip(rows.Count - _settings.Count).Select(row => row.Objective)];
        foreach (LeaderDivergence divergence in gone) objectives[divergence.Leader] = double.NaN;
        RunSummary summary = Summarise(iteration, completed: false, objectives, gone) with { ObjectivesAt = rows[^1].Iteration };
        _host.Store.Replace(_folder.Summary, summary.ToJson());
        return summary;
    }

    private RunSummary Summarise(long iteration, bool completed, double[] objectives, IReadOnlyList<LeaderDivergence> diverged)
    {
        SettingSummary[] settings =
        [
            .. _settings.Zip(objectives).Chunk(_setup.Options.Seeds).Select(group => new SettingSummary(
                group[0].First.LearningRate.ToString(),
                group[0].First.Temperature?.ToString() ?? ((Schedule)_problem.Temperature).ToString(),
                [.. group.Select(item => item.Second)])),
        ];
        double seconds = _saved!.Seconds;
        IReadOnlyList<MetricsRow> rows = _metrics!.Read(_saved.Metrics);
        return new RunSummary(
            _problem.Name, _setup.Estimator.Name, _leader.Follower.Options.Method, iteration, completed,
            SettingSummary.MeanOf(rows.Take(_settings.Count).Select(row => row.Objective)), settings,
            seconds, iteration * _settings.Count / Math.Max(seconds, 1e-9), _folder.Path)
        {
            SolvedBy = [.. _solvedBy.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(SolveMethodNames.Parse)],
            Proof = RunProof.Of(rows.Skip(rows.Count - _settings.Count)),
            Minimized = _setup.Leader.Minimize,
            EnvironmentSteps = iteration * _stepsPerIteration * _settings.Count,
            Origin = _origin,
            Diverged = diverged,
        };
    }

    /// <summary>Writes report.html, figure.svg and figure.pdf.</summary>
    private void Report(RunSummary summary, WorkMonitor monitor)
    {
        ReportData report = RunReport.Compose(_setup, summary, _metrics!.Read(_saved!.Metrics), _leader, _backend, monitor);
        _host.Store.Replace(_folder.Report, HtmlReport.Render(report));
        string figure = SvgFigure.Render(report.Curves[0], report.Maps);
        _host.Store.Replace(_folder.Figure, figure);
        _host.Store.Replace(_folder.Print, PdfFigure.Render(figure));
    }

    /// <summary>Leaders that have taken all their steps, and come to parameters whose objective is not finite.</summary>
    private IEnumerable<LeaderDivergence> WithoutObjective() =>
        from leader in Enumerable.Range(0, _settings.Count)
        where double.IsNaN(_objectives[leader]) && !_leader.HasDiverged(leader)
        let cause = _evaluator.Instances.FailureOf(leader) ?? "its objective is not finite"
        select new LeaderDivergence(leader, _settings[leader], _leader.Iteration, cause);

    /// <summary>What the last checkpoint holds: iteration, divergences, metrics, and seconds over all sittings.</summary>
    private sealed record Saved(long Iteration, int Diverged, MetricsMark Metrics, double Seconds);
}
