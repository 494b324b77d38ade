using System.Numerics;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu;

/// <summary>
/// One large MDP: a register holds as many states as it has lanes. Arrays are action-major, the transitions sliced
/// ELL, so that everything but V is loaded contiguously. Sweeps read one array of values and write another (Jacobi).
/// </summary>
internal sealed unsafe partial class StateLanesEngine<TLane, T> : CpuEngine<T>
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
        Iterate(Own<T>(v, ArrayKind.State), new ForwardKernel { Reward = RowArray(reward) }, discount, limits, status);

    public override void EvaluationSweeps(DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        Iterate(Own<T>(v, ArrayKind.State), new ForwardKernel { Reward = RowArray(reward), Policy = RowArray(policy) }, discount, limits, status);

    public override void AdjointSweeps(DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status)
    {
        PrepareTransposed();
        CpuArray<T> values = Own<T>(y, ArrayKind.State);
        for (int sweep = 0; sweep < limits.Count && status.Active[0]; sweep++)
        {
            ScaleByState(policy, values, _flow!, accumulate: false);
            RunTransposed(_flow!.Pointer, StateArray(source), values.Pointer, _next.Pointer, discount);
            values.Swap(_next);
            Advance(limits, status);
        }
    }

    public override void PolicyIteration(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        SoftSweeps(v, reward, discount, limits, status);

    public override void Evaluate(DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        EvaluationSweeps(v, policy, reward, discount, limits, status);

    public override void Adjoint(DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status) =>
        AdjointSweeps(y, policy, source, discount, limits, status);

    public override void SoftResidual(DeviceArray v, DeviceArray reward, double discount, Span<double> residual)
    {
        ForwardKernel kernel = new() { Reward = RowArray(reward) };
        RunForward(ref kernel, StateArray(v), _next.Pointer, discount);
        residual[0] = Largest(0);
    }

    public override void ActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray q)
    {
        ForwardKernel kernel = new() { Reward = RowArray(reward), Rows = RowArray(q), Output = MapOutput.ActionValues };
        RunForward(ref kernel, StateArray(v), _next.Pointer, discount);
    }

    public override void Policy(DeviceArray v, DeviceArray reward, double discount, DeviceArray policy)
    {
        ForwardKernel kernel = new() { Reward = RowArray(reward), Rows = RowArray(policy), Output = MapOutput.Policy };
        RunForward(ref kernel, StateArray(v), _next.Pointer, discount);
    }

    public override void TransposedProduct(DeviceArray c, double discount, DeviceArray target)
    {
        PrepareTransposed();
        RunTransposed(RowArray(c), null, _next.Pointer, StateArray(target), discount);
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
        if (status.Change[0] <= limits.Absolute + (limits.Relative * (status.Magnitude[0] + status.Spread[0]))) status.Active[0] = false;
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
}
