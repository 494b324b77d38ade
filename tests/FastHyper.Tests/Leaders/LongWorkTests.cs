using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Followers;
using FastHyper.Followers.BlackBoxes;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Cli;
using FastHyper.Tests.Support;
using GradientCheck = FastHyper.Experiments.GradientCheck;

namespace FastHyper.Tests.Leaders;

/// <summary>
/// Every loop within a leader iteration, or an evaluation, tells how far it is, and ends in its next turn when it is asked to.
/// </summary>
public class LongWorkTests
{
    public static TheoryData<string, string, string[]> Loops => new()
    {
        { "segments found", "preference", [] },
        { "segments compared", "preference", [] },
        { "segments compared", "preference", ["estimator.name=sobirl", "estimator.steps=60"] },
        { "joint iterations", "frozen-lake", ["estimator.name=amd"] },
        { "rows of the reward's derivatives", "frozen-lake", ["estimator.name=amd"] },
        { "steps of the adjoint", "random-mdp", ["estimator.adjoint.steps=3"] },
        { "steps of the adjoint", "random-mdp", ["estimator.adjoint.step=krylov", "estimator.adjoint.steps=3"] },
        { "the follower's sweeps", "random", ["follower.kind=sweeps"] },
        { "the follower's sweeps", "random", ["follower.method=sweeps"] },
        { "the follower's sweeps", "random", ["follower.method=anderson"] },
        { "the follower's sweeps", "random", ["follower.method=policy-iteration"] },
        { "policy iteration's steps", "warehouse", ["follower.method=policy-iteration"] },
        { "linear solve's products", "warehouse", ["follower.method=policy-iteration", "warehouse.rows=80", "warehouse.columns=80"] },
        { "the follower's rounds", "random", ["follower.kind=q-learning", "follower.learning.rounds=3"] },
        { "the follower's tables", "random", ["follower.kind=q-learning"] },
        { "the value of the policy", "random", ["estimator.name=exact"] },
        { "the adjoint of the policy's value", "random", ["estimator.name=exact"] },
        { "the critic's passes", "random", ["estimator.critic.passes=3"] },
        { "past iterations left", "random", ["estimator.name=bc-hg-vr"] },
        { "the follower's sweeps", "random", ["estimator.name=zero-order"] },
        { "the follower's sweeps", "discrete-toy", [] },
    };

