namespace FastHyper.Backends.Cpu;

internal abstract unsafe partial class CpuEngine<T>
{
    private VisitTable[] _visits = [];
    private double[] _powers = [1];
    private double _powersOf = double.NaN;

    private enum SampleVerb
    {
        Learn,
        AverageReturns,
        Traces,
        TransitionTraces,
        Visits,
        TransitionScores,
        StartScores,
        Returns,
    }

    public override void LearnActionValues(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double discount, ReadOnlySpan<double> steps, double traceDecay)
    {
        fixed (double* step = steps)
        {
            RunSamples(new SampleKernel
            {
                Verb = SampleVerb.Learn,
                Policy = Pointer(policy),
                Q = Pointer(q),
                LeaderDiscount = discount,
                StepSizes = step,
                TraceDecay = traceDecay,
            }, rollouts);
        }
    }

    public override void AverageReturns(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double discount) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.AverageReturns,
            Policy = Pointer(policy),
            Q = Pointer(q),
            LeaderDiscount = discount,
        }, rollouts);

    public override void CovarianceTraces(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double discount, double leaderDiscount, bool averageVisits, DeviceArray target) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.Traces,
            Policy = Pointer(policy),
            Q = Pointer(q),
            Discount = discount,
            LeaderDiscount = leaderDiscount,
            AverageVisits = averageVisits,
            Target = Pointer(target),
        }, rollouts);

    public override void TransitionTraces(RolloutBuffer rollouts, DeviceArray v, double discount, DeviceArray target) =>
        RunSamples(new SampleKernel { Verb = SampleVerb.TransitionTraces, Values = Pointer(v), Discount = discount, Target = Pointer(target) }, rollouts);

    public override void DiscountedVisits(RolloutBuffer rollouts, double leaderDiscount, DeviceArray target) =>
        RunSamples(new SampleKernel { Verb = SampleVerb.Visits, LeaderDiscount = leaderDiscount, Target = Pointer(target) }, rollouts);

    public override void DirectTransitionScores(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double leaderDiscount, DeviceArray target) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.TransitionScores,
            Policy = Pointer(policy),
            Q = Pointer(q),
            LeaderDiscount = leaderDiscount,
            Target = Pointer(target),
        }, rollouts);

    public override void StartScores(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, DeviceArray initial, DeviceArray target) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.StartScores,
            Policy = Pointer(policy),
            Q = Pointer(q),
            Values = Pointer(initial),
            Target = Pointer(target),
        }, rollouts);

    public override void MeanReturns(RolloutBuffer rollouts, double leaderDiscount, Span<double> result)
    {
        fixed (double* r = result)
            RunSamples(new SampleKernel { Verb = SampleVerb.Returns, LeaderDiscount = leaderDiscount, Result = r }, rollouts);
    }

    private void RunSamples(SampleKernel kernel, RolloutBuffer rollouts)
    {
        kernel.Engine = this;
        kernel.Buffer = (CpuRollouts)rollouts;
        int longest = Math.Min(rollouts.Shape.EpisodeLimit, rollouts.Shape.Steps);
        if (kernel.LeaderDiscount != _powersOf || _powers.Length < longest)
        {
            if (_powers.Length < longest) _powers = new double[longest];
            _powers[0] = 1;
            for (int t = 1; t < _powers.Length; t++) _powers[t] = _powers[t - 1] * kernel.LeaderDiscount;
            _powersOf = kernel.LeaderDiscount;
        }

        if (_visits.Length == 0 && (kernel.AverageVisits || kernel.Verb == SampleVerb.AverageReturns))
        {
            _visits = new VisitTable[Team.Size];
            for (int worker = 0; worker < Team.Size; worker++) _visits[worker] = new VisitTable(checked(States * Actions));
        }

        Team.Run(ref kernel, Instances);
    }

    /// <summary>Sums over the visits of each (s,a); costs the visited pairs only to clear.</summary>
    private sealed class VisitTable(int rows)
    {
        public readonly double[] Sum = new double[rows];
        public readonly int[] Count = new int[rows];
    }

    /// <summary>What one instance's samples say; streams and times in fixed order, all arithmetic float64.</summary>
    private struct SampleKernel : IBlockKernel
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
        public bool AverageVisits;

        public readonly void Run(int block, int worker)
        {
            switch (Verb)
            {
                case SampleVerb.Learn:
                    if (TraceDecay == 0) LearnOneStep(block);
                    else LearnTraceReturns(block);
                    break;
                case SampleVerb.AverageReturns: AverageReturns(block, Engine._visits[worker]); break;
                case SampleVerb.Traces: Traces(block, AverageVisits ? Engine._visits[worker] : null); break;
                case SampleVerb.TransitionTraces: TransitionTraces(block); break;
                case SampleVerb.Visits: Visits(block); break;
                case SampleVerb.TransitionScores: TransitionScores(block); break;
                case SampleVerb.StartScores: StartScores(block); break;
                case SampleVerb.Returns: Returns(block); break;
            }
        }

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

        /// <summary>Σ_b π(b|s) q(s,b).</summary>
        private readonly double Mean(int s, int instance)
        {
            long at = (s * Engine.Layout.RowState) + instance;
            double mean = 0;
            for (int b = 0; b < Engine.Actions; b++, at += Engine.Layout.RowAction)
                mean += double.CreateTruncating(Policy[at]) * double.CreateTruncating(Q[at]);
            return mean;
        }

        /// <summary>Σ_b π(b|s') q(s',b) for the state s' that step <paramref name="at"/> led to.</summary>
        private readonly double Bootstrap(long at, int instance) =>
            Mean(Engine.Transitions.Matrix.Columns[EntryAt(at)], instance);

        private readonly void LearnOneStep(int instance)
        {
            for (int w = 0; w < Buffer.Shape.Streams; w++)
            {
                for (int t = 0; t < Buffer.Shape.Steps; t++)
                {
                    long at = At(instance, w, t);
                    double after = Buffer.End[at] switch
                    {
                        StepEnd.Terminated => 0,
                        StepEnd.Truncated => Bootstrap(at, instance),
                        _ => double.CreateTruncating(Q[RowAt(at + Buffer.Trajectories, instance)]),
                    };
                    Towards(instance, RowAt(at, instance), Buffer.LeaderReward[at] + (LeaderDiscount * after));
                }
            }
        }

        /// <summary>
        /// G_k = l_k + γ_L ((1−λ) Σ_b π Q(s_{k+1},b) + λ G_{k+1}) with the Q from before the call, then Q towards G in
        /// the order of time. The targets lie in the trace's memory until then.
        /// </summary>
        private readonly void LearnTraceReturns(int instance)
        {
            for (int w = 0; w < Buffer.Shape.Streams; w++)
            {
                double g = 0;
                for (int t = Buffer.Shape.Steps - 1; t >= 0; t--)
                {
                    long at = At(instance, w, t);
                    double after = Buffer.End[at] switch
                    {
                        StepEnd.Terminated => 0,
                        StepEnd.Truncated => Bootstrap(at, instance),
                        _ => ((1 - TraceDecay) * Bootstrap(at, instance)) + (TraceDecay * g),
                    };
                    g = Buffer.LeaderReward[at] + (LeaderDiscount * after);
                    Buffer.Trace[at] = g;
                }
            }

            foreach ((long at, _) in new Steps(this, instance)) Towards(instance, RowAt(at, instance), Buffer.Trace[at]);
        }

        private readonly void Towards(int instance, long row, double target)
        {
            double q = double.CreateTruncating(Q[row]);
            Q[row] = T.CreateTruncating(q + (StepSizes[instance / Engine.Options.InstancesPerLeader] * (target - q)));
        }

        private readonly void AverageReturns(int instance, VisitTable visits)
        {
            for (int w = 0; w < Buffer.Shape.Streams; w++)
            {
                double g = 0;
                for (int t = Buffer.Shape.Steps - 1; t >= 0; t--)
                {
                    long at = At(instance, w, t);
                    double after = Buffer.End[at] switch
                    {
                        StepEnd.Terminated => 0,
                        StepEnd.Truncated => Bootstrap(at, instance),
                        _ => g,
                    };
                    g = Buffer.LeaderReward[at] + (LeaderDiscount * after);
                    Add(visits, at, g);
                }
            }

            for (int w = 0; w < Buffer.Shape.Streams; w++)
            {
                for (int t = 0; t < Buffer.Shape.Steps; t++)
                {
                    long at = At(instance, w, t);
                    int pair = Pair(at);
                    if (visits.Count[pair] == 0) continue;
                    Q[RowAt(at, instance)] = T.CreateTruncating(visits.Sum[pair] / visits.Count[pair]);
                    visits.Sum[pair] = 0;
                    visits.Count[pair] = 0;
                }
            }
        }

        private readonly void Traces(int instance, VisitTable? visits)
        {
            double inverseTemperature = double.CreateTruncating(Engine.InverseTemperatures[instance]);
            double share = 1.0 / Buffer.EpisodesOf(instance);
            for (int w = 0; w < Buffer.Shape.Streams; w++)
            {
                for (int t = 0; t < Buffer.Shape.Steps; t++)
                {
                    long at = At(instance, w, t);
                    double advantage = double.CreateTruncating(Q[RowAt(at, instance)]) - Mean(Buffer.State[at], instance);
                    Buffer.Trace[at] = Engine._powers[Buffer.Time[at]] * advantage * inverseTemperature;
                    if (visits is not null) Add(visits, at, Buffer.Trace[at]);
                }
            }

            for (int w = 0; w < Buffer.Shape.Streams; w++)
            {
                double e = 0;
                for (int t = 0; t < Buffer.Shape.Steps; t++)
                {
                    long at = At(instance, w, t);
                    double u = Buffer.Trace[at];
                    if (visits is not null)
                    {
                        int pair = Pair(at);
                        u = visits.Sum[pair] / visits.Count[pair];
                    }

                    e = Buffer.Time[at] == 0 ? u : u + (Discount * e);
                    Buffer.Trace[at] = e;
                    Scatter(RowAt(at, instance), share * e);
                }
            }

            if (visits is null) return;
            for (int w = 0; w < Buffer.Shape.Streams; w++)
            {
                for (int t = 0; t < Buffer.Shape.Steps; t++)
                {
                    int pair = Pair(At(instance, w, t));
                    visits.Sum[pair] = 0;
                    visits.Count[pair] = 0;
                }
            }
        }

        private readonly void TransitionTraces(int instance)
        {
            double share = Discount / Buffer.EpisodesOf(instance);
            foreach ((long at, long entry) in new Steps(this, instance))
            {
                if (entry < 0) continue;
                double v = double.CreateTruncating(Values[((long)Engine.Transitions.Matrix.Columns[entry] * Engine.Layout.Stride) + instance]);
                Scatter((entry * Engine.Layout.Stride) + instance, share * Buffer.Trace[at] * v / Probability(entry, instance));
            }
        }

        private readonly void Visits(int instance)
        {
            double share = 1.0 / Buffer.EpisodesOf(instance);
            foreach ((long at, _) in new Steps(this, instance))
                Scatter(RowAt(at, instance), share * Engine._powers[Buffer.Time[at]]);
        }

        private readonly void TransitionScores(int instance)
        {
            double share = LeaderDiscount / Buffer.EpisodesOf(instance);
            foreach ((long at, long entry) in new Steps(this, instance))
            {
                if (entry < 0) continue;
                double v = Mean(Engine.Transitions.Matrix.Columns[entry], instance);
                Scatter((entry * Engine.Layout.Stride) + instance, share * Engine._powers[Buffer.Time[at]] * v / Probability(entry, instance));
            }
        }

        private readonly void StartScores(int instance)
        {
            double share = 1.0 / Buffer.EpisodesOf(instance);
            foreach ((long at, _) in new Steps(this, instance))
            {
                if (Buffer.Time[at] != 0) continue;
                int s = Buffer.State[at];
                long state = ((long)s * Engine.Layout.Stride) + instance;
                Scatter(state, share * Mean(s, instance) / double.CreateTruncating(Values[state]));
            }
        }

        private readonly void Returns(int instance)
        {
            double sum = 0;
            foreach ((long at, _) in new Steps(this, instance)) sum += Engine._powers[Buffer.Time[at]] * Buffer.LeaderReward[at];
            Result[instance] = sum / Buffer.EpisodesOf(instance);
        }

        private readonly int Pair(long at) => (Buffer.State[at] * Engine.Actions) + Buffer.Action[at];

        private readonly void Add(VisitTable visits, long at, double value)
        {
            int pair = Pair(at);
            visits.Sum[pair] += value;
            visits.Count[pair]++;
        }

        private readonly void Scatter(long to, double value) =>
            Target[to] = T.CreateTruncating(double.CreateTruncating(Target[to]) + value);

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
