using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Factorisations;

namespace FastHyper.Backends.Cpu.ManySmallMdps;

internal sealed unsafe partial class InstanceLanesEngine<TLane, T>
{
    /// <summary>
    /// Newton's method of one register on V = F(V), F the soft Bellman operator, a policy's, or its adjoint: a pass over the
    /// states finds F(V) − V, and V ← V + (I − F')⁻¹ (F(V) − V) until it is within the limits; then V ← F(V). Where F is
    /// linear one factorisation serves all steps, and steps after the first refine it. An instance whose factors or step
    /// rounding has spoilt takes V ← F(V), a sweep, instead.
    /// </summary>
    private struct DirectKernel : IBlockKernel
    {
        public InstanceLanesEngine<TLane, T> Engine;
        public DirectSolver Direct;
        public Verb Verb;
        public T* Values;
        public T* Reward;
        public T* Policy;
        public double Discount;
        public SweepLimits Limits;
        public SweepStatus Status;

        private static double Epsilon => typeof(T) == typeof(double) ? 2.2204460492503131e-16 : 1.1920929e-07;

        public readonly void Run(int block, int worker)
        {
            SymbolicFactorisation symbolic = Direct.Symbolic;
            int lane = block * TLane.Width;
            TLane* scratch = Direct.Scratch(worker);
            Register register = new() { Lane = lane };
            TLane* deficits = scratch + symbolic.EntryCount;
            TLane* changes = deficits + symbolic.Count;
            TLane* step = changes + symbolic.Count;
            TLane* soft = step + symbolic.Count;
            Factors<TLane, T> factors = new(symbolic, scratch, deficits);
            TLane smallest = TLane.Constant(0);
            bool factorised = false;
            double* last = stackalloc double[TLane.Width];
            new Span<double>(last, TLane.Width).Fill(double.PositiveInfinity);
            for (int pass = 0; pass < Limits.Count; pass++)
            {
                if (!Engine.TryMask(Status, lane, out register.Mask)) return;
                register.Change = register.Magnitude = TLane.Constant(0);
                switch (Verb)
                {
                    case Verb.Soft: SoftPass(ref register, changes, soft); break;
                    case Verb.Evaluate: EvaluationPass(ref register, changes); break;
                    default: AdjointPass(ref register, changes); break;
                }

                Note(register, changes, last, pass == Limits.Count - 1);
                TLane stepping = TLane.Constant(0);
                if (Engine.TryMask(Status, lane, out TLane remaining))
                {
                    if (!factorised)
                    {
                        Assemble(factors, lane, soft);
                        smallest = factors.Factorise();
                        factorised = Verb != Verb.Soft;
                    }

                    for (int k = 0; k < symbolic.Count; k++) step[k] = changes[symbolic.States[k]];
                    if (Verb == Verb.Adjoint) factors.SolveTransposed(step);
                    else factors.Solve(step);
                    stepping = TLane.Select(remaining, Sound(register, smallest, step), stepping);
                }

                Move(register, stepping, changes, step);
            }
        }

        /// <summary>F(V) − V and the policy of V, for the soft Bellman operator.</summary>
        private readonly void SoftPass(ref Register register, TLane* changes, TLane* policy)
        {
            InstanceLanesEngine<TLane, T> engine = Engine;
            int lane = register.Lane;
            int states = engine.States;
            int actions = engine.Actions;
            int stride = engine.Layout.Stride;
            long* row = engine._rowOffsets.Pointer;
            long* successors = engine._successors.Pointer;
            T* values = engine._values.Pointer;
            T* own = engine.OwnProbabilities is null ? null : engine.OwnProbabilities + lane;
            T* v = Values + lane;
            T* reward = Reward + lane;
            TLane discount = TLane.Constant(Discount);
            TLane temperature = TLane.Load(engine.Temperatures + lane);
            TLane inverse = TLane.Load(engine.InverseTemperatures + lane);
            for (int s = 0; s < states; s += StatesAtOnce)
            {
                int count = Math.Min(StatesAtOnce, states - s);
                TLane* q = policy;
                for (int i = 0; i < count; i++, row += actions)
                    for (int a = 0; a < actions; a++, reward += stride, policy++)
                        *policy = Backup(v, TLane.Load(reward), row[a], row[a + 1], discount, successors, values, own, stride);
                engine.SoftMaxima(q, s, count, lane, temperature, inverse, changes + s);
                for (int i = s; i < s + count; i++) register.Note(ref changes[i], v + ((long)i * stride), changes[i]);
            }
        }