    [Fact]
    public void AStepHearsOfItsOwnCancellationAndOfNoOtherAfterIt()
    {
        using CpuBackend backend = new(1);
        RunConfig config = ConfigFile.Resolve("random", ["seeds=1", "random.states=20"]);
        using Leader leader = config.CreateLeader(config.CreateProblem(), backend);
        using CancellationTokenSource stop = new();
        leader.Step(stop.Token);
        double[] x = leader.Parameters();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => leader.Step(stop.Token));
        Assert.Throws<OperationCanceledException>(() => leader.Steps(1, stop.Token).Count());
        Assert.Equal(1, leader.Iteration);
        Assert.Equal(x, leader.Parameters());
        leader.Step();
        Assert.Equal(2L, leader.Iteration);
    }

    [Theory]
    [MemberData(nameof(Loops))]
    public void WithinAnIteration(string loop, string preset, string[] settings)
    {
        string[] size = preset == "random" ? ["random.states=20"] : [];
        RunConfig config = ConfigFile.Resolve(preset, ["seeds=1", .. size, .. settings]);
        using CpuBackend backend = new(1);
        using Leader leader = config.CreateLeader(config.CreateProblem(), backend);
        Stopped(loop, monitor =>
        {
            leader.Mdp.Monitor = monitor;
            for (int step = 0; step < 3; step++) leader.Step();
        });
    }

    [Fact]
    public void WithinAnEvaluationOfSteps()
    {
        RunConfig config = ConfigFile.Resolve("random", ["seeds=1", "random.states=20"]);
        FiniteProblem problem = config.CreateFiniteProblem("test");
        using CpuBackend backend = new(1);
        using Leader leader = config.CreateLeader(problem, backend);
        using ObjectiveEvaluator evaluator = new(problem, 1, backend, finite: new() { Horizon = int.MaxValue });
        Stopped("steps of the return", monitor =>
        {
            evaluator.Mdp.Monitor = monitor;
            evaluator.Evaluate(leader, new double[1]);
        });
    }

    [Fact]
    public void WithinAGradient()
    {
        FiniteProblem problem = StoredProblem.Load(Golden.Problem("random-30x4"));
        using CpuBackend backend = new(1);
        GradientEstimate Estimate(WorkMonitor monitor, int warmUp = 0, int iterations = 1) => GradientEstimate.Compute(
            problem, new MSobirlEstimator(), backend, Precision.F64, 1, warmUp: warmUp, iterations: iterations, monitor: monitor);
        Stopped("iterations at x", monitor => Estimate(monitor, iterations: int.MaxValue));
        Stopped("iterations to warm up", monitor => Estimate(monitor, warmUp: int.MaxValue));
        Stopped("the follower's sweeps", monitor => Estimate(monitor));
        Stopped("parameters checked", monitor => GradientCheck.Run(problem, backend, monitor: monitor));
        Stopped("the adjoint of the policy's value", monitor => GradientCheck.Run(problem, backend, monitor: monitor));
        SolveOptions solve = new();
        Stopped("the follower's sweeps", monitor => ProblemSolution.Solve(problem, backend, Precision.F64, solve, monitor: monitor));
    }

    [Fact]
    public void WithinABlackBox()
    {
        using CpuBackend backend = new(1);
        using Mdp mdp = new(LinearProblem.Create("random", RandomProblem.Generate(1)), backend);
        mdp.Initialise([1]);
        mdp.Configure();
        using BlackBoxFollower restless = new(mdp, new Restless()), watched = new(mdp, new Lazy(), steps: int.MaxValue);
        foreach (BlackBoxFollower follower in (BlackBoxFollower[])[restless, watched])
        {
            Stopped("draws of the follower's world", monitor =>
            {
                mdp.Monitor = monitor;
                follower.Respond([1], 0);
            });
        }
    }

    /// <summary>Sweeps over samples are within one call of the engine: they look, and do not tell.</summary>
    [Fact]
    public void WithinACriticOfManySweeps()
    {
        RunConfig config = ConfigFile.Resolve("random", ["seeds=2", "random.states=20", "estimator.critic.kind=lstd"]);
        using CpuBackend backend = new(2);
        using Leader leader = config.CreateLeader(config.CreateProblem(), backend);
        leader.Step();
        Stopped("the critic's passes", monitor =>
        {
            leader.Mdp.Monitor = monitor;
            leader.Step();
        });
        TemporalDifference target = new(0.9, Bootstrap.Expected, ValuesOf.Leader);
        Assert.Throws<OperationCanceledException>(() => leader.Mdp.Engine.SolveActionValues(
            leader.Sampler!.Buffer, leader.Response.Policy, leader.Mdp.Reward, target, 1e-6, 1,
            new SampledSolve[leader.Mdp.Engine.Instances]));
    }

    /// <summary>Requires that work tells of a loop, and ends when it is stopped at that.</summary>
    private static void Stopped(string loop, Action<WorkMonitor> work)
    {
        using CancellationTokenSource stop = new();
        List<string> told = [];
        WorkMonitor monitor = new(
            stop.Token,
            new Told(line =>
            {
                Assert.False(stop.IsCancellationRequested);
                told.Add(line);
                if (line.StartsWith(loop + ':', StringComparison.Ordinal)) stop.Cancel();
            }),
            TimeSpan.Zero);
        OperationCanceledException? end = Record.Exception(() => work(monitor)) as OperationCanceledException;
        Assert.True(end is not null, $"{loop} is not among {string.Join(", ", told.Select(line => line.Split(':')[0]).Distinct())}");
    }

    /// <summary>Never done adapting.</summary>
    private sealed class Restless : IBlackBoxAgent
    {
        public void Adapt(BlackBoxWorld world, Span<double> memory)
        {
            while (true)
            {
                if (world.Ended) world.Reset();
                world.Step(0);
            }
        }

        public int Act(int state, ReadOnlySpan<double> memory, double draw) => 0;
    }

    /// <summary>Adapts to nothing.</summary>
    private sealed class Lazy : IBlackBoxAgent
    {
        public void Adapt(BlackBoxWorld world, Span<double> memory) { }

        public int Act(int state, ReadOnlySpan<double> memory, double draw) => 0;
    }
}
