using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

/// <summary>Each verb over arrays of steps against plain loops.</summary>
public abstract partial class BackendContract
{
    private const double Ratio = 0.9;

    [Theory, MemberData(nameof(Engines))]
    public void GathersCombineStepsWithTables(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        (DeviceArray others, double[][] otherNumbers) = d.RandomSteps();
        foreach (StepPlace place in Enum.GetValues<StepPlace>())
        {
            double[][] table = place == StepPlace.Step ? otherNumbers : d.Device.Data.Numbers(LengthOf(place, d), d.Device.Data.Instances);
            DeviceArray array = place == StepPlace.Step ? others : d.Put(KindOf(place), table);
            double[][] stored = d.Device.Get(array);
            foreach (StepOperation operation in Enum.GetValues<StepOperation>())
            {
                (DeviceArray target, double[][] before) = d.RandomSteps();
                d.Engine.Gather(d.Buffer, array, place, operation, target);
                double? Stored(int i, int at) => at < 0 ? null : stored[i][at];
                d.ExpectSteps(target, (i, step, k) => Combined(operation, before[i][k], Stored(i, PlaceOf(place, step, k))));
            }
        }

        (DeviceArray divided, double[][] numbers) = d.RandomSteps();
        d.Engine.Gather(d.Buffer, d.Engine.Probabilities, StepPlace.Entry, StepOperation.Divide, divided);
        d.ExpectSteps(divided, (i, step, k) => step.Entry < 0 ? numbers[i][k] : numbers[i][k] / d.Probability(i, step.Entry));
    }

    [Theory, MemberData(nameof(Engines))]
    public void ValuesAndAdvantagesAreThoseOfTheState(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = NewRolledGame(precision, layout, own, leaders, perLeader);
        foreach (StepPlace place in (StepPlace[])[StepPlace.State, StepPlace.Start, StepPlace.Next, StepPlace.Cut])
        {
            foreach (bool greedy in (bool[])[false, true])
            {
                (DeviceArray target, double[][] before) = d.RandomSteps();
                d.Engine.GatherValues(d.Buffer, d.Policy, d.Q, place, StepOperation.Add, target, greedy);
                d.ExpectSteps(target, (i, step, k) => Combined(StepOperation.Add, before[i][k], PlaceOf(place, step, k) is >= 0 and int s
                    ? greedy ? Greedy(d, i, d.Values[i], s) : Samples.Mean(d.Policies[i], d.Values[i], s, 6)
                    : null));
            }
        }

        DeviceArray advantages = d.Steps();
        d.Engine.Advantages(d.Buffer, d.Policy, d.Q, advantages);
        d.ExpectSteps(advantages, (i, step, _) => d.Values[i][step.Row] - new Answers(d.Policies[i], 3).Mean(d.Values[i], step.Row / 3));
    }

    [Theory, MemberData(nameof(Engines))]
    public void ScalesAreOfInstancesAndTimes(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        (DeviceArray source, double[][] u) = d.RandomSteps();
        DeviceArray target = d.Steps();
        foreach (double discount in (double[])[1, 0, Ratio])
        {
            foreach ((bool perTemperature, bool perEpisode) in ((bool, bool)[])[(false, false), (true, false), (false, true), (true, true)])
            {
                double Scale(int i, Sample step) => 1.5 * Math.Pow(discount, step.Time)
                    / (perTemperature ? d.Temperature(i) : 1) / (perEpisode ? d.Episodes(i).Count : 1);
                d.Engine.Scale(d.Buffer, source, target, 1.5, discount, perTemperature, perEpisode);
                d.ExpectSteps(target, (i, step, k) => Scale(i, step) * u[i][k]);
                d.Engine.Scale(d.Buffer, null, target, 1.5, discount, perTemperature, perEpisode);
                d.ExpectSteps(target, (i, step, _) => Scale(i, step));
            }
        }

        d.Engine.Scale(d.Buffer, source, source, 2);
        d.ExpectSteps(source, (i, _, k) => 2 * u[i][k]);
    }

