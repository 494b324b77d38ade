using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Factorisations;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Backends.Cpu.Reordering;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

/// <summary>
/// One large MDP: a register holds as many states as it has lanes. Arrays are action-major, the transitions sliced, so
/// that everything but V is loaded contiguously, and V too where neighbours lie at fixed distances. Sweeps read one array
/// of values and write another (Jacobi), but for <see cref="InPlaceSweeps"/>; <typeparamref name="TNarrow"/> and
/// <typeparamref name="TWide"/> are the lanes of the linear solvers.
/// </summary>
internal sealed unsafe partial class StateLanesEngine<TLane, T, TNarrow, TWide> : CpuEngine<T>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TNarrow : unmanaged, ILane<TNarrow, float>
    where TWide : unmanaged, ILane<TWide, double>
{
    // A block of sweeps is long, as streams of memory begin slowly, but threads have some dozen of them each to end together.
    private const int LongestBlock = 256;
    private const int ShortestBlock = 16;
    private const int BlocksForThread = 12;
    private readonly SlicedMatrix _p;
    private readonly int _slicesInBlock;
    private readonly SweepChunks _chunks;
    private readonly CpuArray<T> _next;
    private readonly NativeArray<BlockBounds> _bounds;
    private NativeArray<TLane> _scratch;
    private Scatter<TLane, T>? _scatter;

    public StateLanesEngine(Transitions transitions, EngineOptions options, ThreadTeam team, StateReordering reordering)
        : this(transitions, options, team, Slice(transitions, options, team, reordering)) { }

    private StateLanesEngine(Transitions transitions, EngineOptions options, ThreadTeam team, SlicedMatrix p)
        : base(
            transitions, options, CpuLayout.ForStates(transitions.States, transitions.Actions, SlicedMatrix.Height, p.Order?.Positions),
            team)
    {
        _p = p;
        _cheap = new Lazy<PolicyFactors?>(() => PolicyFactors.TryCheap(transitions));
        _rescue = new Lazy<PolicyFactors?>(() => PolicyFactors.TryRescue(transitions));
        _slicesInBlock = Math.Clamp(p.Slices / (BlocksForThread * team.Size), ShortestBlock, LongestBlock);
        _chunks = SweepChunks.Of(p);
        _next = (CpuArray<T>)Allocate(ArrayKind.State);
        _scratch = new NativeArray<TLane>(2L * Actions * team.Size);
        _bounds = new NativeArray<BlockBounds>(Math.Max(
            Math.Max(_chunks.Count, (_p.Slices + _slicesInBlock - 1) / _slicesInBlock),
            (Layout.StateCapacity + AdjointKernel<TLane, T>.LengthInBlock - 1) / AdjointKernel<TLane, T>.LengthInBlock));
    }

    public override string Description =>
        $"CPU, states as lanes of {TLane.Width} x {(sizeof(T) == 8 ? "float64" : "float32")}, {Team.Size} thread(s), "
            + $"{_p.Bytes / ((double)States * Actions):F1} bytes of transitions a "
                + $"state-action{(ReordersStates ? ", states reordered" : "")}";

    internal override long TransitionBytes => _p.Bytes;

    internal override bool ReordersStates => _p.Order is not null;

    public override bool HasInPlaceSweeps => true;

    internal override void SoftSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
    {
        _solver?.Restart();
        Iterate(Own<T>(v, ArrayKind.State), Backup(reward, discount), limits, status);
    }

    internal override void InPlaceSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
    {
        _solver?.Restart();
        SweepInPlace(Own<T>(v, ArrayKind.State), Backup(reward, discount), limits, status);
    }

    private void SweepInPlace(CpuArray<T> values, BackupKernel<TLane, T> backup, SweepLimits limits, SweepStatus status)
    {
        InPlaceKernel<TLane, T> kernel = new() { Backup = backup, SlicesInChunk = _chunks.Slices };
        kernel.Backup.From = kernel.Backup.To = values.Pointer;
        for (int sweep = 0; sweep < limits.Count && status.Active[0]; sweep++)
        {
            kernel.Down = sweep % 2 != 0;
            for (int colour = 0; colour < 2; colour++)
            {
                kernel.FirstChunk = kernel.Down ? 1 - colour : colour;
                Team.Run(ref kernel, (_chunks.Count + 1 - kernel.FirstChunk) / 2);
            }

            values.Version++;
            Advance(Total(_chunks.Count), limits, status);
            status.Lowest[0] = status.Highest[0] = double.NaN;
        }
    }

    internal override void EvaluationSweeps(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        Iterate(Own<T>(v, ArrayKind.State), Backup(reward, discount, policy), limits, status);

    internal override void AdjointSweeps(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status)
    {
        T* pi = RowArray(policy), b = StateArray(source), values = StateArray(y);
        for (int sweep = 0; sweep < limits.Count && status.Active[0]; sweep++)
        {
            ScatterRows(null, pi, values);
            Advance(Finish(b, values, values, null, discount), limits, status);
        }
    }

    public override void ActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray q) =>
        Map(v, reward, discount, q, MapOutput.ActionValues);

    public override void Policy(DeviceArray v, DeviceArray reward, double discount, DeviceArray policy) =>
        Map(v, reward, discount, policy, MapOutput.Policy);

    public override void LeaderActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray target) =>
        Map(v, reward, discount, target, MapOutput.LeaderActionValues);

    public override void TransposedProduct(DeviceArray c, double discount, DeviceArray target)
    {
        ScatterRows(RowArray(c), null, null);
        Finish(null, null, StateArray(target), null, discount);
    }

    protected override void OnProbabilitiesChanged(ReadOnlySpan<double> values)
    {
        // The base constructor fills the probabilities before the layout exists; it is then built from the same ones.
        _p?.Fill(Transitions.Matrix.Offsets, values);
        _preparedPolicy = null;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        if (!ReferenceEquals(_p, Transitions.Rows)) _p.Dispose();
        _next.Dispose();
        _scratch.Dispose();
        _bounds.Dispose();
        _scatter?.Dispose();
        DisposeSolver();
        DisposeFactors();
    }

    /// <summary>
    /// The transitions in slices. Exact ones that do not change are laid out once for all engines, and freed with the
    /// transitions.
    /// </summary>
    private static SlicedMatrix Slice(Transitions transitions, EngineOptions options, ThreadTeam team, StateReordering reordering)
    {
        bool own = options.OwnTransitions, exact = sizeof(T) == sizeof(double);
        if (!own && transitions.Rows is SlicedMatrix there && IsWanted(there)) return there;
        StateOrder? order = own ? null : Ordering.Choose(transitions, reordering, team);
        ISliceSource source = order is not null ? new ReorderedSlices(transitions, order)
            : transitions.MatrixInMemory is SparseMatrix p ? new CompressedRows(p.Offsets, p.Columns, p.Values)
            : new TransitionSlices(transitions);
        SlicedMatrix sliced = new(transitions.States, transitions.Actions, source, exact, share: !own, team, order: order);
        bool shared = exact && !own && transitions.Rows is null && order is not { RowsAscend: false };
        if (!shared || transitions.Share(sliced) == sliced) return sliced;
        sliced.Dispose();
        return (SlicedMatrix)transitions.Rows!;

        bool IsWanted(SlicedMatrix p) =>
            reordering == StateReordering.Auto || (reordering == StateReordering.Always) == (p.Order is not null);
    }

    private BackupKernel<TLane, T> Backup(DeviceArray reward, double discount, DeviceArray? policy = null) => new()
    {
        P = _p,
        SlicesInBlock = _slicesInBlock,
        States = States,
        RowAction = Layout.RowAction,
        Discount = T.CreateTruncating(discount),
        Temperature = *Temperatures,
        InverseTemperature = *InverseTemperatures,
        Scratch = _scratch.Pointer,
        ScratchLength = _scratch.Length / Team.Size,
        Bounds = _bounds.Pointer,
        Reward = RowArray(reward),
        Policy = policy is null ? null : RowArray(policy),
        LeaderShares = LeaderShares,
        LeaderActions = LeaderActions,
    };

    private void Map(DeviceArray v, DeviceArray reward, double discount, DeviceArray rows, MapOutput output)
    {
        BackupKernel<TLane, T> kernel = Backup(reward, discount);
        kernel.From = StateArray(v);
        kernel.Rows = output == MapOutput.LeaderActionValues ? LeaderArray(rows) : RowArray(rows);
        kernel.Output = output;
        Team.Run(ref kernel, kernel.Blocks);
        ((CpuArray<T>)rows).Version++;
    }

    private void Iterate(CpuArray<T> values, BackupKernel<TLane, T> kernel, SweepLimits limits, SweepStatus status)
    {
        for (int sweep = 0; sweep < limits.Count && status.Active[0]; sweep++)
        {
            kernel.From = values.Pointer;
            kernel.To = _next.Pointer;
            BlockBounds bounds = Run(ref kernel);
            values.Swap(_next);
            Advance(bounds, limits, status);
        }
    }

    private BlockBounds Run(ref BackupKernel<TLane, T> kernel)
    {
        Team.Run(ref kernel, kernel.Blocks);
        return Total(kernel.Blocks);
    }

    private BlockBounds Total(int blocks)
    {
        BlockBounds total = BlockBounds.Empty;
        for (int block = 0; block < blocks; block++) total.Add(in _bounds.Pointer[block]);
        return total;
    }

    private static void Advance(in BlockBounds bounds, SweepLimits limits, SweepStatus status)
    {
        status.Sweeps[0]++;
        if (Report(bounds, limits, status)) status.Active[0] = false;
    }

    /// <summary>Notes what a pass changed; true if that is within the limits.</summary>
    private static bool Report(in BlockBounds bounds, SweepLimits limits, SweepStatus status)
    {
        status.Change[0] = bounds.Change;
        status.Lowest[0] = bounds.Lowest;
        status.Highest[0] = bounds.Highest;
        status.Magnitude[0] = bounds.Magnitude;
        return status.Change[0] <= limits.Absolute + (limits.Relative * (status.Magnitude[0] + status.Spread[0]));
    }

    /// <summary>_next = Pᵀ z, z the rows, or the policy times the values.</summary>
    private void ScatterRows(T* rows, T* policy, T* values)
    {
        _scatter ??= new Scatter<TLane, T>(_p, Team);
        _scatter.Run(rows, policy, values, Layout.RowAction, _next.Pointer);
    }

    /// <summary>b + γ of what was scattered: to the target, or as a change from the values.</summary>
    private BlockBounds Finish(T* source, T* from, T* to, float* change, double discount, double changeScale = 1)
    {
        AdjointKernel<TLane, T> kernel = new()
        {
            Scattered = _next.Pointer,
            Source = source,
            From = from,
            To = to,
            Change = change,
            ChangeScale = T.CreateTruncating(changeScale),
            Discount = discount,
            States = States,
            Capacity = Layout.StateCapacity,
            Bounds = _bounds.Pointer,
        };
        Team.Run(ref kernel, kernel.Blocks);
        return Total(kernel.Blocks);
    }
}
