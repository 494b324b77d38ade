using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Followers.BlackBoxes;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers;

public class SweepFollowerTests
{
    private static readonly ProblemData Data = SmallProblem.StayOrLeave(gamma: 0.8, temperature: 0.5, stay: 1, leave: 0.3);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ValuesAreThoseOfTheSweeps(bool carryOver)
    {
        using CpuBackend backend = new(1, 256);
        using Mdp mdp = new(SmallProblem.Problem(Data), backend);
        using SweepFollower follower = new(mdp, new() { Sweeps = 3, CarryOver = carryOver });
        mdp.Configure();
        double v = 0;
        for (uint iteration = 0; iteration < 4; iteration++)
        {
            follower.Respond([1], iteration);
            if (!carryOver) v = 0;
            for (int sweep = 0; sweep < 3; sweep++) v = 0.5 * Math.Log(Math.Exp((1 + (0.8 * v)) / 0.5) + Math.Exp(0.3 / 0.5));
            double[] value = new double[1], policy = new double[2];
            mdp.Engine.Download(follower.V, 0, value);
            mdp.Engine.Download(follower.Policy, 0, policy);
            Assert.Equal(v, value[0], 12);
            Assert.Equal(1 / (1 + Math.Exp((0.3 - (1 + (0.8 * v))) / 0.5)), policy[0], 12);
        }

        Certificate[] certificate = new Certificate[1];
        follower.Certify(certificate);
        double next = 0.5 * Math.Log(Math.Exp((1 + (0.8 * v)) / 0.5) + Math.Exp(0.3 / 0.5));
        Assert.Equal(Math.Abs(next - v), certificate[0].Residual, 12);
        Assert.False(certificate[0].Converged);
        Assert.Equal(3, certificate[0].Iterations);
    }

    [Fact]
    public void ManySweepsAreTheBestResponse()
    {
        using CpuBackend backend = new(1, 256);
        using Solved solved = new(LinearProblem.Create("random", RandomProblem.Generate(1)));
        double[] best = solved.AtStart().Read(solved.Response.Policy, solved.Rows);
        using SweepFollower follower = new(solved.Mdp, new() { Sweeps = 1000 });
        follower.Respond([1], 0);
        Close.Within(1e-10, best, solved.Read(follower.Policy, solved.Rows), "policy");
    }

    /// <summary>Sweeps are looked at after some of them, which shows in no bit.</summary>
    [Theory]
    [InlineData(EngineLayout.Instances, 130)]
    [InlineData(EngineLayout.States, 130)]
    [InlineData(EngineLayout.States, 64)]
    [InlineData(EngineLayout.States, 7)]
    public void SweepsAreThoseOfOneCall(EngineLayout layout, int sweeps)
    {
        ProblemData data = RandomProblem.Generate(1, new RandomProblemOptions { Gamma = 0.999 });
        using Solved solved = new(LinearProblem.Create("random", data), layout: layout);
        solved.AtStart();
        using SweepFollower follower = new(solved.Mdp, new() { Sweeps = sweeps });
        follower.Respond([1], 0);
        using DeviceArray v = solved.Mdp.Engine.Allocate(ArrayKind.State);
        SweepStatus status = new(1);
        status.Begin();
        solved.Mdp.Engine.SoftSweeps(v, solved.Mdp.Reward, 0.999, new SweepLimits(sweeps, 0, 0), status);
        Assert.Equal(solved.Read(v, solved.States), solved.Read(follower.V, solved.States));
        Assert.Equal((sweeps, status.Change[0]), (follower.Status.Sweeps[0], follower.Status.Change[0]));
    }

    [Fact]
    public void NoSweepsAreRefused()
    {
        using CpuBackend backend = new(1, 256);
        using Mdp mdp = new(SmallProblem.Problem(Data), backend);
        Assert.Equal(
            "sweep-follower: sweeps = 0; expected an integer of at least 1",
            Assert.Throws<InvalidInputException>(() => new SweepFollower(mdp, new() { Sweeps = 0 })).Message);
    }
}