    [Theory, MemberData(nameof(Engines))]
    public void MeansOverVisitsAreThoseOfPairsAndOfTheFollowersChoice(Precision precision, EngineLayout layout, bool own, int leaders,
        int perLeader)
    {
        using Rolled d = NewRolledGame(precision, layout, own, leaders, perLeader);
        foreach (VisitMean mean in Enum.GetValues<VisitMean>())
        {
            (DeviceArray steps, double[][] u) = d.RandomSteps();
            if (mean == VisitMean.ShareLessState)
            {
                d.Engine.Gather(d.Buffer, d.Q, StepPlace.Pair, StepOperation.Write, steps);
                u = d.Device.Get(steps);
            }

            d.Engine.AverageVisits(d.Buffer, steps, mean, steps);
            d.ExpectSteps(steps, (i, step, k) =>
            {
                (Sample Step, double U)[] all = [.. d.InHostOrder(i).Zip(u[i])];
                var ofPair = all.Where(other => other.Step.Row == step.Row);
                var ofState = all.Where(other => other.Step.Row / 3 == step.Row / 3);
                return mean switch
                {
                    VisitMean.Pair => ofPair.Average(other => other.U),
                    VisitMean.PairLessState => ofPair.Average(other => other.U) - ofState.Average(other => other.U),
                    VisitMean.StepLessState => u[i][k] - ofState.Average(other => other.U),
                    _ => (u[i][k] / ofPair.Count()) - (ofState.DistinctBy(other => other.Step.Row).Sum(other => other.U) / ofState.Count()),
                };
            });
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void ScansFollowEpisodesEitherWay(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        foreach (bool backwards in (bool[])[false, true])
        {
            foreach (bool exclusive in (bool[])[false, true])
            {
                Recursion plain = new(Ratio) { Backwards = backwards, Exclusive = exclusive };
                ExpectScan(d, plain, sources: true, ratios: false, values: false);
                ExpectScan(d, plain with { Initial = 0.7 }, sources: true, ratios: false, values: false);
                ExpectScan(d, plain with { Discount = 1, Initial = 1, MaxRatio = 0.6 }, sources: false, ratios: true, values: false);
                ExpectScan(d, plain with { MaxRatio = 0.6 }, sources: true, ratios: true, values: false);
                ExpectScan(d, plain, sources: true, ratios: false, values: true);
                ExpectScan(d, plain with { Decay = 0.4 }, sources: true, ratios: true, values: true);
            }
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void ScattersTakeStepsInInTheirOrder(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        (DeviceArray source, double[][] u) = d.RandomSteps();
        double[] sizes = [.. Enumerable.Range(1, leaders).Select(leader => 0.1 * leader)];
        foreach (StepPlace place in Enum.GetValues<StepPlace>().Where(place => place != StepPlace.Step))
        {
            double[][] before = d.Device.Data.Numbers(LengthOf(place, d), d.Device.Data.Instances);
            foreach (ScatterMode mode in Enum.GetValues<ScatterMode>())
            {
                DeviceArray target = d.Put(KindOf(place), before);
                d.Engine.Scatter(d.Buffer, source, place, target, 0.5, perEpisode: true, mode, mode == ScatterMode.Approach ? sizes : []);
                d.Device.Expect(target, i =>
                {
                    double[] expected = [.. before[i]];
                    Sample[] all = d.InHostOrder(i);
                    foreach (int k in d.InOrder())
                    {
                        if (PlaceOf(place, all[k], k) is not (>= 0 and int at)) continue;
                        double value = 0.5 / d.Episodes(i).Count * u[i][k];
                        expected[at] = mode switch
                        {
                            ScatterMode.Add => expected[at] + value,
                            ScatterMode.Write => value,
                            _ => expected[at] + (sizes[i / perLeader] * (value - expected[at])),
                        };
                    }

                    return expected;
                });
            }
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void ScattersToEveryActionWeighThePolicy(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = NewRolledGame(precision, layout, own, leaders, perLeader);
        (DeviceArray z, double[][] zs) = d.RandomSteps();
        (DeviceArray y, double[][] ys) = d.RandomSteps();
        (DeviceArray w, double[][] ws) = d.RandomSteps();
        foreach ((bool perEpisode, bool taken, bool sloped) in ((bool, bool, bool)[])
            [(false, false, false), (true, true, false), (true, false, true), (false, true, true)])
        {
            DeviceArray target = d.Put(ArrayKind.StateAction, d.Before);
            DeviceArray? slopes = sloped ? w : null, q = sloped ? d.Q : null;
            d.Engine.ScatterActions(d.Buffer, d.Policy, z, target, 0.5, perEpisode, taken ? y : null, slopes, q);
            d.Device.Expect(target, i =>
            {
                double[] expected = [.. d.Before[i]];
                Answers g = new(d.Policies[i], 3);
                Sample[] all = d.InHostOrder(i);
                double f = 0.5 / (perEpisode ? d.Episodes(i).Count : 1);
                foreach (int k in d.InOrder())
                {
                    if (taken) expected[all[k].Row] += ys[i][k];
                    for (int row = 6 * all[k].State; row < 6 * (all[k].State + 1); row++)
                    {
                        double slope = sloped ? ws[i][k] * (d.Values[i][row] - g.Mean(d.Values[i], row / 3)) / d.Temperature(i) : 0;
                        expected[row] += f * d.Policies[i][row] * (zs[i][k] + slope);
                    }
                }

                return expected;
            });
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void MeansOverEpisodesAreOfProducts(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Rolled d = new(NewDevice(precision, layout, own, leaders, perLeader, states: 9), leaders);
        (DeviceArray a, double[][] x) = d.RandomSteps();
        (DeviceArray b, double[][] y) = d.RandomSteps();
        double[] found = new double[x.Length];
        d.Engine.MeanOverEpisodes(d.Buffer, a, b, found);
        d.Device.Expect(RandomInstances.Each(x.Length, i => x[i].Zip(y[i], (p, q) => p * q).Sum() / d.Episodes(i).Count), found);
    }

    /// <summary>Every length up to a few registers, in one stream and in several.</summary>
    [Theory]
    [InlineData(Precision.F64, EngineLayout.States, 1)]
    [InlineData(Precision.F32, EngineLayout.Instances, 3)]
    public void NoLengthIsSpecial(Precision precision, EngineLayout layout, int leaders)
    {
        for (int steps = 1; steps <= 130; steps += steps < 20 ? 1 : 11)
        {
            foreach (int streams in (int[])[1, 2, 5])
            {
                Device device = NewDevice(precision, layout, true, leaders, 1, states: 9);
                using Rolled d = new(device, leaders, shape: new RolloutShape(streams, steps, 7));
                (DeviceArray source, double[][] u) = d.RandomSteps();
                DeviceArray table = d.Put(ArrayKind.StateAction, d.Before);
                ExpectScan(d, new Recursion(Ratio), sources: true, ratios: false, values: false);
                ExpectScan(d, new Recursion(Ratio) { Backwards = true, Decay = 0.3 }, sources: true, ratios: true, values: true);
                d.Engine.Scatter(d.Buffer, source, StepPlace.Pair, table);
                d.Device.Expect(table, i =>
                {
                    double[] expected = [.. d.Before[i]];
                    foreach ((Sample step, double value) in d.InHostOrder(i).Zip(u[i])) expected[step.Row] += value;
                    return expected;
                });
                d.Engine.AverageVisits(d.Buffer, source, VisitMean.Pair, source);
                d.Engine.Gather(d.Buffer, d.Q, StepPlace.Pair, StepOperation.Subtract, source);
                d.ExpectSteps(source, (i, step, _) =>
                {
                    var visits = d.InHostOrder(i).Zip(u[i]).Where(other => other.First.Row == step.Row);
                    return visits.Average(other => other.Second) - d.Values[i][step.Row];
                });
            }
        }
    }

    /// <summary>Nothing that is computed from rollouts changes what else was computed from them.</summary>
    [Fact]
    public void StepsKeepWhatTheyHoldWhateverElseIsComputed()
    {
        using Rolled d = new(NewDevice(Precision.F64, EngineLayout.Instances, true, 3, 1, states: 9), 3);
        double[][] zeros = RandomInstances.Each(3, _ => new double[9]);
        DeviceArray expected = d.Put(ArrayKind.State, zeros), found = d.Put(ArrayKind.State, zeros),
            traces = d.Traces(VisitAveraging.Pairs);
        d.Add(traces, StepPlace.Next, expected, SampleDiscount);
        DeviceArray g = d.Returns(1);
        d.Engine.AverageVisits(d.Buffer, g, VisitMean.Pair, g);
        d.Engine.Scatter(d.Buffer, g, StepPlace.Pair, d.Put(ArrayKind.StateAction, d.Before), mode: ScatterMode.Write);
        d.Solve(d.Put(ArrayKind.StateAction, d.Before), new(SampleLeaderDiscount), 1e-9);
        d.Add(traces, StepPlace.Next, found, SampleDiscount);
        Assert.Equal(d.Device.Get(expected), d.Device.Get(found));
    }

    private static void ExpectScan(Rolled d, Recursion recursion, bool sources, bool ratios, bool values)
    {
        (DeviceArray u, double[][] us) = d.RandomSteps();
        (DeviceArray rho, double[][] rhos) = d.RandomSteps();
        (DeviceArray v, double[][] vs) = d.RandomSteps();
        DeviceArray target = d.Steps();
        d.Engine.Scan(d.Buffer, sources ? u : null, recursion, target, ratios ? rho : null, values ? v : null);
        d.Device.Expect(target, i =>
        {
            Sample[] all = d.InHostOrder(i);
            double[] expected = new double[all.Length];
            double x = 0;
            foreach (int k in recursion.Backwards ? d.InOrder().Reverse() : d.InOrder())
            {
                bool begins = recursion.Backwards ? all[k].End != StepEnd.None : all[k].Time == 0;
                double blend = begins ? (values ? vs[i][k] : recursion.Initial)
                    : values ? ((1 - recursion.Decay) * vs[i][k]) + (recursion.Decay * x) : x;
                double carried = recursion.Discount * blend;
                x = ((sources ? us[i][k] : 0) + carried) * (ratios ? Math.Min(recursion.MaxRatio, rhos[i][k]) : 1);
                expected[k] = recursion.Exclusive ? carried : x;
            }

            return expected;
        });
    }

    private static double Combined(StepOperation operation, double before, double? number) => operation switch
    {
        StepOperation.Write => number ?? 0,
        StepOperation.Add => before + (number ?? 0),
        StepOperation.Subtract => before - (number ?? 0),
        StepOperation.Multiply => before * (number ?? 1),
        _ => before / (number ?? 1),
    };

    /// <summary>Where a step stands in host order; −1 for nowhere.</summary>
    private static int PlaceOf(StepPlace place, Sample step, int k) => place switch
    {
        StepPlace.Step => k,
        StepPlace.Pair => step.Row,
        StepPlace.State => step.State,
        StepPlace.Start => step.Time == 0 ? step.State : -1,
        StepPlace.Next => step.Next,
        StepPlace.Cut => step.End == StepEnd.Truncated ? step.Next : -1,
        _ => step.Entry,
    };

    private static ArrayKind KindOf(StepPlace place) => place switch
    {
        StepPlace.Pair => ArrayKind.StateAction,
        StepPlace.Entry => ArrayKind.Entry,
        _ => ArrayKind.State,
    };

    private static int LengthOf(StepPlace place, Rolled d) => place switch
    {
        StepPlace.Pair => d.Engine.States * d.Engine.Actions,
        StepPlace.Entry => d.Engine.Transitions.EntryCount,
        _ => d.Engine.States,
    };
}
