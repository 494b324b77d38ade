using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

/// <summary>What the estimators beside BC-HG make of samples.</summary>
public abstract partial class BackendContract
{
    [Theory, MemberData(nameof(Engines))]
    public void TransferredTracesDivideWeightsAmongVisits(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        double[][] visits = RandomInstances.Each(d.Before.Length, i => d.Before[i].Select(Math.Abs).ToArray());
        DeviceArray target = d.Put(ArrayKind.StateAction, d.Before);
        d.Engine.Scatter(d.Buffer, d.TransferredTraces(d.Put(ArrayKind.StateAction, visits)), StepPlace.Pair, target);
        d.ExpectAdded(target, (i, episodes, add) =>
        {
            Sample[] all = [.. episodes.SelectMany(e => e)];
            double Weight(int row) =>
                visits[i][row] * (d.Values[i][row] - Samples.Mean(d.Policies[i], d.Values[i], row / 3, 3)) / d.Temperature(i);
            double Share(Sample k)
            {
                Sample[] ofState = [.. all.Where(other => other.State == k.State)];
                double centre = ofState.Select(other => other.Row).Distinct().Sum(Weight) / ofState.Length;
                return (Weight(k.Row) / ofState.Count(other => other.Row == k.Row)) - centre;
            }

            foreach (Sample[] e in episodes)
            {
                double[] u = [.. e.Select(Share)];
                for (int j = 0; j < e.Length; j++) add(e[j].Row, episodes.Count * Samples.Trace(u, j, SampleDiscount));
            }
        });
    }

    [Theory, MemberData(nameof(Engines))]
    public void ExpectedTracesTakeActionsInExpectationAndWeighThePast(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        const double clip = 1.3, scale = 0.25;
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        DeviceArray target = d.Device.Put(ArrayKind.StateAction, d.Device.Data.Policies());
        double[][] policies = d.Device.Get(target);
        DeviceArray visits = d.Put(ArrayKind.StateAction, d.Before), rows = d.Put(ArrayKind.StateAction, d.Before);
        d.AddExpectations(target, clip, scale, rows, visits);
        double Ratio(int i, Sample step) => Math.Min(clip, policies[i][step.Row] / d.Policies[i][step.Row]);
        double Product(int i, Sample[] e, int before) => e.Take(before).Aggregate(1.0, (p, step) => p * Ratio(i, step));
        d.ExpectAdded(visits, (i, episodes, add) =>
        {
            foreach (Sample[] e in episodes)
                for (int j = 0; j < e.Length; j++)
                    for (int b = 0; b < 3; b++)
                        add(
                            (e[j].State * 3) + b,
                            scale * policies[i][(e[j].State * 3) + b] * Math.Pow(SampleLeaderDiscount, j) * Product(i, e, j));
        });
        d.ExpectAdded(rows, (i, episodes, add) =>
        {
            double U(Sample at, int row) =>
                Math.Pow(SampleLeaderDiscount, at.Time) * (
                    d.Values[i][row] - Samples.Mean(policies[i], d.Values[i], at.State, 3)) / d.Temperature(i);
            foreach (Sample[] e in episodes)
            {
                for (int j = 0; j < e.Length; j++)
                {
                    // Σ_{k<j} γ^{j−k} u_k, all with the weight of the actions before j.
                    double past = Enumerable.Range(0, j).Sum(k => Math.Pow(SampleDiscount, j - k) * U(e[k], e[k].Row));
                    for (int row = e[j].State * 3; row < (e[j].State * 3) + 3; row++)
                        add(row, scale * policies[i][row] * Product(i, e, j) * (U(e[j], row) + past));
                }
            }
        });
    }

