using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests.Backends;

/// <summary>What a leader who acts makes of values, policies and cotangents, against the follower's MDP over (s, a).</summary>
public abstract partial class BackendContract
{
    private const double GameDiscount = 0.9;

    /// <summary>Engines, and then states, actions of the leader and of the follower.</summary>
    public static TheoryData<Precision, EngineLayout, bool, int, int, int, int, int> Games
    {
        get
        {
            TheoryData<Precision, EngineLayout, bool, int, int, int, int, int> data = [];
            foreach ((Precision precision, EngineLayout layout, bool own, int leaders, int perLeader) in Engines.Select(row => row.Data))
                foreach ((int s, int l, int b) in ((int, int, int)[])[(37, 2, 3), (21, 1, 4), (19, 3, 1), (1, 4, 2)])
                    data.Add(precision, layout, own, leaders, perLeader, s, l, b);
            return data;
        }
    }

    private Game NewGame(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states, int leaderActions, int answers) =>
        new(NewDevice(precision, layout, own, leaders, perLeader, states, leaderActions * answers, leaderActions: leaderActions));

    [Theory, MemberData(nameof(Games))]
    public void SweepsAndPolicyIterationReachTheGamesValues(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states, int leaderActions, int answers)
    {
        using Game d = NewGame(precision, layout, own, leaders, perLeader, states, leaderActions, answers);
        DeviceArray v = d.Device.Put(ArrayKind.State, d.Data.Numbers(states, d.Data.Instances));
        DeviceArray r = d.Device.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepLimits limits = new(2000, d.Device.Narrow ? 2e-6 : 1e-13, 0);
        foreach (SolveMethod method in (SolveMethod[])[SolveMethod.Sweeps, SolveMethod.GaussSeidel, SolveMethod.PolicyIteration])
        {
            SweepStatus status = Fresh(d.Device);
            if (method == SolveMethod.Sweeps) d.Engine.SoftSweeps(v, r, GameDiscount, limits, status);
            else if (method == SolveMethod.GaussSeidel) d.Engine.InPlaceSweeps(v, r, GameDiscount, limits, status);
            else d.Engine.PolicyIteration(v, r, GameDiscount, limits, status);
            Assert.False(status.AnyActive);
            d.Device.Expect(v, i => d.Means(i, d.Chain(i).SoftValues(d.Data.Rewards[i], GameDiscount, d.Data.Temperatures[i])), 1e-11);
            v = d.Device.Put(ArrayKind.State, d.Data.Numbers(states, d.Data.Instances));
        }
    }

    [Theory, MemberData(nameof(Games))]
    public void OneBackupOfAGameIsTheLeadersMeanOfSoftMaxima(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states, int leaderActions, int answers)
    {
        using Game d = NewGame(precision, layout, own, leaders, perLeader, states, leaderActions, answers);
        double[][] values = d.Data.Numbers(states, d.Data.Instances);
        DeviceArray v = d.Device.Put(ArrayKind.State, values), r = d.Device.Put(ArrayKind.StateAction, d.Data.Rewards);
        DeviceArray policy = d.Device.Unwritten(ArrayKind.StateAction), soft = d.Device.Unwritten(ArrayKind.LeaderAction);
        double[] Q(int i) => d.Device.Reference(i).ActionValues(values[i], d.Data.Rewards[i], GameDiscount);
        double[] Soft(int i) => d.Chain(i).SoftMaxima(Q(i), d.Data.Temperatures[i]);
        double Residual(int i) => d.Means(i, Soft(i)).Zip(values[i], (after, before) => Math.Abs(after - before)).Max();

        d.Engine.LeaderActionValues(v, r, GameDiscount, soft);
        d.Device.Expect(soft, Soft);
        d.Engine.Policy(v, r, GameDiscount, policy);
        d.Device.Expect(policy, i => d.Joint(i, d.Chain(i).Policy(Q(i), d.Data.Temperatures[i])));
        ResidualBound[] bounds = new ResidualBound[d.Data.Instances];
        d.Engine.CertifiedResidual(v, r, GameDiscount, bounds);
        d.Device.Expect(RandomInstances.Each(bounds.Length, Residual), [.. bounds.Select(b => b.Residual)]);
        Assert.All(bounds, b => Assert.InRange(b.Rounding, 1e-17, 1e-13));
    }

