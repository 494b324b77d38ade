namespace FastHyper.Backends.Cpu.Common;

internal abstract unsafe partial class CpuEngine<T>
{
    private partial struct SampleKernel
    {
        private readonly double InverseTemperature(int instance) => double.CreateTruncating(Engine.InverseTemperatures[instance]);

        private readonly void TransferredTraces(int instance, VisitTable visits)
        {
            double inverseTemperature = InverseTemperature(instance);
            foreach ((long at, _) in new Steps(this, instance)) Add(visits, at, 0);

            // W of each visited pair, once: a sum is zero until its state is first met.
            foreach ((long at, _) in new Steps(this, instance))
            {
                long row = RowAt(at, instance);
                double advantage = double.CreateTruncating(Q[row]) - MeanOfAnswers(Buffer.State[at], Buffer.Action[at], instance);
                visits.Sum[Pair(at)] = double.CreateTruncating(Values[row]) * advantage * inverseTemperature;
            }

            // The traces are those of means over episodes, as all are.
            double episodes = Buffer.EpisodesOf(instance);
            double e = 0;
            foreach ((long at, _) in new Steps(this, instance))
            {
                double u = visits.Mean(Pair(at)) - MeanOfVisits(visits, at);
                e = Buffer.Time[at] == 0 ? u : u + (Discount * e);
                Buffer.Trace[at] = e * episodes;
                Scatter(RowAt(at, instance), e);
            }

            Clear(visits, instance);
        }

        private readonly void ExpectedTraces(int instance)
        {
            double inverseTemperature = InverseTemperature(instance);
            double share = Scale / Buffer.EpisodesOf(instance);
            double e = 0;
            double p = 1;
            foreach ((long at, _) in new Steps(this, instance))
            {
                int s = Buffer.State[at];
                if (Buffer.Time[at] == 0) (e, p) = (0, 1);
                double weight = p * Engine._powers[Buffer.Time[at]];
                double mean = 0;
                double before = Discount * e;
                long row = Engine.Layout.Row(s, 0) + instance;
                for (int b = 0; b < Engine.Actions; b++, row += Engine.Layout.RowAction)
                {
                    if (b % Engine.FollowerActions == 0) mean = MeanOfAnswers(s, b, instance);
                    double u = weight * (double.CreateTruncating(Q[row]) - mean) * inverseTemperature;
                    double pi = double.CreateTruncating(Policy[row]);
                    Scatter(row, share * pi * (u + before));
                    Add(DirectTarget, row, share * pi * weight);
                    if (b != Buffer.Action[at]) continue;
                    double ratio = Math.Min(Clip, pi / double.CreateTruncating(Values[row]));
                    e = ratio * (u + before);
                    p *= ratio;
                }

                Buffer.Trace[at] = e;
            }
        }

        private readonly void TrajectoryScores(int instance)
        {
            double share = InverseTemperature(instance) / Buffer.EpisodesOf(instance);
            TraceOfReturns(instance);
            double w = 0;
            foreach ((long at, _) in new Steps(this, instance))
            {
                int s = Buffer.State[at];
                w = Buffer.Time[at] == 0 ? share * Buffer.Trace[at] : w * Discount;
                Scatter(RowAt(at, instance), w);
                long row = Engine.Layout.Row(s, 0) + instance;
                for (int b = 0; b < Engine.Actions; b++, row += Engine.Layout.RowAction) Scatter(row, -w * double.CreateTruncating(Policy[row]));
            }
        }

        /// <summary>Σ_j γ_L^{j−k} l_j to the end of each step's episode, cut or not, into the trace's memory.</summary>
        private readonly void TraceOfReturns(int instance)
        {
            for (int w = 0; w < Buffer.Shape.Streams; w++)
            {
                double g = 0;
                for (int t = Buffer.Shape.Steps - 1; t >= 0; t--)
                {
                    long at = At(instance, w, t);
                    g = Buffer.LeaderReward[at] + (Buffer.End[at] == StepEnd.None ? LeaderDiscount * g : 0);
                    Buffer.Trace[at] = g;
                }
            }
        }
    }
}
