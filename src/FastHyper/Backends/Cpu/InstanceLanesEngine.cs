using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu;

/// <summary>
/// Many instances of a small MDP: a register holds one state's value in as many instances as it has lanes, so the
/// transitions are broadcast and nothing is gathered. A few registers of instances work through whole sweeps alone,
/// their values and rewards in the nearest caches; sweeps run in place over the states (Gauss–Seidel), up and down in
/// turn. Each state waits for the one before, some 250 cycles through exp and log: registers that take turns at each
/// state fill the wait.
/// </summary>
internal sealed unsafe class InstanceLanesEngine<TLane, T> : CpuEngine<T>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int MaximalRegisters = 4;
    private readonly NativeArray<long> _rowOffsets;
    // Where each entry's successor stands in an array of values: column · stride, multiplied once.
    private readonly NativeArray<long> _successors;
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
        _successors = new NativeArray<long>(p.EntryCount);
        for (int k = 0; k < p.EntryCount; k++) _successors.Pointer[k] = (long)p.Columns[k] * Layout.Stride;
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
        _successors.Dispose();
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
        kernel.Registers = Math.Clamp((Groups + Team.Size - 1) / Team.Size, 1, MaximalRegisters);
        Team.Run(ref kernel, (Groups + kernel.Registers - 1) / kernel.Registers);
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

    /// <summary>Sweeps of a few registers until their instances have converged; each instance freezes when it has.</summary>
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
        public int Registers;

        public readonly void Run(int block, int worker)
        {
            int first = block * Registers * TLane.Width;
            int end = Math.Min(first + (Registers * TLane.Width), Engine.Layout.Stride);
            Register* registers = stackalloc Register[MaximalRegisters];
            TLane* q = Engine._scratch.Pointer + ((long)worker * Engine.Actions);
            for (int sweep = 0; sweep < Limits.Count; sweep++)
            {
                int count = 0;
                for (int lane = first; lane < end; lane += TLane.Width)
                    if (Begin(lane, ref registers[count])) count++;
                if (count == 0) return;
                // By the sweeps of this call, not of the instance: others in its register may have done more or fewer, and
                // whom an instance shares with must not show in its bits.
                bool down = (sweep & 1) != 0;
                switch (Verb)
                {
                    case Verb.Soft: SoftSweep(registers, count, q, down); break;
                    case Verb.Evaluate: EvaluationSweep(registers, count, down); break;
                    default: AdjointSweep(registers, count, down); break;
                }

                for (int r = 0; r < count; r++) End(registers[r]);
            }
        }

        /// <summary>Prepares a register for a sweep; false if none of its instances is active.</summary>
        private readonly bool Begin(int lane, ref Register register)
        {
            T* number = stackalloc T[TLane.Width];
            bool any = false;
            for (int j = 0; j < TLane.Width; j++)
            {
                bool active = lane + j < Engine.Instances && Status.Active[lane + j];
                number[j] = active ? T.One : T.Zero;
                any |= active;
            }

            register = new Register { Lane = lane, Mask = TLane.Greater(TLane.Load(number), TLane.Constant(0)) };
            return any;
        }

        /// <summary>Notes what a sweep changed, and freezes the instances that have converged.</summary>
        private readonly void End(in Register register)
        {
            T* number = stackalloc T[2 * TLane.Width];
            TLane.Store(number, register.Change);
            TLane.Store(number + TLane.Width, register.Magnitude);
            for (int j = 0; j < TLane.Width && register.Lane + j < Engine.Instances; j++)
            {
                int instance = register.Lane + j;
                if (!Status.Active[instance]) continue;
                double found = double.CreateTruncating(number[j]);
                Status.Sweeps[instance]++;
                Status.Change[instance] = found;
                Status.Magnitude[instance] = double.CreateTruncating(number[TLane.Width + j]);
                if (found <= Limits.Absolute + (Limits.Relative * Status.Magnitude[instance])) Status.Active[instance] = false;
            }
        }

        private readonly void SoftSweep(Register* registers, int count, TLane* q, bool down)
        {
            InstanceLanesEngine<TLane, T> engine = Engine;
            int states = engine.States;
            int actions = engine.Actions;
            int stride = engine.Layout.Stride;
            long* offsets = engine._rowOffsets.Pointer;
            long* successors = engine._successors.Pointer;
            T* values = engine._values.Pointer;
            T* own = engine.OwnProbabilities;
            T* temperatures = engine.Temperatures;
            T* inverses = engine.InverseTemperatures;
            TLane discount = TLane.Broadcast(Discount);
            for (int i = 0; i < states; i++)
            {
                int s = down ? states - 1 - i : i;
                long* row = offsets + ((long)s * actions);
                for (Register* register = registers; register < registers + count; register++)
                {
                    int lane = register->Lane;
                    T* v = Values + lane;
                    T* ownLane = own is null ? null : own + lane;
                    T* reward = Reward + ((long)s * actions * stride) + lane;
                    TLane maximum = TLane.Constant(double.NegativeInfinity);
                    for (int a = 0; a < actions; a++, reward += stride)
                    {
                        TLane value = Backup(v, TLane.Load(reward), row[a], row[a + 1], discount, successors, values, ownLane, stride);
                        q[a] = value;
                        maximum = TLane.Max(maximum, value);
                    }

                    TLane temperature = TLane.Load(temperatures + lane);
                    TLane inverse = TLane.Load(inverses + lane);
                    register->Update(v + ((long)s * stride), SoftMaximum.Value<TLane, T>(q, actions, maximum, temperature, inverse));
                }
            }
        }

        private readonly void EvaluationSweep(Register* registers, int count, bool down)
        {
            InstanceLanesEngine<TLane, T> engine = Engine;
            int states = engine.States;
            int actions = engine.Actions;
            int stride = engine.Layout.Stride;
            long* offsets = engine._rowOffsets.Pointer;
            long* successors = engine._successors.Pointer;
            T* values = engine._values.Pointer;
            T* own = engine.OwnProbabilities;
            TLane discount = TLane.Broadcast(Discount);
            for (int i = 0; i < states; i++)
            {
                int s = down ? states - 1 - i : i;
                long* row = offsets + ((long)s * actions);
                for (Register* register = registers; register < registers + count; register++)
                {
                    int lane = register->Lane;
                    T* v = Values + lane;
                    T* ownLane = own is null ? null : own + lane;
                    long at = ((long)s * actions * stride) + lane;
                    TLane sum = TLane.Constant(0);
                    for (int a = 0; a < actions; a++, at += stride)
                    {
                        TLane value = Backup(v, TLane.Load(Reward + at), row[a], row[a + 1], discount, successors, values, ownLane, stride);
                        sum = TLane.MultiplyAdd(TLane.Load(Policy + at), value, sum);
                    }

                    register->Update(v + ((long)s * stride), sum);
                }
            }
        }

        private readonly void AdjointSweep(Register* registers, int count, bool down)
        {
            InstanceLanesEngine<TLane, T> engine = Engine;
            int states = engine.States;
            int actions = engine.Actions;
            int stride = engine.Layout.Stride;
            long* offsets = engine._incomingOffsets!.Pointer;
            int* rows = engine._incomingRows!.Pointer;
            int* entries = engine._incomingEntries!.Pointer;
            T* values = engine._values.Pointer;
            T* own = engine.OwnProbabilities;
            TLane discount = TLane.Broadcast(Discount);
            for (int i = 0; i < states; i++)
            {
                int s = down ? states - 1 - i : i;
                for (Register* register = registers; register < registers + count; register++)
                {
                    int lane = register->Lane;
                    T* y = Values + lane;
                    T* policy = Policy + lane;
                    TLane sum = TLane.Constant(0);
                    for (long k = offsets[s]; k < offsets[s + 1]; k++)
                    {
                        int row = rows[k];
                        long entry = entries[k];
                        TLane p = own is null ? TLane.Broadcast(values[entry]) : TLane.Load(own + (entry * stride) + lane);
                        TLane flow = TLane.Load(policy + ((long)row * stride)) * TLane.Load(y + ((long)(row / actions) * stride));
                        sum = TLane.MultiplyAdd(p, flow, sum);
                    }

                    register->Update(y + ((long)s * stride), TLane.MultiplyAdd(discount, sum, TLane.Load(Reward + ((long)s * stride) + lane)));
                }
            }
        }
    }

    /// <summary>As many instances as a register has lanes, and what a sweep does to them.</summary>
    private struct Register
    {
        public int Lane;
        public TLane Mask;
        public TLane Change;
        public TLane Magnitude;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(T* at, TLane value)
        {
            TLane old = TLane.Load(at);
            Change = TLane.Max(Change, TLane.Abs(value - old));
            Magnitude = TLane.Max(Magnitude, TLane.Abs(value));
            TLane.Store(at, TLane.Select(Mask, value, old));
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
            long* offsets = Engine._rowOffsets.Pointer;
            long* successors = Engine._successors.Pointer;
            T* values = Engine._values.Pointer;
            T* own = Engine.OwnProbabilities is null ? null : Engine.OwnProbabilities + lane;
            TLane* q = Engine._scratch.Pointer + ((long)worker * actions);
            TLane discount = TLane.Broadcast(Discount);
            TLane temperature = TLane.Load(Engine.Temperatures + lane);
            TLane inverse = TLane.Load(Engine.InverseTemperatures + lane);
            TLane residual = TLane.Constant(0);
            for (int s = 0; s < Engine.States; s++)
            {
                long row = (long)s * actions;
                for (int a = 0; a < actions; a++)
                    q[a] = Backup(V + lane, TLane.Load(Reward + ((row + a) * stride) + lane), offsets[row + a], offsets[row + a + 1], discount, successors, values, own, stride);
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