    [Theory, MemberData(nameof(Engines))]
    public void TrajectoryScoresWeighEpisodesByTheirReturn(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        foreach (double discount in (double[])[SampleDiscount, 1])
        {
            DeviceArray target = d.Put(ArrayKind.StateAction, d.Before);
            DeviceArray w = d.Steps();
            d.Engine.Scan(d.Buffer, d.Buffer.LeaderReward, new Recursion(SampleLeaderDiscount) { Backwards = true }, w);
            d.Engine.Scale(d.Buffer, w, w, discount: 0, perTemperature: true, perEpisode: true);
            d.Engine.Scan(d.Buffer, w, new Recursion(discount), w);
            d.Engine.ScatterActions(d.Buffer, d.Policy, w, target, factor: -1, taken: w);
            d.ExpectAdded(target, (i, episodes, add) =>
            {
                foreach (Sample[] e in episodes)
                {
                    double r = e.Sum(step => Math.Pow(SampleLeaderDiscount, step.Time) * step.LeaderReward) / d.Temperature(i);
                    foreach (Sample step in e)
                    {
                        double w = r * Math.Pow(discount, step.Time);
                        add(step.Row, w);
                        for (int row = step.State * 3; row < (step.State * 3) + 3; row++) add(row, -w * d.Policies[i][row]);
                    }
                }
            });
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void SolvedActionValuesAgreeWithTheSamples(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 30), leaders);
        d.Solve(d.Q, new(SampleLeaderDiscount), precision == Precision.F64 ? 1e-12 : 1e-6);
        double[][] solved = d.Device.Get(d.Q);
        d.Device.Expect(d.Q, i =>
        {
            double[] q = [.. d.Values[i]];
            foreach (IGrouping<int, Sample> pair in d.Episodes(i).SelectMany(e => e).GroupBy(step => step.Row))
                q[pair.Key] = pair.Average(step =>
                    step.LeaderReward + (step.Next < 0 ? 0 : SampleLeaderDiscount * Samples.Mean(d.Policies[i], solved[i], step.Next, 3)));
            return q;
        });
    }

    [Theory, MemberData(nameof(Engines))]
    public void SolvesOverSamplesEndByProofOrSayWhatTheyReached(Precision precision, EngineLayout layout, bool own, int leaders,
        int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 30), leaders);
        SampledSolve[] found = new SampledSolve[d.Device.Data.Instances];
        DeviceArray q = d.Put(ArrayKind.StateAction, d.Values);
        d.Engine.SolveActionValues(d.Buffer, d.Policy, q, new(SampleLeaderDiscount), 1e-6, 2, found);
        double[][] reached = d.Device.Get(q);
        for (int i = 0; i < found.Length; i++)
        {
            Assert.False(found[i].IsProven);
            Assert.Equal(2, found[i].Sweeps);
            var pairs = d.Episodes(i).SelectMany(e => e).GroupBy(step => step.Row);
            double residual = pairs.Max(pair => Math.Abs(reached[i][pair.Key] - pair.Average(step =>
                step.LeaderReward + (step.Next < 0 ? 0 : SampleLeaderDiscount * Samples.Mean(d.Policies[i], reached[i], step.Next, 3)))));
            d.Device.Expect([residual, pairs.Max(pair => Math.Abs(reached[i][pair.Key]))], [found[i].Residual, found[i].Size]);
            Assert.Equal(found[i].Residual / (1 - SampleLeaderDiscount), found[i].Bound(SampleLeaderDiscount), 1e-12);
        }

        // As near as rounding lets it come.
        d.Engine.SolveActionValues(d.Buffer, d.Policy, q, new(SampleLeaderDiscount), 1e-300, 10_000, found);
        Assert.All(found, solve =>
            Assert.True(solve.IsProven && solve.Relative < (d.Device.Narrow ? 1e-5 : 1e-13) && solve.Sweeps < 2000, $"{solve}"));

        d.Engine.Fill(q, double.NaN);
        d.Engine.SolveActionValues(d.Buffer, d.Policy, q, new(SampleLeaderDiscount), 1e-6, 10_000, found);
        Assert.All(found, solve => Assert.True(!solve.IsProven && !double.IsFinite(solve.Residual), $"{solve}"));
    }

    [Theory, MemberData(nameof(Engines))]
    public void ExpectedLearningBootstrapsWithThePolicy(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        double[] steps = [.. Enumerable.Range(1, leaders).Select(leader => 0.1 * leader)];
        d.Engine.LearnActionValues(d.Buffer, d.Policy, d.Q, new(SampleLeaderDiscount, Bootstrap.Expected), steps);
        d.Device.Expect(d.Q, i =>
        {
            double[] q = [.. d.Values[i]];
            foreach (Sample step in d.Episodes(i).SelectMany(e => e))
            {
                double after = step.Next < 0 ? 0 : Samples.Mean(d.Policies[i], q, step.Next, 3);
                q[step.Row] += steps[i / perLeader] * (step.LeaderReward + (SampleLeaderDiscount * after) - q[step.Row]);
            }

            return q;
        });
    }
}
