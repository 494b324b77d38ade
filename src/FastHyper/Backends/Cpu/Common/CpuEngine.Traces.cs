namespace FastHyper.Backends.Cpu.Common;

internal abstract unsafe partial class CpuEngine<T>
{
    private partial struct SampleKernel
    {
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
                    if (visits is not null) u = visits.Mean(Pair(at));
                    if (Averaging == VisitAveraging.PairsCentredByState) u -= visits!.Mean(Buffer.State[at] * Engine.Actions, Engine.Actions);
                    e = Buffer.Time[at] == 0 ? u : u + (Discount * e);
                    Buffer.Trace[at] = e;
                    Scatter(RowAt(at, instance), share * e);
                }
            }

            if (visits is not null) Clear(visits, instance);
        }

        private readonly void TransitionTraces(int instance)
        {
            double share = Discount / Buffer.EpisodesOf(instance);
            foreach ((long at, long entry) in new Steps(this, instance))
            {
                if (entry < 0) continue;
                double v = double.CreateTruncating(Values[Engine.Layout.State(Engine.Transitions.Matrix.Columns[entry]) + instance]);
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
                long state = Engine.Layout.State(s) + instance;
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
    }
}
