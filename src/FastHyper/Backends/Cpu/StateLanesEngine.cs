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
        : base(transitions, options, CpuLayout.ForStates(transitions.States, transitions.Actions), team)
    {
        SparseMatrix p = transitions.Matrix;
        _forward = new SlicedEll<T>(States, Actions, p.Offsets, p.Columns, null, p.Values);
        _next = (CpuArray<T>)Allocate(ArrayKind.State);
        _scratch = new NativeArray<TLane>((long)transitions.Actions * team.Size);
        _slicesInBlock = Math.Clamp(_forward.Slices / (16 * team.Size), 16, 4096);
        _largest = new double[2 * Blocks];
    }

    public override string Description =>
        $"CPU, states as lanes of {TLane.Width} x {(sizeof(T) == 8 ? "float64" : "float32")}, {Team.Size} thread(s)";

    /// <summary>Bytes of the transitions that a sweep reads.</summary>
    public long TransitionBytes => _forward.Bytes;

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
        _transposed = new SlicedEll<T>(States, 1, _incoming.Offsets, gathered, _incoming.Entries, values);
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
        if (status.Change[0] <= limits.Absolute + (limits.Relative * Largest(1))) status.Active[0] = false;
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

    /// <summary>Records a block's largest change and magnitude, padding lanes left out.</summary>
    private void Record(int block, TLane* found)
    {
        T* numbers = (T*)found;
        double change = 0;
        double magnitude = 0;
        for (int j = 0; j < TLane.Width; j++)
        {
            change = Math.Max(change, double.CreateTruncating(numbers[j]));
            magnitude = Math.Max(magnitude, double.CreateTruncating(numbers[TLane.Width + j]));
        }

        _largest[2 * block] = change;
        _largest[(2 * block) + 1] = magnitude;
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
            StateLanesEngine<TLane, T> engine = Engine;
            SlicedEll<T> ell = engine._forward;
            int actions = engine.Actions;
            long padded = engine.Layout.RowAction;
            TLane* q = engine._scratch.Pointer + ((long)worker * actions);
            TLane discount = TLane.Broadcast(Discount);
            TLane temperature = TLane.Broadcast(*engine.Temperatures);
            TLane inverse = TLane.Broadcast(*engine.InverseTemperatures);
            TLane* found = stackalloc TLane[2];
            TLane change = TLane.Constant(0);
            TLane magnitude = TLane.Constant(0);
            T* from = From;
            T* reward = Reward;
            T* policy = Policy;
            int* columns = ell.Columns;
            T* values = ell.Values;
            int last = Math.Min((block + 1) * engine._slicesInBlock, ell.Slices);
            for (int slice = block * engine._slicesInBlock; slice < last; slice++)
            {
                long* offsets = ell.Offsets + ((long)slice * actions);
                for (int j = 0; j < SlicedEll.Height; j += TLane.Width)
                {
                    long s = ((long)slice * SlicedEll.Height) + j;
                    TLane maximum = TLane.Constant(0);
                    TLane mean = TLane.Constant(0);
                    for (int a = 0; a < actions; a++)
                    {
                        TLane sum = TLane.Constant(0);
                        long end = offsets[a + 1];
                        for (long k = offsets[a] + j; k < end; k += SlicedEll.Height)
                            sum = TLane.MultiplyAdd(TLane.Load(values + k), TLane.Gather(from, columns + k), sum);
                        long row = (a * padded) + s;
                        TLane value = TLane.MultiplyAdd(discount, sum, TLane.Load(reward + row));
                        q[a] = value;
                        maximum = a == 0 ? value : TLane.Max(maximum, value);
                        if (policy is not null) mean = TLane.MultiplyAdd(TLane.Load(policy + row), value, mean);
                    }

                    TLane updated = mean;
                    if (Rows is not null)
                    {
                        if (Output == MapOutput.Policy) SoftMaximum.Apply<TLane, T>(q, actions, temperature, inverse);
                        for (int a = 0; a < actions; a++) TLane.Store(Rows + (a * padded) + s, q[a]);
                        continue;
                    }

                    if (policy is null) updated = SoftMaximum.Value<TLane, T>(q, actions, maximum, temperature, inverse);
                    updated = engine.KeepPadding(updated, s);
                    change = TLane.Max(change, TLane.Abs(updated - TLane.Load(from + s)));
                    magnitude = TLane.Max(magnitude, TLane.Abs(updated));
                    TLane.Store(To + s, updated);
                }
            }

            found[0] = change;
            found[1] = magnitude;
            engine.Record(block, found);
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
            SlicedEll<T> ell = Engine._transposed!;
            TLane discount = TLane.Broadcast(Discount);
            TLane* found = stackalloc TLane[2];
            TLane change = TLane.Constant(0);
            TLane magnitude = TLane.Constant(0);
            int last = Math.Min((block + 1) * Engine._slicesInBlock, ell.Slices);
            for (int slice = block * Engine._slicesInBlock; slice < last; slice++)
            {
                for (int j = 0; j < SlicedEll.Height; j += TLane.Width)
                {
                    long s = ((long)slice * SlicedEll.Height) + j;
                    TLane sum = TLane.Constant(0);
                    for (long k = ell.Offsets[slice] + j; k < ell.Offsets[slice + 1]; k += SlicedEll.Height)
                        sum = TLane.MultiplyAdd(TLane.Load(ell.Values + k), TLane.Gather(Gathered, ell.Columns + k), sum);
                    TLane updated = TLane.MultiplyAdd(discount, sum, Source is null ? TLane.Constant(0) : TLane.Load(Source + s));
                    change = TLane.Max(change, TLane.Abs(updated - TLane.Load(From + s)));
                    magnitude = TLane.Max(magnitude, TLane.Abs(updated));
                    TLane.Store(To + s, updated);
                }
            }

            found[0] = change;
            found[1] = magnitude;
            Engine.Record(block, found);
        }
    }

    /// <summary>Zero in the lanes beyond the last state, whose rows are empty and would drift to τ log A.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TLane KeepPadding(TLane value, long s)
    {
        if (s + TLane.Width <= States) return value;
        T* numbers = stackalloc T[TLane.Width];
        TLane.Store(numbers, value);
        for (int j = 0; j < TLane.Width; j++)
            if (s + j >= States) numbers[j] = T.Zero;
        return TLane.Load(numbers);
    }
}
