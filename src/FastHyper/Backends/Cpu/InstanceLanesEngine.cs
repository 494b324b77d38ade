using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu;

/// <summary>
/// Many instances of a small MDP: a register holds one state's value in as many instances as it has lanes, so the
/// transitions are broadcast and nothing is gathered. A group of lanes works through whole sweeps alone, its values
/// and rewards in the first-level cache; sweeps run in place over the states (Gauss–Seidel), first up, then down.
/// </summary>
internal sealed unsafe class InstanceLanesEngine<TLane, T> : CpuEngine<T>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly NativeArray<long> _rowOffsets;
    private readonly NativeArray<int> _columns;
    private readonly NativeArray<T> _values;
    private readonly NativeArray<TLane> _scratch;
    private readonly NativeArray<T> _residuals;

    // The transpose, for the adjoint: which row leads to each state, and by which entry.
    private NativeArray<long>? _incomingOffsets;
    private NativeArray<int>? _incomingRows;
    private NativeArray<int>? _incomingEntries;

    public InstanceLanesEngine(Transitions transitions, EngineOptions options, ThreadTeam team)
        : base(transitions, options, CpuLayout.ForInstances(transitions.States, transitions.Actions, options.Instances, TLane.Width), team)
    {
        SparseMatrix p = transitions.Matrix;
        _rowOffsets = Copy(p.Offsets);
        _columns = Copy(p.Columns);
        _values = new NativeArray<T>(p.EntryCount);
        for (int k = 0; k < p.EntryCount; k++) _values.Pointer[k] = T.CreateTruncating(p.Values[k]);
        _scratch = new NativeArray<TLane>((long)transitions.Actions * team.Size);
        _residuals = new NativeArray<T>(Layout.Stride);
    }

    private enum Verb
    {
        Soft,
        Evaluate,
        Adjoint,
    }

    public override string Description =>
        $"CPU, {Instances} instances as lanes of {TLane.Width} x {(sizeof(T) == 8 ? "float64" : "float32")}, {Team.Size} thread(s)";

    private int Groups => Layout.Stride / TLane.Width;

    public override void SoftSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        Sweep(new SweepKernel { Verb = Verb.Soft, Values = Pointer(v), Reward = Pointer(reward) }, discount, limits, status);

    public override void EvaluationSweeps(DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        Sweep(new SweepKernel { Verb = Verb.Evaluate, Values = Pointer(v), Reward = Pointer(reward), Policy = Pointer(policy) }, discount, limits, status);

    public override void AdjointSweeps(DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status)
    {
        PrepareIncoming();
        Sweep(new SweepKernel { Verb = Verb.Adjoint, Values = Pointer(y), Reward = Pointer(source), Policy = Pointer(policy) }, discount, limits, status);
    }

    public override void SoftResidual(DeviceArray v, DeviceArray reward, double discount, Span<double> residual)
    {
        T* found = _residuals.Pointer;
        MapKernel kernel = new() { Engine = this, Output = MapOutput.Residual, V = Pointer(v), Reward = Pointer(reward), Discount = T.CreateTruncating(discount), Target = found };
        Team.Run(ref kernel, Groups);
        for (int i = 0; i < Instances; i++) residual[i] = double.CreateTruncating(found[i]);
    }

    public override void ActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray q) =>
        Map(MapOutput.ActionValues, v, reward, discount, q);

    public override void Policy(DeviceArray v, DeviceArray reward, double discount, DeviceArray policy) =>
        Map(MapOutput.Policy, v, reward, discount, policy);

    public override void TransposedProduct(DeviceArray c, double discount, DeviceArray target)
    {
        PrepareIncoming();
        TransposeKernel kernel = new() { Engine = this, C = Pointer(c), Target = Pointer(target), Discount = T.CreateTruncating(discount) };
        Team.Run(ref kernel, Groups);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        _rowOffsets.Dispose();
        _columns.Dispose();
        _values.Dispose();
        _scratch.Dispose();
        _residuals.Dispose();
        _incomingOffsets?.Dispose();
        _incomingRows?.Dispose();
        _incomingEntries?.Dispose();
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
        MapKernel kernel = new() { Engine = this, Output = output, V = Pointer(v), Reward = Pointer(reward), Discount = T.CreateTruncating(discount), Target = Pointer(target) };
        Team.Run(ref kernel, Groups);
    }

    private void Sweep(SweepKernel kernel, double discount, SweepLimits limits, SweepStatus status)
    {
        kernel.Engine = this;
        kernel.Discount = T.CreateTruncating(discount);
        kernel.Limits = limits;
        kernel.Status = status;
        Team.Run(ref kernel, Groups);
    }

    /// <summary>r + γ Σ_k p_k V(s'_k) of one row, for the lanes that begin at instance <paramref name="lane"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TLane Backup(T* v, T* reward, long row, TLane discount, int lane, T* own)
    {
        int stride = Layout.Stride;
        int* columns = _columns.Pointer;
        T* values = _values.Pointer;
        TLane sum = TLane.Constant(0);
        long end = _rowOffsets.Pointer[row + 1];
        for (long k = _rowOffsets.Pointer[row]; k < end; k++)
        {
            TLane p = own is null ? TLane.Broadcast(values[k]) : TLane.Load(own + (k * stride) + lane);
            sum = TLane.MultiplyAdd(p, TLane.Load(v + ((long)columns[k] * stride) + lane), sum);
        }

        return TLane.MultiplyAdd(discount, sum, TLane.Load(reward + (row * stride) + lane));
    }

    /// <summary>Sweeps of one group of lanes until its instances have converged; each freezes when it has.</summary>
    private struct SweepKernel : IBlockKernel
    {
        public InstanceLanesEngine<TLane, T> Engine;
        public Verb Verb;
        public T* Values;
        public T* Reward;
        public T* Policy;
        public T Discount;
        public SweepLimits Limits;
        public SweepStatus Status;

        public readonly void Run(int block, int worker)
        {
            int lane = block * TLane.Width;
            T* number = stackalloc T[2 * TLane.Width];
            TLane* q = Engine._scratch.Pointer + ((long)worker * Engine.Actions);
            for (int sweep = 0; sweep < Limits.Count; sweep++)
            {
                // By the sweeps of this call, not of the instance: instances that share a register may have done different
                // numbers of them, and whom an instance shares with must not show in its bits.
                bool down = (sweep & 1) != 0;
                bool any = false;
                for (int j = 0; j < TLane.Width; j++)
                {
                    bool active = lane + j < Engine.Instances && Status.Active[lane + j];
                    number[j] = active ? T.One : T.Zero;
                    any |= active;
                }

                if (!any) return;
                TLane mask = TLane.Greater(TLane.Load(number), TLane.Constant(0));
                TLane change = TLane.Constant(0);
                TLane magnitude = TLane.Constant(0);
                switch (Verb)
                {
                    case Verb.Soft: SoftSweep(lane, q, down, mask, ref change, ref magnitude); break;
                    case Verb.Evaluate: EvaluationSweep(lane, down, mask, ref change, ref magnitude); break;
                    default: AdjointSweep(lane, down, mask, ref change, ref magnitude); break;
                }

                TLane.Store(number, change);
                TLane.Store(number + TLane.Width, magnitude);
                for (int j = 0; j < TLane.Width && lane + j < Engine.Instances; j++)
                {
                    int instance = lane + j;
                    if (!Status.Active[instance]) continue;
                    double found = double.CreateTruncating(number[j]);
                    Status.Sweeps[instance]++;
                    Status.Change[instance] = found;
                    Status.Magnitude[instance] = double.CreateTruncating(number[TLane.Width + j]);
                    if (found <= Limits.Absolute + (Limits.Relative * Status.Magnitude[instance])) Status.Active[instance] = false;
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Update(int lane, int s, TLane value, TLane mask, ref TLane change, ref TLane magnitude)
        {
            T* at = Values + ((long)s * Engine.Layout.Stride) + lane;
            TLane old = TLane.Load(at);
            change = TLane.Max(change, TLane.Abs(value - old));
            magnitude = TLane.Max(magnitude, TLane.Abs(value));
            TLane.Store(at, TLane.Select(mask, value, old));
        }

        private readonly void SoftSweep(int lane, TLane* q, bool down, TLane mask, ref TLane change, ref TLane magnitude)
        {
            InstanceLanesEngine<TLane, T> engine = Engine;
            int states = engine.States;
            int actions = engine.Actions;
            T* own = engine.OwnProbabilities;
            TLane discount = TLane.Broadcast(Discount);
            TLane temperature = TLane.Load(engine.Temperatures + lane);
            TLane inverse = TLane.Load(engine.InverseTemperatures + lane);
            TLane changed = change;
            TLane largest = magnitude;
            for (int i = 0; i < states; i++)
            {
                int s = down ? states - 1 - i : i;
                long row = (long)s * actions;
                TLane maximum = engine.Backup(Values, Reward, row, discount, lane, own);
                q[0] = maximum;
                for (int a = 1; a < actions; a++)
                {
                    TLane value = engine.Backup(Values, Reward, row + a, discount, lane, own);
                    q[a] = value;
                    maximum = TLane.Max(maximum, value);
                }

                Update(lane, s, SoftMaximum.Value<TLane, T>(q, actions, maximum, temperature, inverse), mask, ref changed, ref largest);
            }

            change = changed;
            magnitude = largest;
        }

        private readonly void EvaluationSweep(int lane, bool down, TLane mask, ref TLane change, ref TLane magnitude)
        {
            int states = Engine.States;
            int actions = Engine.Actions;
            T* own = Engine.OwnProbabilities;
            TLane discount = TLane.Broadcast(Discount);
            for (int i = 0; i < states; i++)
            {
                int s = down ? states - 1 - i : i;
                long row = (long)s * actions;
                TLane sum = TLane.Constant(0);
                for (int a = 0; a < actions; a++, row++)
                {
                    TLane q = Engine.Backup(Values, Reward, row, discount, lane, own);
                    sum = TLane.MultiplyAdd(TLane.Load(Policy + (row * Engine.Layout.Stride) + lane), q, sum);
                }

                Update(lane, s, sum, mask, ref change, ref magnitude);
            }
        }

        private readonly void AdjointSweep(int lane, bool down, TLane mask, ref TLane change, ref TLane magnitude)
        {
            int states = Engine.States;
            int stride = Engine.Layout.Stride;
            T* own = Engine.OwnProbabilities;
            TLane discount = TLane.Broadcast(Discount);
            for (int i = 0; i < states; i++)
            {
                int s = down ? states - 1 - i : i;
                TLane sum = TLane.Constant(0);
                for (long k = Engine._incomingOffsets!.Pointer[s]; k < Engine._incomingOffsets.Pointer[s + 1]; k++)
                {
                    int row = Engine._incomingRows!.Pointer[k];
                    long entry = Engine._incomingEntries!.Pointer[k];
                    TLane p = own is null ? TLane.Broadcast(Engine._values.Pointer[entry]) : TLane.Load(own + (entry * stride) + lane);
                    TLane flow = TLane.Load(Policy + ((long)row * stride) + lane) * TLane.Load(Values + ((long)(row / Engine.Actions) * stride) + lane);
                    sum = TLane.MultiplyAdd(p, flow, sum);
                }

                Update(lane, s, TLane.MultiplyAdd(discount, sum, TLane.Load(Reward + ((long)s * stride) + lane)), mask, ref change, ref magnitude);
            }
        }
    }

    /// <summary>One pass over the states that leaves V as it is: Q, the policy, or the Bellman residual.</summary>
    private struct MapKernel : IBlockKernel
    {
        public InstanceLanesEngine<TLane, T> Engine;
        public MapOutput Output;
        public T* V;
        public T* Reward;
        public T* Target;
        public T Discount;

        public readonly void Run(int block, int worker)
        {
            int lane = block * TLane.Width;
            int actions = Engine.Actions;
            int stride = Engine.Layout.Stride;
            TLane* q = Engine._scratch.Pointer + ((long)worker * actions);
            TLane discount = TLane.Broadcast(Discount);
            TLane temperature = TLane.Load(Engine.Temperatures + lane);
            TLane inverse = TLane.Load(Engine.InverseTemperatures + lane);
            TLane residual = TLane.Constant(0);
            for (int s = 0; s < Engine.States; s++)
            {
                long row = (long)s * actions;
                for (int a = 0; a < actions; a++) q[a] = Engine.Backup(V, Reward, row + a, discount, lane, Engine.OwnProbabilities);
                if (Output != MapOutput.ActionValues)
                {
                    TLane value = SoftMaximum.Apply<TLane, T>(q, actions, temperature, inverse);
                    residual = TLane.Max(residual, TLane.Abs(value - TLane.Load(V + ((long)s * stride) + lane)));
                }

                if (Output == MapOutput.Residual) continue;
                for (int a = 0; a < actions; a++) TLane.Store(Target + ((row + a) * stride) + lane, q[a]);
            }

            if (Output == MapOutput.Residual) TLane.Store(Target + lane, residual);
        }
    }

    private struct TransposeKernel : IBlockKernel
    {
        public InstanceLanesEngine<TLane, T> Engine;
        public T* C;
        public T* Target;
        public T Discount;

        public readonly void Run(int block, int worker)
        {
            int lane = block * TLane.Width;
            int stride = Engine.Layout.Stride;
            T* own = Engine.OwnProbabilities;
            for (int s = 0; s < Engine.States; s++)
            {
                TLane sum = TLane.Constant(0);
                for (long k = Engine._incomingOffsets!.Pointer[s]; k < Engine._incomingOffsets.Pointer[s + 1]; k++)
                {
                    long entry = Engine._incomingEntries!.Pointer[k];
                    TLane p = own is null ? TLane.Broadcast(Engine._values.Pointer[entry]) : TLane.Load(own + (entry * stride) + lane);
                    sum = TLane.MultiplyAdd(p, TLane.Load(C + ((long)Engine._incomingRows!.Pointer[k] * stride) + lane), sum);
                }

                TLane.Store(Target + ((long)s * stride) + lane, sum * TLane.Broadcast(Discount));
            }
        }
    }
}
