using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Followers.BlackBoxes;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;
using FastHyper.Tests.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers;

public class LearningFollowerTests
{
    // Every move is certain, so that learning has no noise.
    private static readonly CliffWalkingOptions Cliff = new() { Rows = 3, Columns = 4, Temperature = 20, Gamma = 0.8 };

    [Fact]
    public void SoftQLearningComesToTheBestResponseWhereMovesAreCertain()
    {
        using Solved solved = new(ToyWorlds.CliffWalking(Cliff));
        solved.AtStart();
        using QLearningFollower follower = new(solved.Mdp, new QLearningOptions { Steps = 2000, Rounds = 20, StepSize = 1 });
        follower.Respond([1], 0);
        double[] expected = solved.Read(solved.Response.Policy, solved.Rows), policy = solved.Read(follower.Policy, solved.Rows);
        double[] values = solved.Read(solved.Response.V, solved.States), v = solved.Read(follower.V, solved.States);
        // Cells of the cliff and the goal (9, 10, 11) are never acted in.
        for (int s = 0; s < 9; s++)
        {
            Assert.Equal(values[s], v[s], 6);
            for (int a = 0; a < 4; a++) Assert.Equal(expected[(4 * s) + a], policy[(4 * s) + a], 6);
        }
    }

    [Fact]
    public void CarriedOverTheFollowerGoesOnWhereItWas()
    {
        using Solved solved = new(ToyWorlds.CliffWalking(Cliff));
        solved.AtStart();
        using QLearningFollower keeps = new(solved.Mdp, new QLearningOptions { Steps = 50 }),
            forgets = new(solved.Mdp, new QLearningOptions { Steps = 50, CarryOver = false });
        Certificate[] certificate = new Certificate[1];
        for (uint i = 0; i < 200; i++)
        {
            keeps.Respond([1], i);
            forgets.Respond([1], i);
        }

        double Error(QLearningFollower follower) =>
            Close.Largest(
                Close.Difference(solved.Read(follower.V, solved.States)[..9], solved.Read(solved.Response.V, solved.States)[..9]));
        Assert.True(Error(keeps) < 0.2 * Error(forgets), $"kept {Error(keeps)}, forgot {Error(forgets)}");
        keeps.Certify(certificate);
        Assert.Equal(1, certificate[0].Iterations);
    }

    [Fact]
    public void SamplesAreTheSameOnEveryWidthAndThread()
    {
        double[] expected = Lead(1, 64);
        foreach ((int threads, int laneBits) in new[] { (2, 64), (1, 256), (2, 512) }) Assert.Equal(expected, Lead(threads, laneBits));
    }

    [Fact]
    public void ABlackBoxIsSeenByItsRollouts()
    {
        ToyGrid problem = ToyWorlds.CliffWalking(Cliff with { IncentiveRange = [0, 10], Cost = 0 });
        using CpuBackend backend = new(1, 256);
        using Mdp mdp = new(problem, backend);
        mdp.Initialise([1]);
        mdp.Configure();
        using BestResponse best = new(mdp, new SolveOptions { Tolerance = 1e-10 });
        using BlackBoxFollower follower = new(mdp, new Learner(), steps: 200_000, prior: 1e-3);
        best.Solve();
        follower.Respond([1], 0);
        double[] expected = new double[48], seen = new double[48];
        mdp.Engine.Download(best.Policy, 0, expected);
        mdp.Engine.Download(follower.Policy, 0, seen);
        for (int row = 0; row < 36; row++) Assert.Equal(expected[row], seen[row], 0.05);
        for (int row = 36; row < 48; row++) Assert.Equal(0.25, seen[row], 12);
    }

    [Fact]
    public void ALeaderLearnsFromABlackBox()
    {
        ToyGrid problem =
            ToyWorlds.FrozenLake(
                new FrozenLakeOptions
                {
                    Map = ["SFH", "FFG"],
                    Slip = 0,
                    IncentiveRange = [-1, 1],
                    Cost = 0.01,
                    Temperature = 0.3,
                    Gamma = 0.5,
                });
        using CpuBackend backend = new(1, 256);
        LeaderOptions options = new()
        {
            Leaders = LeaderOptions.Seeds(1, 2, 0.05),
            Optimizer = OptimizerKind.Adam,
            CreateFollower = mdp => new BlackBoxFollower(mdp, new Learner(), steps: 500),
        };
        BcHgEstimator estimator =
            new() { Sampling = new SamplingOptions { Steps = 500 }, Critic = new CriticOptions { Kind = CriticKind.TdLambda, Step = 0.5 } };
        using Leader leader = new(problem, estimator, options, backend);
        using ObjectiveEvaluator objective = new(problem, 2, backend);
        double[] before = new double[2], after = new double[2];
        objective.Evaluate(leader, before);
        foreach (long _ in leader.Steps(150))
        {
        }

        objective.Evaluate(leader, after);
        for (int i = 0; i < 2; i++) Assert.True(after[i] > before[i] + 0.05, $"{before[i]} -> {after[i]}");
        Assert.Contains(leader.State, entry => entry.Name == "follower_memory");
    }

