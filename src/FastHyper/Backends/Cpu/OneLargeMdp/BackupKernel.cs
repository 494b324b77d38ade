using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Krylov;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

/// <summary>
/// From V: the soft backup, or the policy's backup where a policy is given; and Q, the new policy, or what a Newton step
/// needs, where asked for.
/// </summary>
internal unsafe partial struct BackupKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Height = SlicedMatrix.Height;

    private const int SlicesAtOnce = 4;

    // A few hundred cycles of a slice's entries.
    private const int SlicesAhead = 4;
    public SlicedMatrix P;
    public int SlicesInBlock;
    public int States;
    public long RowAction;
    public T Discount;
    public T Temperature;
    public T InverseTemperature;
    public TLane* Scratch;
    public long ScratchLength;
    public BlockBounds* Bounds;

    /// <summary>V.</summary>
    public T* From;

    /// <summary>TV, written; null where only the change is asked for.</summary>
    public T* To;

    public T* Reward;
    public T* Policy;

    /// <summary>The leader's policy f, (S, L), where it acts.</summary>
    public T* LeaderShares;
    public int LeaderActions;

    /// <summary>Q or the new policy, written; null for neither.</summary>
    public T* Rows;
    public MapOutput Output;

    /// <summary>Subtracted from every value.</summary>
    public T Shift;

    /// <summary>
    /// TV − V in float32, written together with P_π or, where that has no structure of its own, π; null for none of them. Shaped rewards
    /// are written to the narrow rows, too.
    /// </summary>
    public float* Change;

    /// <summary>What changes are multiplied by where they are written, a power of two.</summary>
    public T ChangeScale;
    public ResponseStructure? Response;
    public float* NarrowRows;

    public readonly int Blocks => (P.Slices + SlicesInBlock - 1) / SlicesInBlock;

    public readonly void Run(int block, int worker)
    {
        int first = block * SlicesInBlock;
        int last = Math.Min(first + SlicesInBlock, P.Slices);
        int whole = Math.Min(last, States / Height);
        TLane* q = Scratch + (worker * ScratchLength);
        if (Rows is not null || Output == MapOutput.Shaped)
        {
            Map(first, last, q);
            return;
        }

        LaneBounds<TLane, T> lanes = LaneBounds<TLane, T>.Empty;
        Sweep(first, whole, q, ref lanes);
        BlockBounds bounds = lanes.Reduce();
        if (whole < last) Finish(whole, q, ref bounds);
        Bounds[block] = bounds;
    }

    /// <summary>
    /// Backs slices up in place, one after the other: the states of each, however many fit in a register, from what V held before it.
    /// <see cref="From"/> and <see cref="To"/> are V.
    /// </summary>
    public readonly BlockBounds SweepInPlace(int first, int last, bool down, int worker)
    {
        TLane* q = Scratch + (worker * ScratchLength);
        T* values = stackalloc T[Height];
        LaneBounds<TLane, T> lanes = LaneBounds<TLane, T>.Empty;
        BlockBounds bounds = BlockBounds.Empty;
        BackupKernel<TLane, T> kernel = this;
        for (int i = first; i < last; i++)
        {
            int slice = down ? first + last - 1 - i : i;
            if (slice == States / Height)
            {
                Finish(slice, q, ref bounds);
                continue;
            }

            long s = (long)slice * Height;
            kernel.To = values - s;
            kernel.Sweep(slice, slice + 1, q, ref lanes);
            new ReadOnlySpan<T>(values, Height).CopyTo(new Span<T>(To + s, Height));
        }

        bounds.Add(lanes.Reduce());
        return bounds;
    }

    /// <summary>
    /// The last slice, some of whose lanes lie beyond the last state: their rows are empty and their values would be
    /// τ log A; they become zero, and the others count number by number.
    /// </summary>
    private readonly void Finish(int slice, TLane* q, ref BlockBounds bounds)
    {
        LaneBounds<TLane, T> padded = LaneBounds<TLane, T>.Empty;
        BackupKernel<TLane, T> kernel = this;
        T* values = stackalloc T[Height];
        kernel.To = values - ((long)slice * Height);
        kernel.Sweep(slice, slice + 1, q, ref padded);
        for (int lane = 0; lane < Height; lane++)
        {
            long s = ((long)slice * Height) + lane;
            if (s < States)
            {
                bounds.Add(double.CreateTruncating(values[lane] - From[s]), double.CreateTruncating(values[lane]));
                if (To is not null) To[s] = values[lane];
            }
            else
            {
                if (To is not null) To[s] = T.Zero;
                if (Change is not null) Change[s] = 0;
            }
        }
    }

    /// <summary>
    /// A few slices at a time: first what is summed of each register, then all their logarithms, which do not wait for each other as
    /// each waits for its sum, and then what the values changed. Sweeps in place come with one slice: clearing the registers would show.
    /// </summary>
    [SkipLocalsInit]
    private readonly void Sweep(int first, int last, TLane* q, ref LaneBounds<TLane, T> bounds)
    {
        TLane temperature = TLane.Broadcast(Temperature);
        TLane* values = stackalloc TLane[2 * SlicesAtOnce * Height / TLane.Width];
        TLane* sums = values + (SlicesAtOnce * Height / TLane.Width);
        bool isSoft = Policy is null && LeaderShares is null && Change is null;
        for (int begin = first; begin < last; begin += SlicesAtOnce)
        {
            int end = Math.Min(begin + SlicesAtOnce, last), registers = (end - begin) * Height / TLane.Width;
            Sum(begin, end, q, values, sums);
            if (isSoft)
                for (int r = 0; r < registers; r++)
                    values[r] = TLane.MultiplyAdd(temperature, Elementary.Log<TLane, T>(sums[r]), values[r]);
            Note((long)begin * Height, registers, values, ref bounds);
        }
    }

    /// <summary>
    /// Of each register of states its value; or, where that is the soft maximum and nothing else is wanted, m = max_a q_a, and
    /// Σ_a exp((q_a − m)/τ).
    /// </summary>
    private readonly void Sum(int first, int last, TLane* q, TLane* values, TLane* sums)
    {
        int actions = P.Members;
        TLane temperature = TLane.Broadcast(Temperature);
        TLane inverse = TLane.Broadcast(InverseTemperature);
        TLane zero = TLane.Constant(0);
        TLane* q1 = q + actions;
        for (int slice = first; slice < last; slice++)
        {
            for (int lane = 0; lane < Height; lane += 2 * TLane.Width, values += 2, sums += 2)
            {
                long s = ((long)slice * Height) + lane;
                Backup(slice, lane, q, out TLane maximum0, out TLane maximum1);
                if (Policy is not null)
                {
                    TLane v0 = zero, v1 = zero;
                    T* p = Policy + s;
                    for (int a = 0; a < actions; a++, p += RowAction)
                    {
                        Prefetch(p);
                        TLane p0 = TLane.Load(p), p1 = TLane.Load(p + TLane.Width);
                        v0 = TLane.MultiplyAdd(p0, q[a], v0);
                        v1 = TLane.MultiplyAdd(p1, q1[a], v1);
                        if (Change is null) continue;
                        q[a] = p0;
                        q1[a] = p1;
                    }

                    values[0] = v0;
                    values[1] = v1;
                }
                else if (LeaderShares is not null)
                {
                    values[0] = Mixed(s, q, temperature, inverse);
                    values[1] = Mixed(s + TLane.Width, q1, temperature, inverse);
                }
                else if (Change is not null)
                {
                    SoftMaximum.Apply<TLane, T>(q, 2, actions, temperature, inverse, values);
                }
                else
                {
                    values[0] = maximum0;
                    values[1] = maximum1;
                    sums[0] = SoftMaximum.Sum<TLane, T>(q, actions, maximum0, inverse);
                    sums[1] = SoftMaximum.Sum<TLane, T>(q1, actions, maximum1, inverse);
                }

                if (Change is null) continue;
                if (Response is null) StorePolicy(s, q);
                else Merge(slice, lane, q);
            }
        }
    }

    /// <summary>Shifts and writes values of registers from a state on, and what they changed.</summary>
    private readonly void Note(long s, int registers, TLane* values, ref LaneBounds<TLane, T> bounds)
    {
        TLane zero = TLane.Constant(0), shift = TLane.Broadcast(Shift), scale = TLane.Broadcast(ChangeScale);
        TLane lowest = bounds.Lowest, highest = bounds.Highest, magnitude = bounds.Magnitude, poison = bounds.Poison;
        for (int r = 0; r < registers; r++, s += TLane.Width)
        {
            TLane v = values[r] - shift;
            TLane change = v - TLane.Load(From + s);
            lowest = TLane.Min(lowest, change);
            highest = TLane.Max(highest, change);
            magnitude = TLane.Max(magnitude, TLane.Abs(v));
            poison = TLane.MultiplyAdd(zero, v, poison);
            if (To is not null) TLane.Store(To + s, v);
            if (Change is not null) TLane.StoreNarrow(Change + s, change * scale);
        }

        bounds = new LaneBounds<TLane, T> { Lowest = lowest, Highest = highest, Magnitude = magnitude, Poison = poison };
    }

    /// <summary>What a register of states is worth where a leader acts; q becomes the joint policy where that is asked for.</summary>
    private readonly TLane Mixed(long s, TLane* q, TLane temperature, TLane inverse) => SoftMaximum.Mixed(
        q, LeaderActions, P.Members / LeaderActions, LeaderShares + s, RowAction, temperature, inverse, Change is not null
            || Output == MapOutput.Policy);

    /// <summary>q ← r + γ P V, the first register's actions and then the second's; and the largest of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Backup(int slice, int lane, TLane* q, out TLane maximum0, out TLane maximum1)
    {
        int actions = P.Members;
        SliceMember* members = P.MemberTable + ((long)slice * actions);
        float* high = P.High;
        int* low = P.Low, shifts = P.Shifts, far = P.Far;
        ushort* near = P.Near;
        T* from = From;
        T* reward = Reward + ((long)slice * Height) + lane;
        TLane discount = TLane.Broadcast(Discount);
        maximum0 = maximum1 = TLane.Constant(double.NegativeInfinity);
        for (int a = 0; a < actions; a++, reward += RowAction)
        {
            Prefetch(reward);
            SliceRow.Sum<TLane, T, WholeValues>(
                in members[a], high, low, shifts, near, far, from, slice, lane, out TLane sum0, out TLane sum1);
            q[a] = sum0 = TLane.MultiplyAdd(discount, sum0, TLane.Load(reward));
            q[actions + a] = sum1 = TLane.MultiplyAdd(discount, sum1, TLane.Load(reward + TLane.Width));
            maximum0 = TLane.Max(maximum0, sum0);
            maximum1 = TLane.Max(maximum1, sum1);
        }
    }

    /// <summary>
    /// Prefetches two registers of rows to come: one after the other they lie an action apart, in which the processor sees no stream.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(T* row)
    {
        byte* next = (byte*)(row + (SlicesAhead * Height));
        for (int at = 0; at < 2 * sizeof(TLane); at += CacheLine.Bytes) CacheLine.PrefetchOnce(next + at);
    }
}
