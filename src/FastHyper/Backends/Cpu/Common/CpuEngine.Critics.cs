namespace FastHyper.Backends.Cpu.Common;

internal abstract unsafe partial class CpuEngine<T>
{
    private partial struct SampleKernel
    {
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
                        StepEnd.None when Bootstrapping == Bootstrap.Sampled => ValueOfNext(at, instance),
                        _ => ValueAfter(at, instance),
                    };
                    Towards(instance, RowAt(at, instance), RewardAt(at) + (LeaderDiscount * after));
                }
            }
        }

        /// <summary>Q of the step after <paramref name="at"/>, with the entropy of its action where that counts.</summary>
        private readonly double ValueOfNext(long at, int instance)
        {
            long next = at + Buffer.Trajectories;
            return StateValues.Of(RowOf(Buffer.State[next], instance), Buffer.Action[next], instance);
        }

        /// <summary>Q towards the λ-returns of the Q from before the call, in the order of time.</summary>
        private readonly void LearnTraceReturns(int instance)
        {
            TraceReturns(instance, TraceDecay);
            foreach ((long at, _) in new Steps(this, instance)) Towards(instance, RowAt(at, instance), Buffer.Trace[at]);
        }

        /// <summary>
        /// G_k = l_k + γ_L ((1−λ) Σ_b π Q(s_{k+1},b) + λ G_{k+1}) of every step, into the trace's memory. With λ = 1 these
        /// are the returns.
        /// </summary>
        private readonly void TraceReturns(int instance, double decay)
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
                        StepEnd.Truncated => ValueAfter(at, instance),
                        _ => decay == 1 ? g : ((1 - decay) * ValueAfter(at, instance)) + (decay * g),
                    };
                    g = Buffer.LeaderReward[at] + (LeaderDiscount * after);
                    Buffer.Trace[at] = g;
                }
            }
        }

        private readonly void Towards(int instance, long row, double target)
        {
            double q = double.CreateTruncating(Q[row]);
            Q[row] = T.CreateTruncating(q + (StepSizes[instance / Engine.Options.InstancesPerLeader] * (target - q)));
        }

        private readonly void AverageReturns(int instance, VisitTable visits)
        {
            TraceReturns(instance, 1);
            foreach ((long at, _) in new Steps(this, instance)) Add(visits, at, Buffer.Trace[at]);
            foreach ((long at, _) in new Steps(this, instance))
            {
                int pair = Pair(at);
                if (visits.Count[pair] == 0) continue;
                Q[RowAt(at, instance)] = T.CreateTruncating(visits.Sum[pair] / visits.Count[pair]);
                visits.Sum[pair] = 0;
                visits.Count[pair] = 0;
            }
        }

        /// <summary>Sweeps of q ← mean over visits of l + γ_L Σ_b π q(s',b), all pairs from the values of the sweep before.</summary>
        private readonly void SolveValues(int instance, VisitTable visits)
        {
            foreach ((long at, _) in new Steps(this, instance)) Add(visits, at, 0);
            for (int sweep = 0; sweep < MaximalSweeps; sweep++)
            {
                foreach ((long at, _) in new Steps(this, instance))
                    visits.Sum[Pair(at)] += RewardAt(at) + (Buffer.End[at] == StepEnd.Terminated ? 0 : LeaderDiscount * ValueAfter(at, instance));

                // The sign of a count tells in which sweeps its pair has been updated.
                int fresh = sweep % 2 == 0 ? 1 : -1;
                double change = 0;
                double largest = 0;
                foreach ((long at, _) in new Steps(this, instance))
                {
                    int pair = Pair(at);
                    if (visits.Count[pair] * fresh < 0) continue;
                    long row = RowAt(at, instance);
                    double next = visits.Sum[pair] / Math.Abs(visits.Count[pair]);
                    change = Math.Max(change, Math.Abs(next - double.CreateTruncating(Q[row])));
                    largest = Math.Max(largest, Math.Abs(next));
                    Q[row] = T.CreateTruncating(next);
                    visits.Sum[pair] = 0;
                    visits.Count[pair] = -visits.Count[pair];
                }

                if (change <= Tolerance * largest || Engine.Monitor.Cancellation.IsCancellationRequested) break;
            }

            Clear(visits, instance);
        }
    }
}
