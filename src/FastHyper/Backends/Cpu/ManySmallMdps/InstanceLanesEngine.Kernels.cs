using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.ManySmallMdps;

internal sealed unsafe partial class InstanceLanesEngine<TLane, T>
{
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
            Register* registers = stackalloc Register[MaxRegisters];
            TLane* q = Engine.Scratch(worker);
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

                for (int r = 0; r < count; r++) End(registers[r], sweep == Limits.Count - 1);
            }
        }

        /// <summary>Prepares a register for a sweep; false if none of its instances is active.</summary>
        private readonly bool Begin(int lane, ref Register register)
        {
            bool any = Engine.TryMask(Status, lane, out TLane mask);
            register = new Register { Lane = lane, Mask = mask };
            return any;
        }

        /// <summary>
        /// Notes what a sweep changed, and freezes the instances that have converged. The registers' maximum forgets what is not a
        /// number: it is looked for before an instance freezes, and at the end of a call.
        /// </summary>
        private readonly void End(in Register register, bool last)
        {
            T* number = stackalloc T[2 * TLane.Width];
            TLane.Store(number, register.Change);
            TLane.Store(number + TLane.Width, register.Magnitude);
            for (int j = 0; j < TLane.Width && register.Lane + j < Engine.Instances; j++)
            {
                int instance = register.Lane + j;
                if (!Status.Active[instance]) continue;
                double change = double.CreateTruncating(number[j]);
                double magnitude = double.CreateTruncating(number[TLane.Width + j]);
                bool ends = change <= Limits.Absolute + (Limits.Relative * (magnitude + Status.Spread[instance]));
                if ((ends || last) && !Engine.AreFinite(Values + instance, Engine.Layout.Stride))
                    (change, magnitude, ends) = (double.NaN, double.NaN, false);
                Status.Sweeps[instance]++;
                Status.Change[instance] = change;
                Status.Magnitude[instance] = magnitude;
                if (ends) Status.Active[instance] = false;
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
            T* shares = engine.LeaderShares;
            int leaderActions = engine.LeaderActions;
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
                    TLane soft = shares is null
                        ? SoftMaximum.Value<TLane, T>(q, actions, maximum, temperature, inverse)
                        : SoftMaximum.Mixed(
                            q, leaderActions, actions / leaderActions, shares + ((long)s * leaderActions * stride) + lane, stride,
                            temperature, inverse, policy: false);
                    register->Update(v + ((long)s * stride), soft);
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
            int stride = engine.Layout.Stride;
            TLane discount = TLane.Broadcast(Discount);
            for (int i = 0; i < states; i++)
            {
                int s = down ? states - 1 - i : i;
                for (Register* register = registers; register < registers + count; register++)
                {
                    int lane = register->Lane;
                    T* y = Values + lane;
                    TLane flow = engine.Inflow(y, Policy + lane, s, lane);
                    register->Update(
                        y + ((long)s * stride), TLane.MultiplyAdd(discount, flow, TLane.Load(Reward + ((long)s * stride) + lane)));
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

        /// <summary>Notes F(V) − V of a state, and leaves V as it is.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Note(ref TLane change, T* at, TLane value)
        {
            change = value - TLane.Load(at);
            Change = TLane.Max(Change, TLane.Abs(change));
            Magnitude = TLane.Max(Magnitude, TLane.Abs(value));
        }
    }

    /// <summary>
    /// One pass over the states that leaves V as it is: Q, the policy, or the follower's values after each leader action.
    /// </summary>
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
            TLane* q = Engine.Scratch(worker);
            TLane* soft = q + (StatesAtOnce * actions);
            TLane discount = TLane.Broadcast(Discount);
            TLane temperature = TLane.Load(Engine.Temperatures + lane);
            TLane inverse = TLane.Load(Engine.InverseTemperatures + lane);
            for (int s = 0; s < Engine.States; s += StatesAtOnce)
            {
                int count = Math.Min(StatesAtOnce, Engine.States - s);
                long row = (long)s * actions;
                int rows = count * actions;
                for (int i = 0; i < rows; i++)
                    q[i] = Backup(
                        V + lane, TLane.Load(Reward + ((row + i) * stride) + lane), offsets[row + i], offsets[row + i + 1], discount,
                        successors, values, own, stride);
                if (Output == MapOutput.LeaderActionValues)
                {
                    int leaderActions = Engine.LeaderActions, answers = actions / leaderActions;
                    T* target = Target + ((long)s * leaderActions * stride) + lane;
                    for (int i = 0; i < count * leaderActions; i++, target += stride)
                        TLane.Store(target, SoftMaximum.Value<TLane, T>(q + (i * answers), answers, temperature, inverse));
                    continue;
                }

                if (Output == MapOutput.Policy) Engine.SoftMaxima(q, s, count, lane, temperature, inverse, soft);
                for (int i = 0; i < rows; i++) TLane.Store(Target + ((row + i) * stride) + lane, q[i]);
            }
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
