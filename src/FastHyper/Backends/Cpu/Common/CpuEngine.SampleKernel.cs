namespace FastHyper.Backends.Cpu.Common;

internal abstract unsafe partial class CpuEngine<T>
{
    /// <summary>What one instance's samples say; streams and times in fixed order, all arithmetic float64.</summary>
    private partial struct SampleKernel : IBlockKernel
    {
        public SampleVerb Verb;
        public CpuEngine<T> Engine;
        public CpuRollouts Buffer;
        public T* Policy;
        public T* Q;
        public T* Values;
        public T* Target;
        public double* Result;
        public double Discount;
        public double LeaderDiscount;
        public double* StepSizes;
        public double TraceDecay;
        public Bootstrap Bootstrapping;
        public ValuesOf Learned;
        public bool OfStates;
        public VisitAveraging Averaging;
        public double Tolerance;
        public int MaximalSweeps;
        public double Clip;
        public double Scale;
        public T* DirectTarget;

        public readonly void Run(int block, int worker)
        {
            switch (Verb)
            {
                case SampleVerb.Learn:
                    if (TraceDecay == 0) LearnOneStep(block);
                    else LearnTraceReturns(block);
                    break;
                case SampleVerb.Solve: SolveValues(block, TableOf(worker)); break;
                case SampleVerb.AverageReturns: AverageReturns(block, TableOf(worker)); break;
                case SampleVerb.Traces: Traces(block, Averaging == VisitAveraging.None ? null : TableOf(worker)); break;
                case SampleVerb.TransferredTraces: TransferredTraces(block, TableOf(worker)); break;
                case SampleVerb.ExpectedTraces: ExpectedTraces(block); break;
                case SampleVerb.TrajectoryScores: TrajectoryScores(block); break;
                case SampleVerb.TransitionTraces: TransitionTraces(block); break;
                case SampleVerb.ArrivalTraces: ArrivalTraces(block); break;
                case SampleVerb.Visits: Visits(block); break;
                case SampleVerb.TransitionScores: TransitionScores(block); break;
                case SampleVerb.StartScores: StartScores(block); break;
                case SampleVerb.Returns: Returns(block); break;
            }
        }

        /// <summary>The worker's table, allocated when it is first needed: 12 bytes a state and action.</summary>
        private readonly VisitTable TableOf(int worker) => Engine._visits[worker] ??= new VisitTable(Engine.States * Engine.Actions);

        /// <summary>Index of step t of the instance's stream w.</summary>
        private readonly long At(int instance, int stream, int t) =>
            ((long)t * Buffer.Trajectories) + ((long)instance * Buffer.Shape.Streams) + stream;

        private readonly long RowAt(long at, int instance) => Engine.Layout.Row(Buffer.State[at], Buffer.Action[at]) + instance;

        /// <summary>Stored transition that step <paramref name="at"/> took, or −1 where it ended the episode.</summary>
        private readonly long EntryAt(long at)
        {
            int slot = Buffer.Slot[at];
            return slot < 0 ? -1 : Engine.Transitions.Matrix.Offsets[(Buffer.State[at] * Engine.Actions) + Buffer.Action[at]] + slot;
        }

        private readonly double Probability(long entry, int instance) => Engine.OwnProbabilities is null
            ? Engine.Transitions.Matrix.Values[entry]
            : double.CreateTruncating(Engine.OwnProbabilities[(entry * Engine.Layout.Stride) + instance]);

        private readonly StateValues<T> StateValues => new(Engine, Policy, Q, Learned == ValuesOf.Follower);

        /// <summary>Where the first action of a state stands.</summary>
        private readonly long RowOf(int s, int instance) => Engine.Layout.Row(s, 0) + instance;

        /// <summary>Σ_b π(b|s) q(s,b).</summary>
        private readonly double Mean(int s, int instance) => StateValues.Mean(RowOf(s, instance), instance);

        /// <summary>Σ_b π(b|s) q(s,b), or over the follower's actions alone after the leader's in <paramref name="action"/>.</summary>
        private readonly double MeanOfAnswers(int s, int action, int instance) =>
            Engine.LeaderActions == 0 ? Mean(s, instance) : StateValues.AfterLeader(RowOf(s, instance), action / Engine.FollowerActions, instance);

        /// <summary>Value of the state that step <paramref name="at"/> led to, from all its actions.</summary>
        private readonly double ValueAfter(long at, int instance)
        {
            long row = RowOf(Engine.Transitions.Matrix.Columns[EntryAt(at)], instance);
            return Bootstrapping == Bootstrap.Greedy ? StateValues.Greedy(row, instance) : StateValues.Mean(row, instance);
        }

        /// <summary>What step <paramref name="at"/> gave whoever's values are learned.</summary>
        private readonly double RewardAt(long at) => Learned == ValuesOf.Leader ? Buffer.LeaderReward[at] : Buffer.Reward[at];

        private readonly void Add(VisitTable visits, long at, double value)
        {
            int pair = Pair(at);
            visits.Sum[pair] += value;
            visits.Count[pair]++;
        }

        private readonly void Clear(VisitTable visits, int instance)
        {
            foreach ((long at, _) in new Steps(this, instance))
            {
                int pair = Pair(at);
                visits.Sum[pair] = 0;
                visits.Count[pair] = 0;
            }
        }

        private readonly void Scatter(long to, double value) => Add(Target, to, value);

        private static void Add(T* target, long to, double value) =>
            target[to] = T.CreateTruncating(double.CreateTruncating(target[to]) + value);

        /// <summary>Every step of an instance in order: its index and the stored transition that it took.</summary>
        private ref struct Steps(SampleKernel kernel, int instance)
        {
            private readonly SampleKernel _kernel = kernel;
            private int _stream;
            private int _time = -1;

            public readonly Steps GetEnumerator() => this;

            public readonly (long At, long Entry) Current
            {
                get
                {
                    long at = _kernel.At(instance, _stream, _time);
                    return (at, _kernel.EntryAt(at));
                }
            }

            public bool MoveNext()
            {
                if (++_time == _kernel.Buffer.Shape.Steps)
                {
                    _time = 0;
                    _stream++;
                }

                return _stream < _kernel.Buffer.Shape.Streams;
            }
        }
    }
}