    [Theory, MemberData(nameof(Games))]
    public void JointPoliciesEvaluateToTheLeadersMean(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states, int leaderActions, int answers)
    {
        using Game d = NewGame(precision, layout, own, leaders, perLeader, states, leaderActions, answers);
        double[][] g = d.Answers(), sources = d.Data.Numbers(states, d.Data.Instances);
        DeviceArray policy = d.Device.Put(ArrayKind.StateAction, RandomInstances.Each(g.Length, i => d.Joint(i, g[i])));
        DeviceArray r = d.Device.Put(ArrayKind.StateAction, d.Data.Rewards), source = d.Device.Put(ArrayKind.State, sources);
        foreach (bool sweeps in (bool[])[true, false])
        {
            DeviceArray v = d.Device.Put(ArrayKind.State, d.Data.Numbers(states, g.Length)),
                y = d.Device.Put(ArrayKind.State, d.Data.Numbers(states, g.Length));
            SweepStatus values = Fresh(d.Device), visits = Fresh(d.Device);
            if (sweeps)
            {
                d.Engine.EvaluationSweeps(v, policy, r, GameDiscount, ToConvergence(d.Device), values);
                d.Engine.AdjointSweeps(y, policy, source, GameDiscount, ToConvergence(d.Device), visits);
            }
            else
            {
                d.Engine.Evaluate(v, policy, r, GameDiscount, ToConvergence(d.Device), values);
                d.Engine.Adjoint(y, policy, source, GameDiscount, ToConvergence(d.Device), visits);
            }

            d.Device.Expect(v, i => d.Means(i, d.Chain(i).Evaluate(g[i], d.Data.Rewards[i], GameDiscount)), 1e-11);
            d.Device.Expect(
                y, i => d.Sums(d.Chain(i).Adjoint(g[i], [.. d.F[i].Select((f, z) => f * sources[i][z / leaderActions])], GameDiscount)),
                1e-11);
        }
    }

    [Theory, MemberData(nameof(Games))]
    public void QCotangentsAreCentredByTheFollowersMean(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states, int leaderActions, int answers)
    {
        using Game d = NewGame(precision, layout, own, leaders, perLeader, states, leaderActions, answers);
        double[][] g = d.Answers(), cotangent = d.Data.Numbers(states * d.Data.Actions, d.Data.Instances);
        DeviceArray target = d.Device.Unwritten(ArrayKind.StateAction);
        d.Engine.QCotangent(
            d.Device.Put(ArrayKind.StateAction, RandomInstances.Each(g.Length, i => d.Joint(i, g[i]))),
            d.Device.Put(ArrayKind.StateAction, cotangent), target);
        d.Device.Expect(target, i => d.Joint(i, d.Chain(i).QCotangent(g[i], cotangent[i], d.Data.Temperatures[i])));
    }

    [Theory, MemberData(nameof(Games))]
    public void LeaderActionMeansAreOverTheFollowersAnswers(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states, int leaderActions, int answers)
    {
        using Game d = NewGame(precision, layout, own, leaders, perLeader, states, leaderActions, answers);
        double[][] g = d.Answers(), q = d.Data.Numbers(states * d.Data.Actions, d.Data.Instances);
        DeviceArray policy = d.Device.Put(ArrayKind.StateAction, RandomInstances.Each(g.Length, i => d.Joint(i, g[i]))),
            table = d.Device.Put(ArrayKind.StateAction, q);
        DeviceArray target = d.Device.Unwritten(ArrayKind.LeaderAction);
        foreach (bool entropy in (bool[])[false, true])
        {
            d.Engine.LeaderActionMeans(policy, table, entropy, target);
            d.Device.Expect(target, i =>
            {
                Answers all = new(d.Joint(i, g[i]), answers);
                double[] values = entropy ? all.Entropic(q[i], d.Data.Temperatures[i]) : q[i];
                return [.. d.F[i].Select((f, z) => f == 0 ? 0 : all.Mean(values, z))];
            });
        }
    }

