using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

public abstract partial class BackendContract
{
    private const double SampleDiscount = 0.9;
    private const double SampleLeaderDiscount = 0.85;

    [Theory, MemberData(nameof(Engines))]
    public void CovarianceTracesAreTheBoltzmannCovariance(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        foreach (VisitAveraging averaging in Enum.GetValues<VisitAveraging>())
        {
            DeviceArray target = d.Put(ArrayKind.StateAction, d.Before);
            d.Add(d.Traces(averaging), StepPlace.Pair, target);
            d.ExpectAdded(target, (i, episodes, add) =>
            {
                double[][] u = Samples.Weights(episodes, d.Policies[i], d.Values[i], 3, SampleLeaderDiscount, d.Temperature(i), averaging);
                // Σ_k u_k Σ_{j ≥ k} γ^{j−k} ∂r_j, before the sums are swapped.
                for (int e = 0; e < u.Length; e++)
                    for (int k = 0; k < u[e].Length; k++)
                        for (int j = k; j < u[e].Length; j++)
                            add(episodes[e][j].Row, u[e][k] * Math.Pow(SampleDiscount, j - k));
            });
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void TransitionTracesScoreEachTakenTransition(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        double[][] v = d.Device.Data.Numbers(9, d.Device.Data.Instances),
            before = d.Device.Data.Numbers(d.Device.Data.Own[0].Length, v.Length);
        DeviceArray values = d.Put(ArrayKind.State, v);
        foreach (VisitAveraging averaging in Enum.GetValues<VisitAveraging>())
        {
            DeviceArray target = d.Put(ArrayKind.Entry, before);
            DeviceArray traces = d.Traces(averaging);
            d.Engine.Scale(d.Buffer, traces, traces, SampleDiscount, perEpisode: true);
            d.Engine.Gather(d.Buffer, values, StepPlace.Next, StepOperation.Multiply, traces);
            d.Engine.Gather(d.Buffer, d.Engine.Probabilities, StepPlace.Entry, StepOperation.Divide, traces);
            d.Engine.Scatter(d.Buffer, traces, StepPlace.Entry, target);
            d.ExpectAdded(target, (i, episodes, add) =>
            {
                double[][] u = Samples.Weights(episodes, d.Policies[i], d.Values[i], 3, SampleLeaderDiscount, d.Temperature(i), averaging);
                for (int e = 0; e < u.Length; e++)
                    for (int j = 0; j < u[e].Length; j++)
                        if (episodes[e][j].Entry is >= 0 and int entry)
                            add(entry, SampleDiscount * Samples.Trace(u[e], j, SampleDiscount) * v[i][episodes[e][j].Next] / d.Probability(
                                i, entry));
            }, before);
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void DiscountedVisitsCountEachStepByItsTime(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        DeviceArray target = d.Put(ArrayKind.StateAction, d.Before);
        d.Engine.Scatter(d.Buffer, d.Powers(), StepPlace.Pair, target);
        d.ExpectAdded(target, (_, episodes, add) =>
        {
            foreach (Sample step in episodes.SelectMany(e => e)) add(step.Row, Math.Pow(SampleLeaderDiscount, step.Time));
        });
    }

    [Theory, MemberData(nameof(Engines))]
    public void DirectTransitionScoresCarryTheLeadersValueOfTheSuccessor(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        double[][] before = d.Device.Data.Numbers(d.Device.Data.Own[0].Length, d.Device.Data.Instances);
        DeviceArray target = d.Put(ArrayKind.Entry, before);
        DeviceArray scores = d.Powers(SampleLeaderDiscount);
        d.Engine.GatherValues(d.Buffer, d.Policy, d.Q, StepPlace.Next, StepOperation.Multiply, scores);
        d.Engine.Gather(d.Buffer, d.Engine.Probabilities, StepPlace.Entry, StepOperation.Divide, scores);
        d.Engine.Scatter(d.Buffer, scores, StepPlace.Entry, target);
        d.ExpectAdded(target, (i, episodes, add) =>
        {
            foreach (Sample step in episodes.SelectMany(e => e).Where(step => step.Entry >= 0))
                add(
                    step.Entry,
                    Math.Pow(SampleLeaderDiscount, step.Time + 1) * Samples.Mean(d.Policies[i], d.Values[i], step.Next, 3) / d.Probability(
                        i, step.Entry));
        }, before);
    }

    [Theory, MemberData(nameof(Engines))]
    public void StartScoresCarryTheLeadersValueOfTheStart(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        double[][] before = d.Device.Data.Numbers(9, d.Device.Data.Instances);
        DeviceArray target = d.Put(ArrayKind.State, before);
        DeviceArray scores = d.Powers();
        d.Engine.GatherValues(d.Buffer, d.Policy, d.Q, StepPlace.Start, StepOperation.Multiply, scores);
        d.Engine.Gather(d.Buffer, d.Initial, StepPlace.Start, StepOperation.Divide, scores);
        d.Engine.Scatter(d.Buffer, scores, StepPlace.Start, target);
        d.ExpectAdded(target, (i, episodes, add) =>
        {
            foreach (Sample[] e in episodes)
                add(e[0].State, Samples.Mean(d.Policies[i], d.Values[i], e[0].State, 3) / d.Device.Data.Initial[i][e[0].State]);
        }, before);
    }

    [Theory, MemberData(nameof(Engines))]
    public void MeanReturnsAverageTheDiscountedEpisodes(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        double[] returns = new double[d.Device.Data.Instances];
        DeviceArray powers = d.Steps();
        d.Engine.Scale(d.Buffer, null, powers, discount: SampleLeaderDiscount);
        d.Engine.MeanOverEpisodes(d.Buffer, powers, d.Buffer.LeaderReward, returns);
        d.Device.Expect(
            RandomInstances.Each(
                returns.Length,
                i => d.Episodes(i).Average(e => e.Sum(step => Math.Pow(SampleLeaderDiscount, step.Time) * step.LeaderReward))),
            returns);
    }

    [Theory, MemberData(nameof(Engines))]
    public void AverageReturnsAreMeansOverVisitsAndLeaveTheUnvisitedAlone(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 30), leaders);
        DeviceArray g = d.Returns(1);
        d.Engine.AverageVisits(d.Buffer, g, VisitMean.Pair, g);
        d.Engine.Scatter(d.Buffer, g, StepPlace.Pair, d.Q, mode: ScatterMode.Write);
        d.Device.Expect(d.Q, i =>
        {
            double[] q = [.. d.Values[i]];
            (int Row, double Return)[] visits = [.. d.Episodes(i).SelectMany(
                e => e.Select((step, k) => (step.Row, Samples.Return(e, k, d.Policies[i], d.Values[i], 3, SampleLeaderDiscount))))];
            foreach (IGrouping<int, (int Row, double Return)> pair in visits.GroupBy(visit => visit.Row))
                q[pair.Key] = pair.Average(visit => visit.Return);
            Assert.NotEqual(q.Length, visits.Select(visit => visit.Row).Distinct().Count());
            return q;
        });
    }

    [Theory, MemberData(nameof(Engines))]
    public void OneStepLearningIsSarsaInTheOrderOfStreamsAndTime(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        double[] steps = [.. Enumerable.Range(1, leaders).Select(leader => 0.1 * leader)];
        d.Engine.LearnActionValues(d.Buffer, d.Policy, d.Q, new(SampleLeaderDiscount), steps);
        d.Device.Expect(d.Q, i =>
        {
            double[] q = [.. d.Values[i]];
            foreach (Sample[] e in d.Episodes(i))
            {
                for (int k = 0; k < e.Length; k++)
                {
                    double after = e[k].End switch
                    {
                        StepEnd.None => q[e[k + 1].Row],
                        StepEnd.Truncated => Samples.Mean(d.Policies[i], q, e[k].Next, 3),
                        _ => 0,
                    };
                    q[e[k].Row] += steps[i / perLeader] * (e[k].LeaderReward + (SampleLeaderDiscount * after) - q[e[k].Row]);
                }
            }

            return q;
        });
    }

    [Theory, MemberData(nameof(Engines))]
    public void TraceLearningMovesTowardsLambdaReturnsOfTheOldTable(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        const double decay = 0.7;
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        double[] steps = [.. Enumerable.Range(1, leaders).Select(leader => 0.1 * leader)];
        d.Engine.Scatter(d.Buffer, d.Returns(decay), StepPlace.Pair, d.Q, mode: ScatterMode.Approach, steps: steps);
        d.Device.Expect(d.Q, i =>
        {
            double[] old = d.Values[i], q = [.. old];
            foreach (Sample[] e in d.Episodes(i))
            {
                for (int k = 0; k < e.Length; k++)
                {
                    // G_k = Σ_j (γλ)^{j−k} (l_j + γ (1−λ) Σ_b π Q(s_{j+1},b)), the episode's last step with all that follows it.
                    double g = 0;
                    for (int j = k; j < e.Length; j++)
                    {
                        double after = e[j].End == StepEnd.Terminated ? 0 : Samples.Mean(d.Policies[i], old, e[j].Next, 3);
                        if (j < e.Length - 1) after *= 1 - decay;
                        g += Math.Pow(SampleLeaderDiscount * decay, j - k) * (e[j].LeaderReward + (SampleLeaderDiscount * after));
                    }

                    q[e[k].Row] += steps[i / perLeader] * (g - q[e[k].Row]);
                }
            }

            return q;
        });
    }
}
