using BenchmarkDotNet.Attributes;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;

namespace FastHyper.Bench.Micro;

/// <summary>Passes over the states of a grid of 40 000 in one instance (states as lanes), or of 400 in 64 (instances as lanes).</summary>
public class SweepBenchmarks
{
    private readonly Dictionary<ArrayKind, DeviceArray[]> _arrays = [];
    private CpuBackend _backend = null!;
    private Engine _engine = null!;
    private SweepStatus _status = null!;

    [Params(EngineLayout.States, EngineLayout.Instances)]
    public EngineLayout Layout { get; set; }

    [Params(Precision.F64, Precision.F32)]
    public Precision Precision { get; set; }

    [Params(64, 256, 512)]
    public int LaneBits { get; set; }

    [Params(1)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Workload grid = Workload.Grid(Layout == EngineLayout.States ? 200 : 20);
        _backend = new CpuBackend(Threads, LaneBits);
        _engine = _backend.CreateEngine(
            grid.Transitions, new EngineOptions(Layout == EngineLayout.States ? 1 : 64, Precision: Precision, Layout: Layout));
        _status = new SweepStatus(_engine.Instances);
        foreach (ArrayKind kind in (ArrayKind[])[ArrayKind.State, ArrayKind.WideState, ArrayKind.StateAction])
            _arrays[kind] = [_engine.Allocate(kind), _engine.Allocate(kind), _engine.Allocate(kind)];
        double[] temperatures = new double[_engine.Instances];
        temperatures.AsSpan().Fill(Workload.Temperature);
        _engine.SetTemperatures(temperatures);
        for (int i = 0; i < _engine.Instances; i++) _engine.Upload(Row(0), i, grid.Reward);
        _engine.Policy(State(0), Row(0), Workload.Discount, Row(1));
    }

    [Benchmark]
    public void Soft() => _engine.SoftSweeps(State(0), Row(0), Workload.Discount, Once(), _status);

    [Benchmark]
    public void Evaluation() => _engine.EvaluationSweeps(State(1), Row(1), Row(0), Workload.Discount, Once(), _status);

    [Benchmark]
    public void Adjoint() => _engine.AdjointSweeps(State(2), Row(1), State(0), Workload.Discount, Once(), _status);

    [Benchmark]
    public void Policy() => _engine.Policy(State(0), Row(0), Workload.Discount, Row(1));

    [Benchmark]
    public void Shape() => _engine.Shape(_arrays[ArrayKind.WideState][0], State(1), Row(0), Workload.Discount, Row(2), State(2));

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (DeviceArray array in _arrays.Values.SelectMany(arrays => arrays)) array.Dispose();
        _engine.Dispose();
        _backend.Dispose();
    }

    private DeviceArray State(int which) => _arrays[ArrayKind.State][which];

    private DeviceArray Row(int which) => _arrays[ArrayKind.StateAction][which];

    private SweepLimits Once()
    {
        _status.Begin();
        return new SweepLimits(1, -1, 0);
    }
}
