using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Files;
using FastHyper.Followers;
using FastHyper.Followers.BlackBoxes;
using FastHyper.Problems;
using FastHyper.Problems.Games;
using FastHyper.Tests.Experiments;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Problems;

public sealed class MarkovGameTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void AFileReadsBackBitForBit(int followers)
    {
        GameData game = RandomGame.Generate(3, new RandomGameOptions { Followers = followers, Termination = 0.1 });
        GameFile.Save(_folder["game.npz"], game);
        GameData read = GameFile.Load(_folder["game.npz"]);
        Assert.Equal(game.Transitions.Matrix.Offsets, read.Transitions.Matrix.Offsets);
        Assert.Equal(game.Transitions.Matrix.Columns, read.Transitions.Matrix.Columns);
        Assert.Equal(game.Transitions.Matrix.Values, read.Transitions.Matrix.Values);
        Assert.Equal(followers, read.Followers.Count);
        for (int n = 0; n < followers; n++)
        {
            Assert.Equal(game.Followers[n].Reward, read.Followers[n].Reward);
            Assert.Equal(game.Followers[n].LeaderReward, read.Followers[n].LeaderReward);
        }

        Assert.Equal(game.Theta, read.Theta);
        Assert.Equal(game.Initial, read.Initial);
        Assert.Equal(
            (game.Gamma, game.GammaLeader, game.Temperature, game.LeaderActions),
            (read.Gamma, read.GammaLeader, read.Temperature, read.LeaderActions));
        MarkovGame stored = Assert.IsType<MarkovGame>(StoredProblem.Load(_folder["game.npz"]));
        Assert.Equal([30, 3], stored.ParameterShape);
    }

    [Fact]
    public void StateFeaturesMakeThePolicyLinear()
    {
        double[] features = [1, 0, 0, 2, -1, 3];
        WriteSmall(writer =>
        {
            writer.Write("state_features", features, 2, 3);
            writer.Write("theta", new[] { 0.1, 0.2, 0.3, -0.4, 0.5, 0.6 }, 2, 3);
        });
        MarkovGame game = new("small", GameFile.Load(_folder["small.npz"]));
        Assert.Equal([2, 3], game.ParameterShape);
        using Solved solved = new(game);
        solved.AtStart();
        // Logits φ(s)·θ(a): state 0 sees (1, 0, 0), state 1 (2, −1, 3).
        double second = Math.Exp((2 * 0.1) - 0.2 + (3 * 0.3)), third = Math.Exp((2 * -0.4) - 0.5 + (3 * 0.6));
        double[] expected = [
            Math.Exp(0.1) / (Math.Exp(0.1) + Math.Exp(-0.4)), Math.Exp(-0.4) / (Math.Exp(0.1) + Math.Exp(-0.4)), second / (second + third),
                third / (second + third)];
        Close.Within(1e-14, expected, solved.Read(solved.Mdp.Engine.LeaderPolicy!, 4), "f");
    }

    [Theory]
    [InlineData(
        "follower_reward", new[] { 2, 2 },
            "shape (2, 2); expected (states, leader actions, follower actions), after (followers) where there are several, at least one "
            + "of each")]
    [InlineData("leader_reward", new[] { 2, 2 }, "shape (2, 2); expected (2, 2, 2), that of follower_reward")]
    [InlineData("initial", new[] { 3 }, "shape (3,); expected (2,), (states) as in follower_reward")]
    [InlineData("theta", new[] { 4 }, "shape (4,); expected (2, 2), (states, leader actions)")]
    [InlineData("P", new[] { 2, 2, 2 }, "shape (2, 2, 2); expected (2, 2, 2, states), states, leader actions, follower actions and states")]
    public void RefusesShapesThatDisagree(string name, int[] shape, string expected)
    {
        WriteSmall(writer => writer.Write(name, new double[shape.Aggregate(1, (a, b) => a * b)], shape), name);
        InvalidInputException e = Assert.Throws<InvalidInputException>(() => StoredProblem.Load(_folder["small.npz"]));
        Assert.EndsWith($"small.npz: {name}: {expected}", e.Message);
    }

    [Fact]
    public void RefusesNumbersThatAreNone()
    {
        double[] p = SmallTransitions();
        p[5] = double.NaN;
        WriteSmall(writer => writer.Write("P", p, 2, 2, 2, 2), "P");
        Assert.EndsWith(
            "P: row 2, column 1: NaN; expected a finite number",
            Assert.Throws<InvalidInputException>(() => GameFile.Load(_folder["small.npz"])).Message);
        WriteSmall(writer => writer.Write("initial", [0.5, 0.6], 2), "initial");
        Assert.EndsWith(
            "initial[0..1] sums to 1.1; expected 1 (to mend it, divide it by its sum)",
            Assert.Throws<InvalidInputException>(() => GameFile.Load(_folder["small.npz"])).Message);
    }

    [Fact]
    public void RefusesFeaturesThatFitNoMemory()
    {
        // 40 000 leader actions times 40 000 features would be 1.6 billion parameters.
        using (NpzWriter writer = NpzWriter.Create(_folder["many.npz"]))
        {
            writer.Write("P", new double[40_000].Select(_ => 1.0).ToArray(), 1, 40_000, 1, 1);
            foreach (string name in (string[])["follower_reward", "leader_reward"]) writer.Write(name, new double[40_000], 1, 40_000, 1);
            writer.Write("initial", [1.0], 1);
            writer.Write("state_features", new double[40_000], 1, 40_000);
            foreach (string name in (string[])["gamma", "gamma_leader", "temperature"]) writer.WriteScalar(name, 0.5);
            writer.Commit();
        }

        Assert.EndsWith(
            "state_features: shape (1, 40000) for 40000 leader actions; expected features that fit in memory once for each leader action",
            Assert.Throws<InvalidInputException>(() => GameFile.Load(_folder["many.npz"], 8L << 30)).Message);
    }

    [Fact]
    public void RefusesNoDiscountWithoutAnEnd()
    {
        WriteSmall(writer => writer.WriteScalar("gamma", 1.0), "gamma");
        Assert.Matches("small.npz: gamma = 1", Assert.Throws<InvalidInputException>(() => GameFile.Load(_folder["small.npz"])).Message);
    }

    [Theory]
    [InlineData(Precision.F32)]
    [InlineData(Precision.F64)]
    public void LogitsThatAreNoNumbersAreNoPolicy(Precision precision)
    {
        GameData data = RandomGame.Generate(1, new RandomGameOptions { States = 5, StateFeatures = 2 });
        MarkovGame game =
            new("game",
                data with
                {
                    Theta = [.. data.Theta!.Select(_ => 1e308)],
                    PolicyFeatures = new SparseMatrix(
                        6, data.PolicyFeatures!.Offsets, data.PolicyFeatures.Columns, [.. data.PolicyFeatures.Values.Select(_ => 10.0)]),
                });
        using CpuBackend backend = new(1);
        Assert.Throws<InvalidOperationException>(
            () => ProblemSolution.Solve(game, backend, precision, new SolveOptions { Tolerance = 1e-6 }));
    }

    [Fact]
    public void Float32SolvesReachWhatTheirCertificatesSay()
    {
        MarkovGame game = new(
            "game", RandomGame.Generate(3, new RandomGameOptions { States = 20, LeaderActions = 4, FollowerActions = 3, Gamma = 0.999 }));
        using CpuBackend backend = new(1);
        ProblemSolution narrow = ProblemSolution.Solve(game, backend, Precision.F32, new SolveOptions { Tolerance = 1e-6 });
        ProblemSolution wide = ProblemSolution.Solve(game, backend, Precision.F64, new SolveOptions { Tolerance = 1e-11 });
        Assert.InRange(narrow.Certificate.Residual, 0, 1e-7);
        Assert.All(wide.V.Zip(narrow.V), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, narrow.Certificate.Bound));
        Assert.All(
            wide.Game!.V.Zip(narrow.Game!.V),
            pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, narrow.Certificate.Bound + 1e-6));
        Assert.All(wide.Game.G.Zip(narrow.Game.G), pair => Assert.Equal(pair.First, pair.Second, 2e-6));
    }

    [Fact]
    public void AGameIsSolvedOverStatesAndLeaderActions()
    {
        GameData data = RandomGame.Generate(11, new RandomGameOptions { States = 20 });
        using CpuBackend backend = new(1);
        GameSolution solution =
            ProblemSolution.Solve(new MarkovGame("game", data), backend, Precision.F64, new SolveOptions { Tolerance = 1e-12 }).Game!;
        (int states, int choices, int answers) = (20, 3, 4);
        SparseMatrix p = data.Transitions.Matrix;
        double[] v = new double[states * choices];
        // Plain value iteration on z = (s, a).
        for (int sweep = 0; sweep < 800; sweep++)
        {
            double[] next = new double[v.Length];
            for (int z = 0; z < v.Length; z++)
            {
                double sum = 0;
                for (int b = 0; b < answers; b++)
                {
                    int row = (z * answers) + b;
                    double q = data.Followers[0].Reward[row];
                    for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
                        for (int a = 0; a < choices; a++)
                            q += data.Gamma * p.Values[k] * solution.LeaderPolicy[(p.Columns[k] * choices) + a] * v[
                                (p.Columns[k] * choices) + a];
                    sum += Math.Exp(q / data.Temperature);
                }

                next[z] = data.Temperature * Math.Log(sum);
            }

            v = next;
        }

        Close.Within(1e-10, v, solution.V, "V");
        Assert.All(solution.G.Chunk(answers), row => Assert.Equal(1, row.Sum(), 1e-12));
        double[] theta = data.Theta!;
        for (int s = 0; s < states; s++)
        {
            double total = Enumerable.Range(0, choices).Sum(a => Math.Exp(theta[(s * choices) + a]));
            for (int a = 0; a < choices; a++)
                Assert.Equal(Math.Exp(theta[(s * choices) + a]) / total, solution.LeaderPolicy[(s * choices) + a], 1e-14);
        }
    }

    [Fact]
    public void AFollowerThatLearnsComesNearItsBestResponse()
    {
        DiscreteToy game = DiscreteToy.Create(new DiscreteToyOptions { Gamma = 0.8, Temperature = 0.5 });
        using CpuBackend backend = new(1);
        using Mdp mdp = new(game, backend);
        using BestResponse best = new(mdp);
        using QLearningFollower learner = new(mdp, new QLearningOptions { Steps = 2000, Rounds = 20, StepSize = 0.02, EpisodeLimit = 50 });
        mdp.Initialise([1]);
        mdp.Configure();
        best.Solve();
        for (uint k = 0; k < 5; k++) learner.Respond([1], k);
        using DeviceArray values = mdp.Engine.Allocate(ArrayKind.LeaderAction);
        double[] exact = new double[6], learned = new double[6];
        best.LeaderActionValues(values);
        mdp.Engine.Download(values, 0, exact);
        learner.LeaderActionValues(values);
        mdp.Engine.Download(values, 0, learned);
        Close.Within(0.02, exact, learned, "V(s,a)");
    }

    [Fact]
    public void ABlackBoxIsNoFollowerOfALeaderWhoActs()
    {
        using CpuBackend backend = new(1);
        using Mdp mdp = new(DiscreteToy.Create(), backend);
        InvalidInputException e = Assert.Throws<InvalidInputException>(() => new BlackBoxFollower(mdp, new Idle()).Dispose());
        Assert.Equal(
            "follower: the leader of discrete-toy acts, which needs the follower's values; expected rewards only from a black box",
            e.Message);
    }

    private static double[] SmallTransitions() => [.. Enumerable.Repeat(0.5, 16)];

    /// <summary>A game of two of everything, but for what <paramref name="instead"/> writes in the place of an array.</summary>
    private void WriteSmall(Action<NpzWriter> instead, string replaced = "")
    {
        using NpzWriter writer = NpzWriter.Create(_folder["small.npz"]);
        foreach ((string name, double[] values, int[] shape) in new (string, double[], int[])[]
                 {
                     ("P", SmallTransitions(), [2, 2, 2, 2]), ("follower_reward", new double[8], [2, 2, 2]),
                         ("leader_reward", new double[8], [2, 2, 2]), ("initial", [1, 0], [2]),
                 })
        {
            if (name != replaced) writer.Write(name, values, shape);
        }

        if (replaced != "gamma") writer.WriteScalar("gamma", 0.9);
        writer.WriteScalar("gamma_leader", 0.9);
        writer.WriteScalar("temperature", 0.1);
        instead(writer);
        writer.Commit();
    }

    private sealed class Idle : IBlackBoxAgent
    {
        public void Adapt(BlackBoxWorld world, Span<double> memory) { }

        public int Act(int state, ReadOnlySpan<double> memory, double draw) => 0;
    }
}
