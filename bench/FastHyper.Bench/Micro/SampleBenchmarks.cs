using BenchmarkDotNet.Attributes;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Bench.Micro;

/// <summary>Rollouts of four-rooms and what is learnt from them: 10 leaders, 100 steps each; per step.</summary>
public class SampleBenchmarks
{
    private const int Leaders = 10;
    private const int Steps = 100;
    private readonly ulong[] _seeds = [.. Enumerable.Range(1, Leaders).Select(i => (ulong)i)];
    private readonly double[] _stepSizes = [.. Enumerable.Repeat(0.5, Leaders)];
    private CpuBackend _backend = null!;
    private Mdp _mdp = null!;
    private BestResponse _response = null!;
    private RolloutBuffer _samples = null!;
    private DeviceArray _q = null!;
    private DeviceArray _target = null!;
    private uint _iteration;

    [GlobalSetup]
    public void Setup()
    {
        _backend = new CpuBackend(1);
        _mdp = new Mdp(FourRooms.Create(), _backend, Leaders);
        _mdp.Initialise(_seeds);
        _mdp.Configure();
        _response = new BestResponse(_mdp);
        _response.Solve();
        _samples = _mdp.Engine.AllocateRollouts(new RolloutShape(1, Steps, 200));
        _q = _mdp.Engine.Allocate(ArrayKind.StateAction);
        _target = _mdp.Engine.Allocate(ArrayKind.StateAction);
        Rollout();
    }

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void Rollout() => _mdp.Engine.Rollout(_samples, _response.Policy, _mdp.Initial, _mdp.Reward, _mdp.LeaderReward, _seeds, _iteration++);

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void TdLambda() => _mdp.Engine.LearnActionValues(_samples, _response.Policy, _q, new(0.99), _stepSizes, 0.9);

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void CovarianceTraces() => _mdp.Engine.CovarianceTraces(_samples, _response.Policy, _q, 0.99, 0.99, VisitAveraging.Pairs, _target);

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void DiscountedVisits() => _mdp.Engine.DiscountedVisits(_samples, 0.99, _target);

    [GlobalCleanup]
    public void Cleanup()
    {
        _q.Dispose();
        _target.Dispose();
        _samples.Dispose();
        _response.Dispose();
        _mdp.Dispose();
        _backend.Dispose();
    }
}
