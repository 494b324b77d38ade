namespace FastHyper.Backends.Cpu;

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
    }
}
