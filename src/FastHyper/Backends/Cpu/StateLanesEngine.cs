using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu;

/// <summary>
/// One large MDP: a register holds as many states as it has lanes. Arrays are action-major, the transitions sliced
/// ELL, so that everything but V is loaded contiguously. Sweeps read one array of values and write another (Jacobi).
/// </summary>
internal sealed unsafe class StateLanesEngine<TLane, T> : CpuEngine<T>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Two registers of states go side by side: two independent chains of sums, and with 256 bits a cache line of values.
    private const int Registers = 2;

    // Slices that a thread takes at once: a sixteenth of a thread's share, within bounds that keep starts cheap.
    private readonly int _slicesInBlock;
    private readonly SlicedEll<T> _forward;
    private readonly CpuArray<T> _next;
    private readonly NativeArray<TLane> _scratch;
    private readonly double[] _largest;

    // The transpose, laid out when an adjoint is first asked for: one row a successor, gathering state–actions.
    private SlicedEll<T>? _transposed;
    private (long[] Offsets, int[] Rows, int[] Entries) _incoming;
    private CpuArray<T>? _flow;

    public StateLanesEngine(Transitions transitions, EngineOptions options, ThreadTeam team)
        : base(transitions, options, CpuLayout.ForStates(transitions.States, transitions.Actions, Height), team)
    {
        SparseMatrix p = transitions.Matrix;
        _forward = new SlicedEll<T>(Height, States, Actions, p.Offsets, p.Columns, null, p.Values);
        _next = (CpuArray<T>)Allocate(ArrayKind.State);
        _scratch = new NativeArray<TLane>((long)Registers * transitions.Actions * team.Size);
        _slicesInBlock = Math.Clamp(_forward.Slices / (16 * team.Size), 64, 16384);
        _largest = new double[2 * Blocks];
    }

    public override string Description =>
        $"CPU, states as lanes of {TLane.Width} x {(sizeof(T) == 8 ? "float64" : "float32")}, {Team.Size} thread(s)";

    /// <summary>Bytes of the transitions that a sweep reads.</summary>
    public long TransitionBytes => _forward.Bytes;

    private static int Height => Registers * TLane.Width;

    private int Blocks => (_forward.Slices + _slicesInBlock - 1) / _slicesInBlock;

    public override void SoftSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        Iterate((CpuArray<T>)v, new ForwardKernel { Reward = Pointer(reward) }, discount, limits, status);

    public override void EvaluationSweeps(DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        Iterate((CpuArray<T>)v, new ForwardKernel { Reward = Pointer(reward), Policy = Pointer(policy) }, discount, limits, status);

    public override void AdjointSweeps(DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status)
    {
        PrepareTransposed();
        CpuArray<T> values = (CpuArray<T>)y;
        for (int sweep = 0; sweep < limits.Count && status.Active[0]; sweep++)
        {
            ScaleByState(policy, values, _flow!, accumulate: false);
            RunTransposed(_flow!.Pointer, Pointer(source), values.Pointer, _next.Pointer, discount);
            values.Swap(_next);
            Advance(limits, status);
        }
    }

    public override void SoftResidual(DeviceArray v, DeviceArray reward, double discount, Span<double> residual)
    {
        ForwardKernel kernel = new() { Reward = Pointer(reward) };
        RunForward(ref kernel, Pointer(v), _next.Pointer, discount);
        residual[0] = Largest(0);
    }

    public override void ActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray q)
    {
        ForwardKernel kernel = new() { Reward = Pointer(reward), Rows = Pointer(q), Output = MapOutput.ActionValues };
        RunForward(ref kernel, Pointer(v), _next.Pointer, discount);
    }

    public override void Policy(DeviceArray v, DeviceArray reward, double discount, DeviceArray policy)
    {
        ForwardKernel kernel = new() { Reward = Pointer(reward), Rows = Pointer(policy), Output = MapOutput.Policy };
        RunForward(ref kernel, Pointer(v), _next.Pointer, discount);
    }

    public override void TransposedProduct(DeviceArray c, double discount, DeviceArray target)
    {
        PrepareTransposed();
        RunTransposed(Pointer(c), null, _next.Pointer, Pointer(target), discount);
    }

    protected override void OnProbabilitiesChanged(ReadOnlySpan<double> values)
    {
        // The base constructor fills the probabilities before the layout exists; it is then built from the same ones.
        _forward?.Fill(Transitions.Matrix.Offsets, null, values);
        _transposed?.Fill(_incoming.Offsets, _incoming.Entries, values);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        _forward.Dispose();
        _next.Dispose();
        _scratch.Dispose();
        _transposed?.Dispose();
        _flow?.Dispose();
    }

    private void PrepareTransposed()
    {
        if (_transposed is not null) return;
        _incoming = Transitions.Matrix.TransposeStructure();
        int[] gathered = new int[_incoming.Rows.Length];
        for (int k = 0; k < gathered.Length; k++)
        {
            (int s, int a) = Math.DivRem(_incoming.Rows[k], Actions);
            gathered[k] = checked((int)Layout.Row(s, a));
        }

        double[] values = Transitions.Matrix.Values;
        if (Probabilities is not null)
        {
            values = new double[values.Length];
            Download(Probabilities, 0, values);
        }

        _flow = (CpuArray<T>)Allocate(ArrayKind.StateAction);
        _transposed = new SlicedEll<T>(Height, States, 1, _incoming.Offsets, gathered, _incoming.Entries, values);
    }

    private void Iterate(CpuArray<T> values, ForwardKernel kernel, double discount, SweepLimits limits, SweepStatus status)
    {
        for (int sweep = 0; sweep < limits.Count && status.Active[0]; sweep++)
        {
            RunForward(ref kernel, values.Pointer, _next.Pointer, discount);
            values.Swap(_next);
            Advance(limits, status);
        }
    }

    private void Advance(SweepLimits limits, SweepStatus status)
    {
        status.Sweeps[0]++;
        status.Change[0] = Largest(0);
        status.Magnitude[0] = Largest(1);
        if (status.Change[0] <= limits.Absolute + (limits.Relative * status.Magnitude[0])) status.Active[0] = false;
    }

    private double Largest(int which)
    {
        double largest = 0;
        for (int block = 0; block < Blocks; block++) largest = Math.Max(largest, _largest[(2 * block) + which]);
        return largest;
    }

    private void RunForward(ref ForwardKernel kernel, T* from, T* to, double discount)
    {
        kernel.Engine = this;
        kernel.From = from;
        kernel.To = to;
        kernel.Discount = T.CreateTruncating(discount);
        Team.Run(ref kernel, Blocks);
    }

    private void RunTransposed(T* gathered, T* source, T* from, T* to, double discount)
    {
        TransposeKernel kernel = new() { Engine = this, Gathered = gathered, Source = source, From = from, To = to, Discount = T.CreateTruncating(discount) };
        Team.Run(ref kernel, Blocks);
    }

    /// <summary>
    /// Records a block's largest change and magnitude. In the lanes beyond the last state, whose rows are empty and
    /// whose values would drift to τ log A, values become zero; their slice is then looked at number by number.
    /// </summary>
    private void Record(int block, TLane changed, TLane largest, T* from, T* to)
    {
        int whole = States / Height * Height;
        T* numbers = stackalloc T[2 * TLane.Width];
        TLane.Store(numbers, changed);
        TLane.Store(numbers + TLane.Width, largest);
        double change = 0;
        double magnitude = 0;
        for (int j = 0; j < TLane.Width; j++)
        {
            change = Math.Max(change, double.CreateTruncating(numbers[j]));
            magnitude = Math.Max(magnitude, double.CreateTruncating(numbers[TLane.Width + j]));
        }

        if (block == Blocks - 1)
        {
            for (int s = whole; s < States; s++)
            {
                change = Math.Max(change, double.CreateTruncating(T.Abs(to[s] - from[s])));
                magnitude = Math.Max(magnitude, double.CreateTruncating(T.Abs(to[s])));
            }

            for (long s = States; s < Layout.StateCapacity; s++) to[s] = T.Zero;
        }

        _largest[2 * block] = change;
        _largest[(2 * block) + 1] = magnitude;
    }

    /// <summary>Slices of a block; and how many of them hold no padding, so that their changes count lane by lane.</summary>
    private (int First, int Whole, int Last) SlicesOf(int block)
    {
        int last = Math.Min((block + 1) * _slicesInBlock, _forward.Slices);
        return (block * _slicesInBlock, Math.Min(last, States / Height), last);
    }

    /// <summary>
    /// From V: the soft backup, or the policy's backup where a policy is given; and Q or the new policy where asked for.
    /// </summary>
    private struct ForwardKernel : IBlockKernel
    {
        public StateLanesEngine<TLane, T> Engine;
        public T* From;
        public T* To;
        public T* Reward;
        public T* Policy;
        public T* Rows;
        public MapOutput Output;
        public T Discount;

        public readonly void Run(int block, int worker)
        {
            TLane change = TLane.Constant(0);
            TLane magnitude = TLane.Constant(0);
            (int first, int whole, int last) = Engine.SlicesOf(block);
            TLane* q = Engine._scratch.Pointer + ((long)worker * Registers * Engine.Actions);
            if (Rows is not null)
            {
                Map(first, last, q);
                return;
            }

            Sweep(first, whole, q, ref change, ref magnitude);
            TLane padded = TLane.Constant(0);
            Sweep(whole, last, q, ref padded, ref padded);
            Engine.Record(block, change, magnitude, From, To);
        }

        private readonly void Sweep(int first, int last, TLane* q, ref TLane change, ref TLane magnitude)
        {
            int actions = Engine.Actions;
            long padded = Engine.Layout.RowAction;
            TLane temperature = TLane.Broadcast(*Engine.Temperatures);
            TLane inverse = TLane.Broadcast(*Engine.InverseTemperatures);
            TLane* q1 = q + actions;
            TLane changed = change;
            TLane largest = magnitude;
            T* from = From;
            T* to = To;
            T* policy = Policy;
            for (int slice = first; slice < last; slice++)
            {
                long s = (long)slice * Height;
                TLane v0, v1;
                Backup(slice, q, out TLane maximum0, out TLane maximum1);
                if (policy is null)
                {
                    v0 = SoftMaximum.Value<TLane, T>(q, actions, maximum0, temperature, inverse);
                    v1 = SoftMaximum.Value<TLane, T>(q1, actions, maximum1, temperature, inverse);
                }
                else
                {
                    v0 = v1 = TLane.Constant(0);
                    T* p = policy + s;
                    for (int a = 0; a < actions; a++, p += padded)
                    {
                        v0 = TLane.MultiplyAdd(TLane.Load(p), q[a], v0);
                        v1 = TLane.MultiplyAdd(TLane.Load(p + TLane.Width), q1[a], v1);
                    }
                }

                changed = TLane.Max(changed, TLane.Max(TLane.Abs(v0 - TLane.Load(from + s)), TLane.Abs(v1 - TLane.Load(from + s + TLane.Width))));
                largest = TLane.Max(largest, TLane.Max(TLane.Abs(v0), TLane.Abs(v1)));
                TLane.Store(to + s, v0);
                TLane.Store(to + s + TLane.Width, v1);
            }

            change = changed;
            magnitude = largest;
        }

        private readonly void Map(int first, int last, TLane* q)
        {
            int actions = Engine.Actions;
            long padded = Engine.Layout.RowAction;
            TLane temperature = TLane.Broadcast(*Engine.Temperatures);
            TLane inverse = TLane.Broadcast(*Engine.InverseTemperatures);
            for (int slice = first; slice < last; slice++)
            {
                Backup(slice, q, out _, out _);
                T* row = Rows + ((long)slice * Height);
                for (int r = 0; r < Registers; r++)
                {
                    TLane* own = q + (r * actions);
                    if (Output == MapOutput.Policy) SoftMaximum.Apply<TLane, T>(own, actions, temperature, inverse);
                    for (int a = 0; a < actions; a++) TLane.Store(row + (a * padded) + (r * TLane.Width), own[a]);
                }
            }
        }

        /// <summary>q ← r + γ P V of a slice, the first register's actions and then the second's; and the largest of each.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Backup(int slice, TLane* q, out TLane maximum0, out TLane maximum1)
        {
            SlicedEll<T> ell = Engine._forward;
            int actions = Engine.Actions;
            long padded = Engine.Layout.RowAction;
            long* offsets = ell.Offsets + ((long)slice * actions);
            int* columns = ell.Columns;
            T* values = ell.Values;
            T* from = From;
            T* reward = Reward + ((long)slice * Height);
            TLane discount = TLane.Broadcast(Discount);
            maximum0 = maximum1 = TLane.Constant(double.NegativeInfinity);
            long k = offsets[0];
            for (int a = 0; a < actions; a++, reward += padded)
            {
                TLane sum0 = TLane.Constant(0);
                TLane sum1 = TLane.Constant(0);
                for (long end = offsets[a + 1]; k < end; k += Height)
                {
                    sum0 = TLane.MultiplyAdd(TLane.Load(values + k), TLane.Gather(from, columns + k), sum0);
                    sum1 = TLane.MultiplyAdd(TLane.Load(values + k + TLane.Width), TLane.Gather(from, columns + k + TLane.Width), sum1);
                }

                q[a] = sum0 = TLane.MultiplyAdd(discount, sum0, TLane.Load(reward));
                q[actions + a] = sum1 = TLane.MultiplyAdd(discount, sum1, TLane.Load(reward + TLane.Width));
                maximum0 = TLane.Max(maximum0, sum0);
                maximum1 = TLane.Max(maximum1, sum1);
            }
        }
    }

    /// <summary>γ Pᵀ z, plus a source where one is given.</summary>
    private struct TransposeKernel : IBlockKernel
    {
        public StateLanesEngine<TLane, T> Engine;
        public T* Gathered;
        public T* Source;
        public T* From;
        public T* To;
        public T Discount;

        public readonly void Run(int block, int worker)
        {
            TLane change = TLane.Constant(0);
            TLane magnitude = TLane.Constant(0);
            (int first, int whole, int last) = Engine.SlicesOf(block);
            Sweep(first, whole, ref change, ref magnitude);
            TLane padded = TLane.Constant(0);
            Sweep(whole, last, ref padded, ref padded);
            Engine.Record(block, change, magnitude, From, To);
        }

        private readonly void Sweep(int first, int last, ref TLane change, ref TLane magnitude)
        {
            SlicedEll<T> ell = Engine._transposed!;
            long* offsets = ell.Offsets;
            int* columns = ell.Columns;
            T* values = ell.Values;
            T* gathered = Gathered;
            T* source = Source;
            T* from = From;
            T* to = To;
            TLane discount = TLane.Broadcast(Discount);
            TLane changed = change;
            TLane largest = magnitude;
            for (int slice = first; slice < last; slice++)
            {
                long s = (long)slice * Height;
                TLane sum0 = TLane.Constant(0);
                TLane sum1 = TLane.Constant(0);
                for (long k = offsets[slice]; k < offsets[slice + 1]; k += Height)
                {
                    sum0 = TLane.MultiplyAdd(TLane.Load(values + k), TLane.Gather(gathered, columns + k), sum0);
                    sum1 = TLane.MultiplyAdd(TLane.Load(values + k + TLane.Width), TLane.Gather(gathered, columns + k + TLane.Width), sum1);
                }

                TLane v0 = TLane.MultiplyAdd(discount, sum0, source is null ? TLane.Constant(0) : TLane.Load(source + s));
                TLane v1 = TLane.MultiplyAdd(discount, sum1, source is null ? TLane.Constant(0) : TLane.Load(source + s + TLane.Width));
                changed = TLane.Max(changed, TLane.Max(TLane.Abs(v0 - TLane.Load(from + s)), TLane.Abs(v1 - TLane.Load(from + s + TLane.Width))));
                largest = TLane.Max(largest, TLane.Max(TLane.Abs(v0), TLane.Abs(v1)));
                TLane.Store(to + s, v0);
                TLane.Store(to + s + TLane.Width, v1);
            }

            change = changed;
            magnitude = largest;
        }
    }
}
