using BenchmarkDotNet.Attributes;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

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
    private DeviceArray _weights = null!;
    private DeviceArray _values = null!;
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
        _weights = _mdp.Engine.AllocateSteps(_samples.Shape);
        _values = _mdp.Engine.AllocateSteps(_samples.Shape);
        Rollout();
    }

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void Rollout() =>
        _mdp.Engine.Rollout(_samples, _response.Policy, _mdp.Initial, _mdp.Reward, _mdp.LeaderReward, _seeds, _iteration++);

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void Sarsa() => _mdp.Engine.LearnActionValues(_samples, _response.Policy, _q, new(0.99), _stepSizes);

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void TdLambda()
    {
        Engine e = _mdp.Engine;
        e.GatherValues(_samples, _response.Policy, _q, StepPlace.Next, StepOperation.Write, _values);
        e.Scan(_samples, _samples.LeaderReward, new Recursion(0.99) { Decay = 0.9, Backwards = true }, _weights, values: _values);
        e.Scatter(_samples, _weights, StepPlace.Pair, _q, mode: ScatterMode.Approach, steps: _stepSizes);
    }

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void CovarianceTraces()
    {
        Engine e = _mdp.Engine;
        e.Advantages(_samples, _response.Policy, _q, _weights);
        e.Scale(_samples, _weights, _weights, discount: 0.99, perTemperature: true);
        e.AverageVisits(_samples, _weights, VisitMean.Pair, _weights);
        e.Scan(_samples, _weights, new Recursion(0.99), _weights);
        e.Scatter(_samples, _weights, StepPlace.Pair, _target, perEpisode: true);
    }

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void DiscountedVisits()
    {
        _mdp.Engine.Scale(_samples, null, _weights, discount: 0.99, perEpisode: true);
        _mdp.Engine.Scatter(_samples, _weights, StepPlace.Pair, _target);
    }

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void Gather() => _mdp.Engine.Gather(_samples, _q, StepPlace.Pair, StepOperation.Write, _weights);

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void GatherValues() => _mdp.Engine.GatherValues(_samples, _response.Policy, _q, StepPlace.Next, StepOperation.Write, _weights);

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void Advantages() => _mdp.Engine.Advantages(_samples, _response.Policy, _q, _weights);

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void Scale() => _mdp.Engine.Scale(_samples, _samples.LeaderReward, _weights, discount: 0.99, perEpisode: true);

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void AverageVisits() => _mdp.Engine.AverageVisits(_samples, _samples.LeaderReward, VisitMean.Pair, _weights);

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void Scan() => _mdp.Engine.Scan(_samples, _samples.LeaderReward, new Recursion(0.99), _weights);

    [Benchmark(OperationsPerInvoke = Leaders * Steps)]
    public void Scatter() => _mdp.Engine.Scatter(_samples, _samples.LeaderReward, StepPlace.Pair, _target);

    [GlobalCleanup]
    public void Cleanup()
    {
        _q.Dispose();
        _target.Dispose();
        _weights.Dispose();
        _values.Dispose();
        _samples.Dispose();
        _response.Dispose();
        _mdp.Dispose();
        _backend.Dispose();
    }
}