    [Theory, MemberData(nameof(Games))]
    public void LeaderSoftmaxAndItsPullbackAreTheirFormulas(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states, int leaderActions, int answers)
    {
        using Game d = NewGame(precision, layout, own, leaders, perLeader, states, leaderActions, answers);
        double[][] x = d.Data.Numbers(states * leaderActions, d.Data.Instances),
            c = d.Data.Numbers(states * leaderActions, d.Data.Instances);
        x[^1][0] = 800;
        double[] Softmax(int i) => [.. x[i].Chunk(leaderActions)
            .SelectMany(row => row.Select(e => Math.Exp(e - row.Max()) / row.Sum(other => Math.Exp(other - row.Max()))))];
        DeviceArray rows = d.Device.Put(ArrayKind.LeaderAction, x), target = d.Device.Unwritten(ArrayKind.LeaderAction);
        d.Engine.LeaderSoftmax(rows);
        d.Device.Expect(rows, Softmax);
        d.Engine.LeaderSoftmaxPullback(rows, d.Device.Put(ArrayKind.LeaderAction, c), target);
        d.Device.Expect(target, i =>
        {
            double[] f = Softmax(i), means = d.Means(f, c[i]);
            return [.. f.Select((p, z) => p * (c[i][z] - means[z / leaderActions]))];
        });
    }

    [Theory, MemberData(nameof(Games))]
    public void LeaderSoftmaxNeverDropsWhatIsNotANumber(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states, int leaderActions, int answers)
    {
        using Game d = NewGame(precision, layout, own, leaders, perLeader, states, leaderActions, answers);
        foreach (double logit in (double[])[double.NaN, double.PositiveInfinity])
        {
            for (int z = 0; z < Math.Min(3, states * leaderActions); z++)
            {
                double[][] x = d.Data.Numbers(states * leaderActions, d.Data.Instances);
                x[^1][z] = logit;
                DeviceArray rows = d.Device.Put(ArrayKind.LeaderAction, x);
                d.Engine.LeaderSoftmax(rows);
                double[][] f = d.Device.Get(rows);
                for (int i = 0; i < f.Length; i++)
                    for (int k = 0; k < f[i].Length; k++)
                        Assert.Equal(i == f.Length - 1 && k / leaderActions == z / leaderActions, double.IsNaN(f[i][k]));
            }
        }
    }

    [Theory, MemberData(nameof(Games))]
    public void ScaleByStateTakesArraysOfLeaderActions(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states, int leaderActions, int answers)
    {
        using Game d = NewGame(precision, layout, own, leaders, perLeader, states, leaderActions, answers);
        double[][] m = d.Data.Numbers(states * leaderActions, d.Data.Instances), v = d.Data.Numbers(states, d.Data.Instances),
            t = d.Data.Numbers(states * leaderActions, d.Data.Instances);
        DeviceArray matrix = d.Device.Put(ArrayKind.LeaderAction, m), vector = d.Device.Put(ArrayKind.State, v);
        DeviceArray product = d.Device.Unwritten(ArrayKind.LeaderAction), sum = d.Device.Put(ArrayKind.LeaderAction, t);
        d.Engine.ScaleByState(matrix, vector, product, accumulate: false);
        d.Engine.ScaleByState(matrix, vector, sum, accumulate: true);
        d.Device.Expect(product, i => [.. m[i].Select((x, z) => x * v[i][z / leaderActions])]);
        d.Device.Expect(sum, i => [.. m[i].Select((x, z) => t[i][z] + (x * v[i][z / leaderActions]))]);
        Assert.Throws<ArgumentException>(
            () => d.Engine.ScaleByState(matrix, vector, d.Device.Unwritten(ArrayKind.StateAction), accumulate: false));
    }

