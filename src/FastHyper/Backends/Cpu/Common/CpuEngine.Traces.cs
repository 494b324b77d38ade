namespace FastHyper.Backends.Cpu.Common;

internal abstract unsafe partial class CpuEngine<T>
{
    private partial struct SampleKernel
    {
        private readonly void Traces(int instance, VisitTable? visits)
        {
            double share = 1.0 / Buffer.EpisodesOf(instance);
            Weigh(instance, visits);
            if (visits is not null) foreach ((long at, _) in new Steps(this, instance)) Add(visits, at, Buffer.Trace[at]);
            for (int w = 0; w < Buffer.Shape.Streams; w++)
            {
                double e = 0;
                for (int t = 0; t < Buffer.Shape.Steps; t++)
                {
                    long at = At(instance, w, t);
                    double u = Buffer.Trace[at];
                    if (visits is not null) u = visits.Mean(Pair(at));
                    if (Averaging >= VisitAveraging.PairsCentredByState) u -= MeanOfVisits(visits!, at);
                    e = Buffer.Time[at] == 0 ? u : u + (Discount * e);
                    Buffer.Trace[at] = e;
                    Scatter(RowAt(at, instance), share * e);
                }
            }

            if (visits is not null) Clear(visits, instance);
        }

        /// <summary>Mean over the visits of the pairs among which the follower chose.</summary>
        private readonly double MeanOfVisits(VisitTable visits, long at) =>
            visits.Mean(Pair(at) / Engine.FollowerActions * Engine.FollowerActions, Engine.FollowerActions);

        private readonly void ArrivalTraces(int instance)
        {
            double share = Discount / Buffer.EpisodesOf(instance);
            foreach ((long at, long entry) in new Steps(this, instance))
                if (entry >= 0) Scatter(StateAt(Engine.Transitions.Matrix.Columns[entry], instance), share * Buffer.Trace[at]);
        }

        /// <summary>u_k = γ_L^{t_k} (q(s_k,a_k) − baseline(s_k))/τ of every step, into the trace's memory; the table is left empty.</summary>
        private readonly void Weigh(int instance, VisitTable? visits)
        {
            double inverseTemperature = InverseTemperature(instance);
            bool visited = Averaging == VisitAveraging.AllCentredByState;
            if (visited) foreach ((long at, _) in new Steps(this, instance)) Add(visits!, at, double.CreateTruncating(Q[RowAt(at, instance)]));
            foreach ((long at, _) in new Steps(this, instance))
            {
                double baseline = visited ? MeanOfVisits(visits!, at) : MeanOfAnswers(Buffer.State[at], Buffer.Action[at], instance);
                Buffer.Trace[at] = Engine._powers[Buffer.Time[at]] * (double.CreateTruncating(Q[RowAt(at, instance)]) - baseline) * inverseTemperature;
            }

            if (visited) Clear(visits!, instance);
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
                Scatter(OfStates ? StateAt(Buffer.State[at], instance) : RowAt(at, instance), share * Engine._powers[Buffer.Time[at]]);
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

        private readonly long StateAt(int s, int instance) => Engine.Layout.State(s) + instance;

        private readonly int Pair(long at) => (Buffer.State[at] * Engine.Actions) + Buffer.Action[at];
    }
}