        private readonly void EvaluationPass(ref Register register, TLane* changes)
        {
            InstanceLanesEngine<TLane, T> engine = Engine;
            int lane = register.Lane;
            int states = engine.States;
            int actions = engine.Actions;
            int stride = engine.Layout.Stride;
            long* row = engine._rowOffsets.Pointer;
            long* successors = engine._successors.Pointer;
            T* values = engine._values.Pointer;
            T* own = engine.OwnProbabilities is null ? null : engine.OwnProbabilities + lane;
            T* v = Values + lane;
            long at = lane;
            TLane discount = TLane.Constant(Discount);
            for (int s = 0; s < states; s++, row += actions)
            {
                TLane sum = TLane.Constant(0);
                for (int a = 0; a < actions; a++, at += stride)
                {
                    TLane value = Backup(v, TLane.Load(Reward + at), row[a], row[a + 1], discount, successors, values, own, stride);
                    sum = TLane.MultiplyAdd(TLane.Load(Policy + at), value, sum);
                }

                register.Note(ref changes[s], v + ((long)s * stride), sum);
            }
        }

        private readonly void AdjointPass(ref Register register, TLane* changes)
        {
            InstanceLanesEngine<TLane, T> engine = Engine;
            int lane = register.Lane;
            int states = engine.States;
            int stride = engine.Layout.Stride;
            TLane discount = TLane.Constant(Discount);
            for (int s = 0; s < states; s++)
            {
                TLane flow = engine.Inflow(Values + lane, Policy + lane, s, lane);
                TLane value = TLane.MultiplyAdd(discount, flow, TLane.Load(Reward + ((long)s * stride) + lane));
                register.Note(ref changes[s], Values + ((long)s * stride) + lane, value);
            }
        }

        private readonly void Assemble(in Factors<TLane, T> factors, int lane, TLane* soft)
        {
            T* own = Engine.OwnProbabilities is null ? null : Engine.OwnProbabilities + lane;
            T* policy = Verb == Verb.Soft ? (T*)soft : Policy + lane;
            long stride = Verb == Verb.Soft ? TLane.Width : Engine.Layout.Stride;
            factors.Assemble(policy, stride, Discount, Direct.TermValues, own, Engine.Layout.Stride, Direct.RowDeficits);
        }

        /// <summary>
        /// Reports a pass, and freezes the instances that have converged or reached their rounding. The registers' maximum forgets what
        /// is not a number: it is looked for before that, and in the last pass.
        /// </summary>
        private readonly void Note(in Register register, TLane* changes, double* last, bool isLast)
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
                double size = magnitude + Status.Spread[instance];
                bool floored = change >= last[j] && change <= StopRules.FloorUnits * Epsilon * size;
                bool ends = floored || change <= Limits.Absolute + (Limits.Relative * size);
                if ((ends || isLast) && !Engine.AreFinite((T*)changes + j, TLane.Width))
                    (change, magnitude, ends) = (double.NaN, double.NaN, false);
                last[j] = change;
                Status.Sweeps[instance]++;
                Status.Change[instance] = change;
                Status.Magnitude[instance] = magnitude;
                if (ends) Status.Active[instance] = false;
                else Status.Products[instance]++;
            }
        }

        /// <summary>Instances with positive pivots and a finite step that is not all rounding.</summary>
        private readonly TLane Sound(in Register register, TLane smallest, TLane* step)
        {
            TLane zero = TLane.Constant(0);
            TLane largest = zero, spoilt = zero;
            for (int k = 0; k < Engine.States; k++)
            {
                largest = TLane.Max(largest, TLane.Abs(step[k]));
                // 0 · x is a number where x is finite; a maximum may lose what is not a number.
                spoilt = TLane.MultiplyAdd(zero, step[k], spoilt);
            }

            TLane sound = TLane.Greater(register.Change * TLane.Constant(1 / (StopRules.StepUnits * Epsilon)), largest);
            sound = TLane.Select(TLane.Greater(smallest, zero), sound, zero);
            return TLane.Select(TLane.Greater(TLane.Constant(1), spoilt), sound, zero);
        }

        /// <summary>V + step for the instances that step, F(V) for the others that were active before the pass.</summary>
        private readonly void Move(in Register register, TLane stepping, TLane* changes, TLane* step)
        {
            int stride = Engine.Layout.Stride;
            int* positions = Direct.Symbolic.Positions;
            T* at = Values + register.Lane;
            for (int s = 0; s < Engine.States; s++, at += stride)
            {
                TLane old = TLane.Load(at);
                TLane moved = old + TLane.Select(stepping, step[positions[s]], changes[s]);
                TLane.Store(at, TLane.Select(register.Mask, moved, old));
            }
        }
    }
}