    [Fact]
    public void OptionsOutOfRangeAreRefused()
    {
        using CpuBackend backend = new(1, 256);
        using Mdp mdp = new(ToyWorlds.CliffWalking(), backend), machine = new(new OwnProblemExample(), backend);
        Assert.Equal(
            "q-learning: rounds = 0; expected an integer of at least 1",
            Refusal(() => new QLearningFollower(mdp, new QLearningOptions { Rounds = 0 })));
        Assert.Equal(
            "q-learning: step_size = 2; expected a number in (0, 1]",
            Refusal(() => new QLearningFollower(mdp, new QLearningOptions { StepSize = 2 })));
        Assert.Equal(
            "black-box-follower: prior = 0; expected a finite number above 0",
            Refusal(() => new BlackBoxFollower(mdp, new Learner(), prior: 0)));
        Assert.StartsWith(
            "follower: the leader of machine controls transitions", Refusal(() => new BlackBoxFollower(machine, new Learner())),
            StringComparison.Ordinal);
        using BlackBoxFollower astray = new(mdp, new Astray());
        mdp.Initialise([1]);
        mdp.Configure();
        Assert.Equal(
            "the follower's action in state 36 is 7; expected 0 to 3",
            Assert.Throws<InvalidOperationException>(() => astray.Respond([1], 0)).Message);
    }

    [Fact]
    public void NoFollowerAtAllIsRefused()
    {
        using CpuBackend backend = new(1);
        LeaderOptions options = new() { Leaders = LeaderOptions.Seeds(1, 1, 0.1), CreateFollower = _ => null! };
        Assert.Equal(
            "leader: CreateFollower made null; expected a follower",
            Refusal(() => new Leader(ToyWorlds.FrozenLake(), new BcHgEstimator(), options, backend)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AStepAfterItsBackendIsGoneIsRefused(int threads)
    {
        CpuBackend backend = new(threads);
        using Leader leader = new(
            ToyWorlds.FrozenLake(), new BcHgEstimator(), new LeaderOptions { Leaders = LeaderOptions.Seeds(1, 1, 0.1) }, backend);
        leader.Step();
        Assert.Equal([2L, 3], leader.Steps(2).ToList());
        backend.Dispose();
        Assert.Equal("FastHyper.Backends.Backend", Assert.Throws<ObjectDisposedException>(() => leader.Step()).ObjectName);
    }

    private static double[] Lead(int threads, int laneBits)
    {
        using CpuBackend backend = new(threads, laneBits);
        LeaderOptions options =
            new()
            {
                Leaders = LeaderOptions.Seeds(1, 3, 0.1),
                CreateFollower = mdp => new QLearningFollower(mdp, new QLearningOptions { Steps = 100 }),
            };
        using Leader leader = new(ToyWorlds.FrozenLake(), new BcHgEstimator(), options, backend);
        foreach (long _ in leader.Steps(5))
        {
        }

        return [.. leader.Parameters(0), .. leader.Parameters(2)];
    }

    private static string Refusal(Func<object> action) => Assert.Throws<InvalidInputException>(action).Message;

    /// <summary>A soft Q-learner of its own making: its memory is its table, and nobody else knows how it acts.</summary>
    private sealed class Learner : IBlackBoxAgent
    {
        public void Adapt(BlackBoxWorld world, Span<double> memory)
        {
            for (int episode = 0; episode < 300; episode++)
            {
                int s = world.Reset();
                for (int time = 0; time < 50 && !world.Ended; time++)
                {
                    int a = (int)(world.Draw() * world.Actions);
                    double r = world.Step(a), future = world.Ended
                        ? 0
                        : Soft(memory.Slice(world.State * world.Actions, world.Actions), world.Temperature);
                    memory[(s * world.Actions) + a] = r + (world.Discount * future);
                    s = world.State;
                }
            }

            _temperature = world.Temperature;
            _actions = world.Actions;
        }

        private double _temperature;
        private int _actions;

        public int Act(int state, ReadOnlySpan<double> memory, double draw)
        {
            ReadOnlySpan<double> q = memory.Slice(state * _actions, _actions);
            double v = Soft(q, _temperature);
            for (int a = 0; a < _actions - 1; a++)
                if ((draw -= Math.Exp((q[a] - v) / _temperature)) < 0) return a;
            return _actions - 1;
        }

        private static double Soft(ReadOnlySpan<double> q, double temperature)
        {
            double largest = double.NegativeInfinity, sum = 0;
            foreach (double value in q) largest = Math.Max(largest, value);
            foreach (double value in q) sum += Math.Exp((value - largest) / temperature);
            return largest + (temperature * Math.Log(sum));
        }
    }

    private sealed class Astray : IBlackBoxAgent
    {
        public void Adapt(BlackBoxWorld world, Span<double> memory)
        {
        }

        public int Act(int state, ReadOnlySpan<double> memory, double draw) => 7;
    }
}
