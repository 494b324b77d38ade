using FastHyper.Experiments;

namespace FastHyper.Tests.Experiments.Runs;

/// <summary>Acts on each report of a run's progress, as it comes.</summary>
internal sealed class OnReport(Action<RunProgress> act) : IProgress<RunProgress>
{
    public void Report(RunProgress value) => act(value);
}