    [Theory, MemberData(nameof(Games))]
    public void AffineMapsLeadToLeaderActionsAndBack(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states, int leaderActions, int answers)
    {
        using Game d = NewGame(precision, layout, own, leaders, perLeader, states, leaderActions, answers);
        int rows = states * leaderActions;
        SparseMatrix Matrix(int count) =>
            new(
                5, [.. Enumerable.Range(0, count + 1).Select(row => 2L * row)], [.. Enumerable.Range(0, 2 * count).Select(k => k % 5)],
                d.Data.Numbers(2 * count));
        AffineMap[] maps =
            [new(d.Data.Numbers(rows), Matrix(rows)), new(d.Data.Numbers(states), Matrix(states), -2), new(d.Data.Numbers(rows), null)];
        DeviceAffineMap prepared = d.Engine.Prepare(maps, ArrayKind.LeaderAction);
        int[] contexts = [.. Enumerable.Range(0, d.Data.Instances).Select(i => i % maps.Length)];
        double[] weights = d.Data.Numbers(d.Data.Instances);
        double[][] y = d.Data.Numbers(5, leaders), c = d.Data.Numbers(rows, d.Data.Instances), before = d.Data.Numbers(5, leaders);
        DeviceArray target = d.Device.Unwritten(ArrayKind.LeaderAction), dy = d.Device.Put(ArrayKind.Parameter, before);

        d.Engine.Affine(prepared, contexts, d.Device.Put(ArrayKind.Parameter, y), target);
        d.Device.Expect(target, i => [.. Enumerable.Range(0, rows)
            .Select(z => Constant(maps[contexts[i]], z) + Entries(maps[contexts[i]], z).Sum(e => e.Value * y[i / perLeader][e.Column]))]);
        d.Engine.AffinePullback(prepared, contexts, weights, d.Device.Put(ArrayKind.LeaderAction, c), dy);
        d.Device.Expect(dy, leader =>
        {
            double[] sum = [.. before[leader]];
            for (int i = leader * perLeader; i < (leader + 1) * perLeader; i++)
                for (int z = 0; z < rows; z++)
                    foreach ((int column, double value) in Entries(maps[contexts[i]], z))
                        sum[column] += weights[i] * value * c[i][z];
            return sum;
        });
        Assert.Throws<ArgumentException>(() => d.Engine.Affine(prepared, contexts, dy, d.Device.Unwritten(ArrayKind.StateAction)));

        double Constant(AffineMap map, int z) => map.Constant[map.Constant.Length == states ? z / leaderActions : z];
        IEnumerable<(int Column, double Value)> Entries(AffineMap map, int z)
        {
            if (map.Matrix is null) yield break;
            int row = map.Matrix.RowCount == states ? z / leaderActions : z;
            for (long k = map.Matrix.Offsets[row]; k < map.Matrix.Offsets[row + 1]; k++)
                yield return (map.Matrix.Columns[k], map.Scale * map.Matrix.Values[k]);
        }
    }

    [Theory, MemberData(nameof(Games))]
    public void TheVerbsMakeUpTheGradientOfTheLeadersReturn(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader, int states, int leaderActions, int answers)
    {
        const double leaderDiscount = 0.8;
        using Game d = NewGame(precision, layout, own, leaders, perLeader, states, leaderActions, answers);
        if (d.Device.Narrow) return;
        int count = d.Data.Instances;
        double[][] x = d.Data.Numbers(states * leaderActions, count), z = d.Data.Numbers(states * leaderActions, count);
        DeviceArray f = d.Engine.LeaderPolicy!, r = d.Device.Put(ArrayKind.StateAction, d.Data.Rewards),
            l = d.Device.Put(ArrayKind.StateAction, d.Data.LeaderRewards);
        d.SetLeader(x);
        d.Engine.LeaderSoftmax(f);
        DeviceArray Array(ArrayKind kind) => d.Device.Keep(d.Engine.Allocate(kind));
        DeviceArray v = Array(ArrayKind.State), leaderV = Array(ArrayKind.State), visits = Array(ArrayKind.State),
            y = Array(ArrayKind.State), source = Array(ArrayKind.State);
        DeviceArray policy = Array(ArrayKind.StateAction), q = Array(ArrayKind.StateAction), rows = Array(ArrayKind.StateAction);
        DeviceArray values = Array(ArrayKind.LeaderAction), cotangent = Array(ArrayKind.LeaderAction),
            found = Array(ArrayKind.LeaderAction);

        d.Engine.PolicyIteration(v, r, GameDiscount, new SweepLimits(500, 1e-13, 0), Fresh(d.Device));
        d.Engine.Policy(v, r, GameDiscount, policy);
        d.Engine.Evaluate(leaderV, policy, l, leaderDiscount, ToConvergence(d.Device), Fresh(d.Device));
        d.Engine.ActionValues(leaderV, l, leaderDiscount, q);
        d.Engine.Adjoint(
            visits, policy, d.Device.Put(ArrayKind.State, d.Data.Initial), leaderDiscount, ToConvergence(d.Device), Fresh(d.Device));
        // Direct: d(s) V_L(s,a).
        d.Engine.LeaderActionMeans(policy, q, entropy: false, values);
        d.Engine.ScaleByState(values, visits, cotangent, accumulate: false);
        // Response: y(s) V(s,a), y = γ Pᵀ (c + π y).
        d.Engine.QCotangent(policy, q, rows);
        d.Engine.ScaleByState(rows, visits, rows, accumulate: false);
        d.Engine.TransposedProduct(rows, GameDiscount, source);
        d.Engine.Adjoint(y, policy, source, GameDiscount, ToConvergence(d.Device), Fresh(d.Device));
        d.Engine.LeaderActionValues(v, r, GameDiscount, values);
        d.Engine.ScaleByState(values, y, cotangent, accumulate: true);
        d.Engine.LeaderSoftmaxPullback(f, cotangent, found);

        double[][] gradient = d.Device.Get(found);
        for (int i = 0; i < Math.Min(2, count); i++)
        {
            const double h = 1e-5;
            double slope = (Return(i, h) - Return(i, -h)) / (2 * h);
            d.Device.Expect([slope], [gradient[i].Zip(z[i], (g, direction) => g * direction).Sum()], 1e-7);
        }

        // Σ_s μ V_L of the softmax of x + h z, over z = (s, a) naively.
        double Return(int i, double h)
        {
            double[] share =
                [.. x[i].Zip(z[i], (a, b) => Math.Exp(a + (h * b))).Chunk(leaderActions).SelectMany(row => row.Select(e => e / row.Sum()))];
            Reference chain = d.Chain(i, share);
            double[] soft = chain.SoftValues(d.Data.Rewards[i], GameDiscount, d.Data.Temperatures[i]);
            double[] g = chain.Policy(chain.ActionValues(soft, d.Data.Rewards[i], GameDiscount), d.Data.Temperatures[i]);
            return d.Means(share, chain.Evaluate(g, d.Data.LeaderRewards[i], leaderDiscount)).Zip(d.Data.Initial[i], (a, b) => a * b).Sum();
        }
    }

