using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

namespace FastHyper.Bench.Micro;

/// <summary>
/// Benchmarks run in this process, since a packed copy has no SDK to build others with. Few, short iterations.
/// </summary>
internal sealed class InProcess : ManualConfig
{
    public InProcess()
    {
        Add(DefaultConfig.Instance);
        AddJob(Job.Default
            .WithToolchain(new InProcessNoEmitToolchain(TimeSpan.FromMinutes(5), logOutput: false))
            .WithWarmupCount(3)
            .WithIterationCount(9)
            .WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(100)));
    }
}
