using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

/// <summary>What samples of a game say: as those of the follower's MDP over z = (s, a), its states numbered s·L + a.</summary>
public abstract partial class BackendContract
{
    /// <summary>A game of nine states rolled out, the first leader's action of the first state never taken.</summary>
    private Rolled NewRolledGame(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states = 9)
    {
        Device device = NewDevice(precision, layout, own, leaders, perLeader, states, actions: 6, leaderActions: 2);
        double[][] policies = device.Data.Policies();
        foreach (double[] policy in policies)
            for (int b = 0; b < 3; b++) (policy[b], policy[3 + b]) = (0, policy[b] + policy[3 + b]);
        return new Rolled(device, leaders, policies);
    }

    /// <summary>The episodes of an instance over z.</summary>
    private static List<Sample[]> OverPairs(List<Sample[]> episodes) =>
        [.. episodes.Select(e => e.Select(step => step with { State = step.Row / 3, Action = step.Row % 3 }).ToArray())];

    [Theory, MemberData(nameof(Engines))]
    public void TracesOfAGameAreTheCovarianceOfTheFollowersAnswersAndArriveAtStates(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = NewRolledGame(precision, layout, own, leaders, perLeader);
        double[][] before = d.Device.Data.Numbers(9, d.Before.Length);
        foreach (VisitAveraging averaging in Enum.GetValues<VisitAveraging>())
        {
            DeviceArray target = d.Put(ArrayKind.StateAction, d.Before), arrivals = d.Put(ArrayKind.State, before);
            DeviceArray traces = d.Traces(averaging);
            d.Add(traces, StepPlace.Pair, target);
            d.Add(traces, StepPlace.Next, arrivals, SampleDiscount);
            d.ExpectAdded(target, (i, episodes, add) => EachTrace(i, episodes, averaging, (step, trace) => add(step.Row, trace)));
            d.ExpectAdded(arrivals, (i, episodes, add) => EachTrace(i, episodes, averaging, (step, trace) =>
            {
                if (step.Next >= 0) add(step.Next, SampleDiscount * trace);
            }), before);
        }

        void EachTrace(int i, List<Sample[]> episodes, VisitAveraging averaging, Action<Sample, double> take)
        {
            List<Sample[]> pairs = OverPairs(episodes);
            double[][] u = Samples.Weights(
                pairs, new Answers(d.Policies[i], 3).G, d.Values[i], 3, SampleLeaderDiscount, d.Temperature(i), averaging);
            for (int e = 0; e < u.Length; e++)
                for (int j = 0; j < u[e].Length; j++) take(pairs[e][j], Samples.Trace(u[e], j, SampleDiscount));
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void ArrivalTracesFollowTheTracesWithoutALeaderToo(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        double[][] before = d.Device.Data.Numbers(9, d.Before.Length);
        DeviceArray arrivals = d.Put(ArrayKind.State, before);
        d.Add(d.Traces(VisitAveraging.None), StepPlace.Next, arrivals, SampleDiscount);
        d.ExpectAdded(arrivals, (i, episodes, add) =>
        {
            double[][] u = Samples.Weights(
                episodes, d.Policies[i], d.Values[i], 3, SampleLeaderDiscount, d.Temperature(i), VisitAveraging.None);
            for (int e = 0; e < u.Length; e++)
                for (int j = 0; j < u[e].Length; j++)
                    if (episodes[e][j].Next >= 0) add(episodes[e][j].Next, SampleDiscount * Samples.Trace(u[e], j, SampleDiscount));
        }, before);
    }

    [Theory, MemberData(nameof(Engines))]
    public void DiscountedVisitsCountStatesToo(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = NewRolledGame(precision, layout, own, leaders, perLeader);
        double[][] before = d.Device.Data.Numbers(9, d.Before.Length);
        DeviceArray ofStates = d.Put(ArrayKind.State, before), ofRows = d.Put(ArrayKind.StateAction, d.Before);
        d.Engine.Scatter(d.Buffer, d.Powers(), StepPlace.State, ofStates);
        d.Engine.Scatter(d.Buffer, d.Powers(), StepPlace.Pair, ofRows);
        d.ExpectAdded(ofStates, (_, episodes, add) =>
        {
            foreach (Sample step in episodes.SelectMany(e => e)) add(step.State, Math.Pow(SampleLeaderDiscount, step.Time));
        }, before);
        d.ExpectAdded(ofRows, (_, episodes, add) =>
        {
            foreach (Sample step in episodes.SelectMany(e => e)) add(step.Row, Math.Pow(SampleLeaderDiscount, step.Time));
        });
    }

    [Theory, MemberData(nameof(Engines))]
    public void TransferredTracesOfAGameAreCentredByTheFollowersAnswers(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = NewRolledGame(precision, layout, own, leaders, perLeader);
        double[][] visits = RandomInstances.Each(d.Before.Length, i => d.Before[i].Select(Math.Abs).ToArray());
        DeviceArray target = d.Put(ArrayKind.StateAction, d.Before);
        d.Engine.Scatter(d.Buffer, d.TransferredTraces(d.Put(ArrayKind.StateAction, visits)), StepPlace.Pair, target);
        d.ExpectAdded(target, (i, episodes, add) =>
        {
            Answers g = new(d.Policies[i], 3);
            List<Sample[]> pairs = OverPairs(episodes);
            Sample[] all = [.. pairs.SelectMany(e => e)];
            double Weight(int row) => visits[i][row] * (d.Values[i][row] - g.Mean(d.Values[i], row / 3)) / d.Temperature(i);
            double Share(Sample k)
            {
                Sample[] after = [.. all.Where(other => other.State == k.State)];
                return (Weight(k.Row) / after.Count(other => other.Row == k.Row)) - (
                    after.Select(other => other.Row).Distinct().Sum(Weight) / after.Length);
            }

            foreach (Sample[] e in pairs)
            {
                double[] u = [.. e.Select(Share)];
                for (int j = 0; j < e.Length; j++) add(e[j].Row, episodes.Count * Samples.Trace(u, j, SampleDiscount));
            }
        });
    }

    [Theory, MemberData(nameof(Engines))]
    public void ExpectedTracesOfAGameAreCentredByTheFollowersAnswers(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        const double clip = 1.3, scale = 0.25;
        using Rolled d = NewRolledGame(precision, layout, own, leaders, perLeader);
        DeviceArray target = d.Device.Put(ArrayKind.StateAction, d.Device.Data.Policies());
        double[][] policies = d.Device.Get(target);
        DeviceArray visits = d.Put(ArrayKind.StateAction, d.Before), rows = d.Put(ArrayKind.StateAction, d.Before);
        d.AddExpectations(target, clip, scale, rows, visits);
        double Product(int i, Sample[] e, int before) =>
            e.Take(before).Aggregate(1.0, (p, step) => p * Math.Min(clip, policies[i][step.Row] / d.Policies[i][step.Row]));
        d.ExpectAdded(visits, (i, episodes, add) =>
        {
            foreach (Sample[] e in episodes)
                for (int j = 0; j < e.Length; j++)
                    for (int row = e[j].State * 6; row < (e[j].State * 6) + 6; row++)
                        add(row, scale * policies[i][row] * Math.Pow(SampleLeaderDiscount, j) * Product(i, e, j));
        });
        d.ExpectAdded(rows, (i, episodes, add) =>
        {
            Answers g = new(policies[i], 3);
            double U(int time, int row) =>
                Math.Pow(SampleLeaderDiscount, time) * (d.Values[i][row] - g.Mean(d.Values[i], row / 3)) / d.Temperature(i);
            foreach (Sample[] e in episodes)
            {
                for (int j = 0; j < e.Length; j++)
                {
                    double past = Enumerable.Range(0, j).Sum(k => Math.Pow(SampleDiscount, j - k) * U(k, e[k].Row));
                    for (int row = e[j].State * 6; row < (e[j].State * 6) + 6; row++)
                        add(row, scale * policies[i][row] * Product(i, e, j) * (U(j, row) + past));
                }
            }
        });
    }

    [Theory, MemberData(nameof(Engines))]
    public void CriticsOfAGameBootstrapAsTheyAreTold(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = NewRolledGame(precision, layout, own, leaders, perLeader);
        double[] steps = [.. Enumerable.Range(1, leaders).Select(leader => 0.1 * leader)];
        foreach (TemporalDifference target in (TemporalDifference[])
            [.. Enum.GetValues<Bootstrap>().Select(how => new TemporalDifference(SampleLeaderDiscount, how)),
                new(SampleDiscount, Bootstrap.Sampled, ValuesOf.Follower), new(SampleDiscount, Bootstrap.Expected, ValuesOf.Follower)])
        {
            DeviceArray table = d.Put(ArrayKind.StateAction, d.Values);
            d.Engine.LearnActionValues(d.Buffer, d.Policy, table, target, steps);
            d.Device.Expect(table, i =>
            {
                double[] q = [.. d.Values[i]];
                foreach (Sample[] e in d.Episodes(i))
                {
                    for (int k = 0; k < e.Length; k++)
                    {
                        bool follower = target.Of == ValuesOf.Follower;
                        double after = e[k].End switch
                        {
                            StepEnd.Terminated => 0,
                            StepEnd.None when target.Bootstrap == Bootstrap.Sampled => Worth(d, i, q, follower)[e[k + 1].Row],
                            _ => target.Bootstrap == Bootstrap.Greedy
                                ? Greedy(d, i, q, e[k].Next)
                                : Samples.Mean(d.Policies[i], Worth(d, i, q, follower), e[k].Next, 6),
                        };
                        q[e[k].Row] += steps[i / perLeader] * (
                            (follower ? e[k].Reward : e[k].LeaderReward) + (target.Discount * after) - q[e[k].Row]);
                    }
                }

                return q;
            });
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void GreedyTraceReturnsBootstrapWithTheLeadersBestAction(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        const double decay = 0.7;
        using Rolled d = NewRolledGame(precision, layout, own, leaders, perLeader);
        double[] steps = [.. Enumerable.Repeat(0.2, leaders)];
        d.Engine.Scatter(d.Buffer, d.Returns(decay, greedy: true), StepPlace.Pair, d.Q, mode: ScatterMode.Approach, steps: steps);
        d.Device.Expect(d.Q, i =>
        {
            double[] old = d.Values[i], q = [.. old];
            foreach (Sample[] e in d.Episodes(i))
            {
                for (int k = 0; k < e.Length; k++)
                {
                    double g = 0;
                    for (int j = k; j < e.Length; j++)
                    {
                        double after = e[j].End == StepEnd.Terminated ? 0 : Greedy(d, i, old, e[j].Next);
                        if (j < e.Length - 1) after *= 1 - decay;
                        g += Math.Pow(SampleLeaderDiscount * decay, j - k) * (e[j].LeaderReward + (SampleLeaderDiscount * after));
                    }

                    q[e[k].Row] += 0.2 * (g - q[e[k].Row]);
                }
            }

            return q;
        });
    }

    [Theory, MemberData(nameof(Engines))]
    public void SolvedValuesOfAGameAgreeWithTheSamples(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = NewRolledGame(precision, layout, own, leaders, perLeader, states: 30);
        foreach (ValuesOf of in Enum.GetValues<ValuesOf>())
        {
            bool follower = of == ValuesOf.Follower;
            DeviceArray table = d.Put(ArrayKind.StateAction, d.Values);
            d.Solve(table, new(SampleDiscount, Of: of), precision == Precision.F64 ? 1e-12 : 1e-6);
            double[][] solved = d.Device.Get(table);
            d.Device.Expect(table, i =>
            {
                double[] q = [.. d.Values[i]], worth = Worth(d, i, solved[i], follower);
                foreach (IGrouping<int, Sample> pair in d.Episodes(i).SelectMany(e => e).GroupBy(step => step.Row))
                    q[pair.Key] = pair.Average(step => (follower ? step.Reward : step.LeaderReward)
                        + (step.Next < 0 ? 0 : SampleDiscount * Samples.Mean(d.Policies[i], worth, step.Next, 6)));
                return q;
            }, 1e-10);
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void WhatSamplesSayOfADeterministicGameIsTheFollowersSoftValue(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        if (!own) return;
        using Game d = NewGame(precision, layout, own, leaders, perLeader, states: 5, leaderActions: 2, answers: 3);
        SparseMatrix p = d.Data.Transitions.Matrix;
        // Every pair has one successor, or none: each sample of it says the same.
        double[] certain = [.. Enumerable.Range(0, p.RowCount)
            .SelectMany(row => Enumerable.Range(0, (int)(p.Offsets[row + 1] - p.Offsets[row])).Select(k => k == 0 ? 1.0 : 0))];
        for (int i = 0; i < d.Data.Instances; i++)
        {
            certain.CopyTo(d.Data.Own[i], 0);
            d.Engine.Upload(d.Engine.Probabilities!, i, certain);
        }

        DeviceArray v = d.Device.Keep(d.Engine.Allocate(ArrayKind.State)), r = d.Device.Put(ArrayKind.StateAction, d.Data.Rewards);
        DeviceArray policy = d.Device.Unwritten(ArrayKind.StateAction), q = d.Device.Keep(d.Engine.Allocate(ArrayKind.StateAction)),
            found = d.Device.Unwritten(ArrayKind.LeaderAction);
        d.Engine.PolicyIteration(v, r, SampleDiscount, new SweepLimits(500, d.Device.Narrow ? 2e-6 : 1e-13, 0), Fresh(d.Device));
        d.Engine.Policy(v, r, SampleDiscount, policy);
        // Samples of another policy serve as well.
        DeviceArray uniform = d.Device.Unwritten(ArrayKind.StateAction);
        d.Engine.Fill(uniform, 1.0 / d.Data.Actions);
        using RolloutBuffer buffer = d.Engine.AllocateRollouts(new RolloutShape(2, 1000, 50));
        d.Engine.Rollout(
            buffer, uniform, d.Device.Put(ArrayKind.State, d.Data.Initial), r, r,
            [.. Enumerable.Range(1, leaders).Select(seed => (ulong)seed)], 0);
        SampledSolve[] solves = new SampledSolve[d.Data.Instances];
        d.Engine.SolveActionValues(buffer, policy, q, new(SampleDiscount, Of: ValuesOf.Follower), d.Device.Narrow ? 1e-7 : 1e-14, 1000,
            solves);
        Assert.All(solves, solve => Assert.True(solve.IsProven, $"{solve}"));
        d.Engine.LeaderActionMeans(policy, q, entropy: true, found);
        d.Device.Expect(found, i => [.. d.Chain(i).SoftValues(d.Data.Rewards[i], SampleDiscount, d.Data.Temperatures[i])
            .Select((value, z) => d.F[i][z] == 0 ? 0 : value)], 1e-10);
    }

    /// <summary>q, or with the follower's entropy q − τ log g.</summary>
    private static double[] Worth(Rolled d, int i, double[] q, bool follower) =>
        follower ? new Answers(d.Policies[i], 3).Entropic(q, d.Temperature(i)) : q;

    /// <summary>max_a Σ_b g q over what the leader does at all.</summary>
    private static double Greedy(Rolled d, int i, double[] q, int state)
    {
        Answers g = new(d.Policies[i], 3);
        return new[] { 2 * state, (2 * state) + 1 }.Where(z => g.F[z] > 0).Max(z => g.Mean(q, z));
    }
}
