using System.Runtime.CompilerServices;

namespace FastHyper.Backends.Cpu;

internal sealed unsafe partial class StateLanesEngine<TLane, T>
{
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
