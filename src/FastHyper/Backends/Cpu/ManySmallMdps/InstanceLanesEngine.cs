using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.ManySmallMdps;

/// <summary>
/// Many instances of a small MDP: a register holds one state's value in as many instances as it has lanes, so the
/// transitions are broadcast and nothing is gathered. A few registers of instances work through whole sweeps alone,
/// their values and rewards in the nearest caches; sweeps run in place over the states (Gauss–Seidel), up and down in
/// turn. Each state waits for the one before, some 250 cycles through exp and log: registers that take turns at each
/// state fill the wait. Solves are direct while factors are cheap, and one instance at a time, over its states, where the MDP is
/// larger than that.
/// </summary>
internal sealed unsafe partial class InstanceLanesEngine<TLane, T> : CpuEngine<T>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int MaxRegisters = 4;
    private const int StatesAtOnce = 16;
    private readonly NativeArray<long> _rowOffsets;
    // Where each entry's successor stands in an array of values: column · stride, multiplied once.
    private readonly NativeArray<long> _successors;
    private readonly NativeArray<T> _values;
    private readonly NativeArray<TLane> _scratch;

    // The transpose, for the adjoint: which row leads to each state, and by which entry.
    private NativeArray<long>? _incomingOffsets;
    private NativeArray<int>? _incomingRows;
    private NativeArray<int>? _incomingEntries;

    /// <summary>Creates the engine.</summary>
    /// <param name="transitions">Structure and shared probabilities.</param>
    /// <param name="options">Number of instances.</param>
    /// <param name="team">Who works.</param>
    /// <param name="overStates">Creates an engine of one instance whose lanes are states, and whose work a team does.</param>
    public InstanceLanesEngine(
        Transitions transitions, EngineOptions options, ThreadTeam team, Func<EngineOptions, ThreadTeam, CpuEngine<T>> overStates)
        : base(transitions, options, CpuLayout.ForInstances(transitions.States, transitions.Actions, options.Instances, TLane.Width), team)
    {
        SparseMatrix p = transitions.Matrix;
        _rowOffsets = Copy(p.Offsets);
        _successors = new NativeArray<long>(p.EntryCount);
        for (int k = 0; k < p.EntryCount; k++) _successors.Pointer[k] = (long)p.Columns[k] * Layout.Stride;
        _values = new NativeArray<T>(p.EntryCount);
        for (int k = 0; k < p.EntryCount; k++) _values.Pointer[k] = T.CreateTruncating(p.Values[k]);
        _scratch = new NativeArray<TLane>(StatesAtOnce * (transitions.Actions + 1L) * team.Size);
        _direct = new Lazy<DirectSolver?>(CreateDirect);
        _overStates = overStates;
    }

    private enum Verb
    {
        Soft,
        Evaluate,
        Adjoint,
    }

    internal override bool SweepsInPlace => true;

    public override string Description =>
        $"CPU, {Instances} instances as lanes of {TLane.Width} x {(sizeof(T) == 8 ? "float64" : "float32")}, {Team.Size} thread(s)";

    /// <summary>A worker's scratch: (S, A) and (S) of a few states.</summary>
    private TLane* Scratch(int worker) => _scratch.Pointer + (StatesAtOnce * (Actions + 1L) * worker);

    private int Groups => (Instances + TLane.Width - 1) / TLane.Width;

    internal override void SoftSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        Sweep(new SweepKernel { Verb = Verb.Soft, Values = StateArray(v), Reward = RowArray(reward) }, discount, limits, status);

    internal override void EvaluationSweeps(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        Sweep(
            new SweepKernel { Verb = Verb.Evaluate, Values = StateArray(v), Reward = RowArray(reward), Policy = RowArray(policy) },
            discount, limits, status);

    internal override void AdjointSweeps(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status)
    {
        PrepareIncoming();
        Sweep(
            new SweepKernel { Verb = Verb.Adjoint, Values = StateArray(y), Reward = StateArray(source), Policy = RowArray(policy) },
            discount, limits, status);
    }

    public override void ActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray q) =>
        Map(MapOutput.ActionValues, v, reward, discount, q);

    public override void Policy(DeviceArray v, DeviceArray reward, double discount, DeviceArray policy) =>
        Map(MapOutput.Policy, v, reward, discount, policy);

    public override void LeaderActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray target) =>
        Map(MapOutput.LeaderActionValues, v, reward, discount, target);

    public override void TransposedProduct(DeviceArray c, double discount, DeviceArray target)
    {
        PrepareIncoming();
        TransposeKernel kernel =
            new() { Engine = this, C = RowArray(c), Target = StateArray(target), Discount = T.CreateTruncating(discount) };
        Team.Run(ref kernel, Groups);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        _rowOffsets.Dispose();
        _successors.Dispose();
        _values.Dispose();
        _scratch.Dispose();
        DisposeFeatures();
        if (_direct.IsValueCreated) _direct.Value?.Dispose();
        _incomingOffsets?.Dispose();
        _incomingRows?.Dispose();
        _incomingEntries?.Dispose();
        DisposeSolvers();
    }

    private static NativeArray<TItem> Copy<TItem>(TItem[] from)
        where TItem : unmanaged
    {
        NativeArray<TItem> to = new(from.Length);
        from.AsSpan().CopyTo(new Span<TItem>(to.Pointer, from.Length));
        return to;
    }

    private void PrepareIncoming()
    {
        if (_incomingOffsets is not null) return;
        (long[] offsets, int[] rows, int[] entries) = Transitions.Matrix.TransposeStructure();
        _incomingRows = Copy(rows);
        _incomingEntries = Copy(entries);
        _incomingOffsets = Copy(offsets);
    }

    private void Map(MapOutput output, DeviceArray v, DeviceArray reward, double discount, DeviceArray target)
    {
        MapKernel kernel =
            new()
            {
                Engine = this,
                Output = output,
                V = StateArray(v),
                Reward = RowArray(reward),
                Discount = T.CreateTruncating(discount),
                Target = output == MapOutput.LeaderActionValues ? LeaderArray(target) : RowArray(target),
            };
        Team.Run(ref kernel, Groups);
    }

    private void Sweep(SweepKernel kernel, double discount, SweepLimits limits, SweepStatus status)
    {
        kernel.Engine = this;
        kernel.Discount = T.CreateTruncating(discount);
        kernel.Limits = limits;
        kernel.Status = status;
        kernel.Registers = Math.Clamp((Groups + Team.Size - 1) / Team.Size, 1, MaxRegisters);
        Team.Run(ref kernel, (Groups + kernel.Registers - 1) / kernel.Registers);
    }

    /// <summary>
    /// Replaces q of a few states by their policies, and writes what the states are worth: soft maxima, or, where a leader acts, their
    /// mean over what it does.
    /// </summary>
    private void SoftMaxima(TLane* q, int first, int count, int lane, TLane temperature, TLane inverse, TLane* values)
    {
        if (LeaderShares is null)
        {
            SoftMaximum.Apply<TLane, T>(q, count, Actions, temperature, inverse, values);
            return;
        }

        T* shares = LeaderShares + ((long)first * LeaderActions * Layout.Stride) + lane;
        for (int i = 0; i < count; i++, q += Actions, shares += LeaderActions * Layout.Stride)
            values[i] = SoftMaximum.Mixed(q, LeaderActions, FollowerActions, shares, Layout.Stride, temperature, inverse, policy: true);
    }

    /// <summary>Whether a number for each state, <paramref name="stride"/> apart, is finite in all of them.</summary>
    private bool AreFinite(T* numbers, int stride)
    {
        T poison = T.Zero;
        for (int s = 0; s < States; s++, numbers += stride) poison += *numbers * T.Zero;
        return poison == T.Zero;
    }

    /// <summary>All bits set for the instances of a register that are active; false if none is.</summary>
    private bool TryMask(SweepStatus status, int lane, out TLane mask)
    {
        T* number = stackalloc T[TLane.Width];
        bool any = false;
        for (int j = 0; j < TLane.Width; j++)
        {
            bool active = lane + j < Instances && status.Active[lane + j];
            number[j] = active ? T.One : T.Zero;
            any |= active;
        }

        mask = TLane.Greater(TLane.Load(number), TLane.Constant(0));
        return any;
    }

    /// <summary>
    /// r + γ Σ_k p_k V(s'_k) of one row; <paramref name="v"/> and <paramref name="own"/> (null where probabilities are
    /// shared) point at the first lane's instance, <paramref name="reward"/> at its row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Backup(T* v, TLane reward, long k, long end, TLane discount, long* successors, T* values, T* own, int stride)
    {
        TLane sum = TLane.Constant(0);
        if (own is null)
            for (; k < end; k++) sum = TLane.MultiplyAdd(TLane.Broadcast(values[k]), TLane.Load(v + successors[k]), sum);
        else
            for (; k < end; k++) sum = TLane.MultiplyAdd(TLane.Load(own + (k * stride)), TLane.Load(v + successors[k]), sum);
        return TLane.MultiplyAdd(discount, sum, reward);
    }

    /// <summary>(P_πᵀ y)(s) of a register whose y and policy start at the pointers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TLane Inflow(T* y, T* policy, int s, int lane)
    {
        int actions = Actions;
        int stride = Layout.Stride;
        int* rows = _incomingRows!.Pointer;
        int* entries = _incomingEntries!.Pointer;
        T* values = _values.Pointer;
        T* own = OwnProbabilities;
        long end = _incomingOffsets!.Pointer[s + 1];
        TLane sum = TLane.Constant(0);
        for (long k = _incomingOffsets.Pointer[s]; k < end; k++)
        {
            int row = rows[k];
            long entry = entries[k];
            TLane p = own is null ? TLane.Broadcast(values[entry]) : TLane.Load(own + (entry * stride) + lane);
            TLane flow = TLane.Load(policy + ((long)row * stride)) * TLane.Load(y + ((long)(row / actions) * stride));
            sum = TLane.MultiplyAdd(p, flow, sum);
        }

        return sum;
    }
}
