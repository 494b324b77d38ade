using System.Numerics;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>
/// The verbs that do not depend on which axis the lanes run over: they address arrays through <see cref="CpuLayout"/>.
/// Sweeps and solves are left to an engine for each layout.
/// </summary>
internal abstract unsafe partial class CpuEngine<T> : Engine, IRowReader
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly CpuArray<T>? _probabilities;
    private readonly CpuArray<T>? _leaderPolicy;
    private readonly NativeArray<T> _temperatures;
    private readonly List<DeviceArray> _arrays = [];
    private int _arraysBeforePruning = 32;

    protected CpuEngine(Transitions transitions, EngineOptions options, CpuLayout layout, ThreadTeam team)
        : base(transitions, options)
    {
        Layout = layout;
        Team = team;
        _temperatures = new NativeArray<T>(2L * layout.Stride);
        new Span<T>(_temperatures.Pointer, 2 * layout.Stride).Fill(T.One);
        if (options.OwnTransitions)
        {
            _probabilities = (CpuArray<T>)Allocate(ArrayKind.Entry);
            for (int instance = 0; instance < Instances; instance++)
                Upload(_probabilities, instance, transitions.Matrix.Values);
        }

        if (LeaderActions == 0) return;
        _leaderPolicy = (CpuArray<T>)Allocate(ArrayKind.LeaderAction);
        Fill(_leaderPolicy, 1.0 / LeaderActions);
    }

    public override DeviceArray? Probabilities => _probabilities;

    internal override void OnHost(int parts, Action<int> work)
    {
        HostWork kernel = new(work);
        Team.Run(ref kernel, parts);
    }

    /// <summary>Distance between actions in a state–action array.</summary>
    internal long RowAction => Layout.RowAction;

    public override DeviceArray? LeaderPolicy => _leaderPolicy;

    protected CpuLayout Layout { get; }

    protected ThreadTeam Team { get; }

    /// <summary>τ of each instance, padded with ones.</summary>
    protected T* Temperatures => _temperatures.Pointer;

    /// <summary>1/τ of each instance, padded with ones.</summary>
    protected T* InverseTemperatures => _temperatures.Pointer + Layout.Stride;

    /// <summary>Probabilities of each instance (entries × stride), or null where they are shared.</summary>
    protected T* OwnProbabilities => _probabilities is null ? null : _probabilities.Pointer;

    /// <summary>f of each instance, or null where the leader does not act.</summary>
    protected T* LeaderShares => _leaderPolicy is null ? null : _leaderPolicy.Pointer;

    public override DeviceArray Allocate(ArrayKind kind, int parameters = 0) => Keep(Create(kind, parameters));

    protected override DeviceArray AllocateStepsCore(RolloutShape shape) =>
        Keep(CpuArray<double>.OfSteps(this, shape, (long)shape.Steps * shape.Streams * Instances));

    /// <summary>Kernels see bare pointers: the engine keeps its arrays reachable until they are disposed.</summary>
    private DeviceArray Keep(DeviceArray allocated)
    {
        if (_arrays.Count >= _arraysBeforePruning)
        {
            _arrays.RemoveAll(array => array.IsDisposed);
            _arraysBeforePruning = 2 * Math.Max(_arrays.Count, 16);
        }

        _arrays.Add(allocated);
        return allocated;
    }

    private DeviceArray Create(ArrayKind kind, int parameters) => kind switch
    {
        ArrayKind.State => new CpuArray<T>(this, kind, States, Layout.StateCapacity),
        ArrayKind.WideState => new CpuArray<double>(this, kind, States, Layout.StateCapacity),
        ArrayKind.StateAction => new CpuArray<T>(this, kind, States * Actions, Layout.RowCapacity),
        ArrayKind.LeaderAction => new CpuArray<T>(this, kind, States * RequireLeader(), Layout.StateCapacity * LeaderActions),
        ArrayKind.Entry => new CpuArray<T>(this, kind, Transitions.EntryCount, (long)Transitions.EntryCount * Layout.Stride),
        ArrayKind.Step => throw new ArgumentException("an array of steps without a shape; expected AllocateSteps"),
        _ => new CpuArray<double>(this, kind, parameters, (long)parameters * Leaders),
    };

    internal override void SetTemperatures(ReadOnlySpan<double> temperatures)
    {
        RequireLength(temperatures.Length, Instances, "temperatures", "instance");
        for (int i = 0; i < Instances; i++)
        {
            T temperature = T.CreateTruncating(temperatures[i]);
            T inverse = T.CreateTruncating(HardMaximum.Inverse(temperatures[i], Options.Precision));
            if (!(temperature > T.Zero || temperatures[i] == 0) || !T.IsFinite(temperature) || !T.IsFinite(inverse))
                throw new InvalidInputException(
                    $"temperature of instance {i}: {temperatures[i]}; expected a finite number above 0 whose inverse is finite "
                        + $"({Options.Precision})");
            Temperatures[i] = temperature;
            InverseTemperatures[i] = inverse;
        }
    }

    /// <summary>Called with the canonical probabilities of an instance that has new ones.</summary>
    protected virtual void OnProbabilitiesChanged(ReadOnlySpan<double> values) { }

    /// <summary>τ of an instance.</summary>
    internal double Temperature(int instance) => double.CreateTruncating(Temperatures[instance]);

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (DeviceArray array in _arrays) array.Dispose();
        _temperatures.Dispose();
        _linkScratch?.Dispose();
        _sums?.Dispose();
    }

    protected T* StateArray(DeviceArray array) => Own<T>(array, ArrayKind.State).Pointer;

    protected T* RowArray(DeviceArray array) => Own<T>(array, ArrayKind.StateAction).Pointer;

    protected T* LeaderArray(DeviceArray array) => Own<T>(array, ArrayKind.LeaderAction).Pointer;

    protected T* EntryArray(DeviceArray array) => Own<T>(array, ArrayKind.Entry).Pointer;

    protected double* Wide(DeviceArray array) => Own<double>(array, ArrayKind.WideState).Pointer;

    protected double* Parameters(DeviceArray array) => Own<double>(array, ArrayKind.Parameter).Pointer;

    private double* Steps(DeviceArray? array) => array is null ? null : Own<double>(array, ArrayKind.Step).Pointer;

    /// <summary>An array of this engine, of the kind that a verb needs: all that follows trusts its length.</summary>
    protected CpuArray<TNumber> Own<TNumber>(DeviceArray array, ArrayKind kind)
        where TNumber : unmanaged
    {
        RequireOwn(array, kind);
        return (CpuArray<TNumber>)array;
    }

    /// <summary>The leader's actions, where it acts.</summary>
    private int RequireLeader() =>
        LeaderActions > 0
            ? LeaderActions
            : throw new ArgumentException("an array of the leader's actions in an engine where it does not act");

    private CpuRollouts Own(RolloutBuffer rollouts)
    {
        if (rollouts is not CpuRollouts own || own.Owner != this) throw new ArgumentException("a rollout buffer of another engine");
        ObjectDisposedException.ThrowIf(own.State is null, typeof(RolloutBuffer));
        return own;
    }
}

/// <summary>Parts of the host's work, on any thread.</summary>
internal readonly struct HostWork(Action<int> work) : IBlockKernel
{
    public void Run(int block, int worker) => work(block);
}