    [Theory, InlineData(Precision.F64, 1e-11), InlineData(Precision.F32, 1e-4)]
    public void LargeGamesAreSolvedInAFewStepsOfPolicyIteration(Precision precision, double tolerance)
    {
        const int states = 3011;
        Transitions transitions = RandomProblem.Generate(
            3, new RandomProblemOptions { States = states, Actions = 6, Successors = 4, Parameters = 0, FeaturesPerRow = 0 }).Transitions;
        using Engine engine = Tested.CreateEngine(transitions, new EngineOptions(Precision: precision, LeaderActions: 3));
        Random random = new(2);
        using DeviceArray v = engine.Allocate(ArrayKind.State), reward = engine.Allocate(ArrayKind.StateAction);
        engine.SetTemperatures([0.2]);
        engine.Upload(reward, 0, RandomInstances.Each(states * 6, _ => random.NextDouble()));
        engine.Upload(engine.LeaderPolicy!, 0, RandomInstances.Each(states * 3, _ => 3 * random.NextDouble()));
        engine.LeaderSoftmax(engine.LeaderPolicy!);
        SweepStatus status = new(1);
        status.Begin();
        engine.PolicyIteration(v, reward, 0.98, new SweepLimits(500, tolerance, 0), status);
        ResidualBound[] bounds = new ResidualBound[1];
        engine.CertifiedResidual(v, reward, 0.98, bounds);
        Assert.InRange(bounds[0].Residual, 0, tolerance);
        // Sweeps alone would take a thousand.
        Assert.InRange(status.Sweeps[0], 1, 100);
    }

    [Theory, MemberData(nameof(Engines))]
    public void ALeadersPolicyIsUniformAtFirstAndNoneWhereHeDoesNotAct(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader, actions: 8, leaderActions: 4);
        d.Expect(d.Engine.LeaderPolicy!, _ => [.. Enumerable.Repeat(0.25, 37 * 4)]);
        using Device bare = NewDevice(precision, layout, own, leaders, perLeader);
        Assert.Null(bare.Engine.LeaderPolicy);
        Assert.Throws<ArgumentException>(() => bare.Engine.Allocate(ArrayKind.LeaderAction));
        Assert.Throws<ArgumentException>(() => bare.Engine.Prepare([new AffineMap(new double[37], null)], ArrayKind.LeaderAction));
        Assert.Contains(
            "8 actions of leader and follower, 3 of the leader",
            Assert.Throws<InvalidInputException>(() => NewDevice(precision, layout, actions: 8, leaderActions: 3)).Message,
            StringComparison.Ordinal);
    }
}
