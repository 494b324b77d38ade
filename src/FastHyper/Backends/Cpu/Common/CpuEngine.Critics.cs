namespace FastHyper.Backends.Cpu.Common;

/// <summary>Critics that go over an instance's steps in their order, streams one after the other; all arithmetic float64.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    protected override void LearnActionValuesCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, ReadOnlySpan<double> steps)
    {
        fixed (double* sizes = steps)
        {
            SamplesOfTable samples = NewSamples(rollouts, policy, q, target);
            LearnKernel kernel = new() { Samples = samples, Bootstrap = target.Bootstrap, StepSizes = sizes };
            Team.Run(ref kernel, Instances);
        }
    }

    private protected override void SolveActionValuesCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, double tolerance, int maxSweeps,
        Span<SampledSolve> found)
    {
        fixed (SampledSolve* results = found)
        {
            SolveKernel kernel = new()
            {
                Samples = NewSamples(rollouts, policy, q, target),
                Tables = VisitTables(1),
                Tolerance = SampledSolve.Held(tolerance, Options.Precision),
                Rounding = SampledSolve.Rounding(tolerance, Options.Precision, (long)rollouts.Shape.Steps * rollouts.Shape.Streams),
                MaxSweeps = maxSweeps,
                Results = results,
            };
            Team.Run(ref kernel, Instances);
        }
    }

    private SamplesOfTable NewSamples(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target)
    {
        CpuRollouts record = Own(rollouts);
        T* table = RowArray(q);
        return new SamplesOfTable
        {
            Engine = this,
            Matrix = Transitions.Matrix,
            Rollouts = record,
            Q = table,
            Values = new StateValues<T>(this, RowArray(policy), table, target.Of == ValuesOf.Follower),
            Rewards = target.Of == ValuesOf.Leader ? record.LeaderRewards : record.Rewards,
            Discount = target.Discount,
        };
    }

    /// <summary>Steps, and the table that learns from them.</summary>
    private struct SamplesOfTable
    {
        public CpuEngine<T> Engine;
        public SparseMatrix Matrix;
        public CpuRollouts Rollouts;
        public T* Q;
        public StateValues<T> Values;
        public double* Rewards;
        public double Discount;

        /// <summary>Index of step t of the instance's stream w.</summary>
        public readonly long At(int instance, int stream, int t) =>
            ((long)t * Rollouts.Trajectories) + ((long)instance * Rollouts.Shape.Streams) + stream;

        public readonly int PairAt(long at) => (Rollouts.State[at] * Engine.Actions) + Rollouts.Action[at];

        public readonly long RowAt(long at, int instance) => Engine.Layout.Row(Rollouts.State[at], Rollouts.Action[at]) + instance;

        /// <summary>Q of the step after <paramref name="at"/>, with the entropy of its action where that counts.</summary>
        public readonly double OfNext(long at, int instance)
        {
            long next = at + Rollouts.Trajectories;
            return Values.Of(Engine.Layout.Row(Rollouts.State[next], 0) + instance, Rollouts.Action[next], instance);
        }

        /// <summary>Value of the state that step <paramref name="at"/> led to, from all its actions.</summary>
        public readonly double After(long at, int instance, bool greedy)
        {
            long entry = Matrix.Offsets[PairAt(at)] + Rollouts.Slot[at], row = Engine.Layout.Row(Matrix.Columns[entry], 0) + instance;
            return greedy ? Values.Greedy(row, instance) : Values.Mean(row, instance);
        }

        /// <summary>The reward and what is expected after it.</summary>
        public readonly double Expected(long at, int instance) =>
            Rewards[at] + (Rollouts.End[at] == StepEnd.Terminated ? 0 : Discount * After(at, instance, greedy: false));
    }

    /// <summary>SARSA, expected or greedy: each step looks at what those before it have learnt.</summary>
    private struct LearnKernel : IBlockKernel
    {
        public SamplesOfTable Samples;
        public Bootstrap Bootstrap;
        public double* StepSizes;

        public readonly void Run(int instance, int worker)
        {
            double size = StepSizes[instance / Samples.Engine.Options.InstancesPerLeader];
            for (int w = 0; w < Samples.Rollouts.Shape.Streams; w++)
            {
                for (int t = 0; t < Samples.Rollouts.Shape.Steps; t++)
                {
                    long at = Samples.At(instance, w, t);
                    double after = Samples.Rollouts.End[at] switch
                    {
                        StepEnd.Terminated => 0,
                        StepEnd.None when Bootstrap == Bootstrap.Sampled => Samples.OfNext(at, instance),
                        _ => Samples.After(at, instance, Bootstrap == Bootstrap.Greedy),
                    };
                    T* q = Samples.Q + Samples.RowAt(at, instance);
                    double value = ToDouble(*q);
                    *q = T.CreateTruncating(value + (size * (Samples.Rewards[at] + (Samples.Discount * after) - value)));
                }
            }
        }
    }

    /// <summary>
    /// Sweeps of q ← Tq, (Tq)(s,a) the mean over visits of the reward + γ Σ_b π q(s',b), all pairs from the values of the sweep before.
    /// They end when the residual of what they left, measured afresh, is within the tolerance; or within rounding, once changes shrink
    /// no more.
    /// </summary>
    private struct SolveKernel : IBlockKernel
    {
        public SamplesOfTable Samples;
        public VisitTable?[] Tables;
        public double Tolerance;
        public double Rounding;
        public int MaxSweeps;
        public SampledSolve* Results;

        public readonly void Run(int instance, int worker)
        {
            VisitTable table = Tables[worker] ??= new VisitTable(Samples.Engine.States * Samples.Engine.Actions);
            SampledSolve left = default;
            double last = double.PositiveInfinity;
            int sweep = 0;
            while (sweep < MaxSweeps && !left.IsProven && !Samples.Engine.Monitor.Cancellation.IsCancellationRequested)
            {
                SampledSolve change = Sweep(table, instance, ++sweep, updates: true);
                if (!double.IsFinite(change.Residual)) break;
                // As T contracts, changes that shrink no more are rounding, or nothing that sweeps can lessen.
                double allowed = change.Residual < last ? Tolerance : Rounding;
                last = change.Residual;
                if (change.Residual <= allowed * change.Size) left = Measure(table, instance, sweep, allowed);
            }

            Results[instance] = left.IsProven ? left : Measure(table, instance, sweep, Tolerance);
        }

        /// <summary>The residual of what is there, and whether it is within what is allowed of its size.</summary>
        private readonly SampledSolve Measure(VisitTable table, int instance, int sweep, double allowed)
        {
            SampledSolve left = Sweep(table, instance, sweep, updates: false);
            return left with { IsProven = left.Residual <= allowed * left.Size };
        }

        private readonly SampledSolve Sweep(VisitTable table, int instance, int sweep, bool updates)
        {
            int epoch = table.Begin(), streams = Samples.Rollouts.Shape.Streams, steps = Samples.Rollouts.Shape.Steps;
            for (int w = 0; w < streams; w++)
            {
                for (int t = 0; t < steps; t++)
                {
                    long at = Samples.At(instance, w, t);
                    ref Visit visit = ref table.Pairs[Samples.PairAt(at)];
                    double value = Samples.Expected(at, instance);
                    visit = visit.Epoch == epoch
                        ? visit with { Sum = visit.Sum + value, Count = visit.Count + 1 }
                        : new Visit { Sum = value, Count = 1, Epoch = epoch };
                }
            }

            // A pair's first visit looks at it for all of them.
            double change = 0, size = 0;
            for (int w = 0; w < streams; w++)
            {
                for (int t = 0; t < steps; t++)
                {
                    long at = Samples.At(instance, w, t);
                    ref Visit visit = ref table.Pairs[Samples.PairAt(at)];
                    if (visit.Count == 0) continue;
                    T* q = Samples.Q + Samples.RowAt(at, instance);
                    double next = visit.Sum / visit.Count;
                    change = Math.Max(change, Math.Abs(next - ToDouble(*q)));
                    size = Math.Max(size, Math.Abs(updates ? next : ToDouble(*q)));
                    visit.Count = 0;
                    if (updates) *q = T.CreateTruncating(next);
                }
            }

            return new SampledSolve(change, size, sweep, false);
        }
    }
}
