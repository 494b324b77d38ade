using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Reference.Dense;
using FastHyper.Tests.Cli;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers;

public class SolveMethodTests
{
    /// <summary>Every method, layout and precision.</summary>
    public static TheoryData<SolveMethod, EngineLayout, Precision> Ways
    {
        get
        {
            TheoryData<SolveMethod, EngineLayout, Precision> data = [];
            foreach (SolveMethod method in Enum.GetValues<SolveMethod>())
                foreach (EngineLayout layout in (EngineLayout[])[EngineLayout.States, EngineLayout.Instances])
                    foreach (Precision precision in Enum.GetValues<Precision>()) data.Add(method, layout, precision);
            return data;
        }
    }

    [Theory, MemberData(nameof(Ways))]
    public void EveryWayEndsAtTheGoldenAnswers(SolveMethod method, EngineLayout layout, Precision precision)
    {
        foreach (string name in new[] { "random-30x4", "random-cold-64x3", "random-terminating-200x6" })
        {
            IncentiveProblem problem = LinearProblem.Load(Golden.Problem(name));
            using Solved solved = Solve(problem, method, layout, precision);
            double relative = precision == Precision.F64 ? 1e-9 : 1e-4;
            Close.Within(relative, Golden.Answer(name, "V").Data, solved.Read(solved.Response.V, solved.States), $"{name}: V");
            Close.Within(relative, Golden.Answer(name, "policy").Data, solved.Read(solved.Response.Policy, solved.Rows), $"{name}: policy");
        }
    }

    [Theory, MemberData(nameof(Ways))]
    public void EveryWayEndsAtTheDenseAnswerWithinItsBound(SolveMethod method, EngineLayout layout, Precision precision) =>
        RandomCase.Check(25, c =>
    {
        foreach (double temperature in new[] { c.Temperature, 1e-3 })
            Agrees((c with { Temperature = temperature }).Data(), method, layout, precision);
        if (c.Termination >= 0.4) Agrees((c with { Gamma = 1 }).Data(), method, layout, precision);
    });

    [Theory, MemberData(nameof(Ways))]
    public void DisconnectedAndAbsorbingStatesAreNoTrouble(SolveMethod method, EngineLayout layout, Precision precision)
    {
        Agrees(SmallProblem.Disconnected(0.95, 0.1), method, layout, precision);
        Agrees(SmallProblem.Disconnected(0.999, 0.01), method, layout, precision);
        Agrees(SmallProblem.Data(1, 0.9, 0.5, [2], [(0, 1)]), method, layout, precision);
        Agrees(SmallProblem.Data(1, 1, 0.5, [2, 1], [(1, 0.5)], [(0, 1)]), method, layout, precision);
    }

    [Theory, InlineData(0, Precision.F64), InlineData(0.01, Precision.F64), InlineData(0, Precision.F32), InlineData(0.01, Precision.F32)]
    public void WhatIsAlikeInAllStatesTakesPolicyIterationAFewSteps(double difference, Precision precision)
    {
        ProblemData data = SmallProblem.Data(
            2, 0.99, 0.1, [1, 1, 1 + difference, 1], [(0, 0.5), (1, 0.5)], [(0, 0.5), (1, 0.5)], [(0, 0.5), (1, 0.5)],
            [(0, 0.5), (1, 0.5)]);
        Agrees(data, SolveMethod.PolicyIteration, EngineLayout.States, precision);
        using Solved solved = Solve(SmallProblem.Problem(data), SolveMethod.PolicyIteration, EngineLayout.States, precision);
        Assert.InRange(Certify(solved).Iterations, 1, 20);
    }

    [Theory, MemberData(nameof(Ways))]
    public void WithoutAnOptimumValuesAreSaidToGrow(SolveMethod method, EngineLayout layout, Precision precision)
    {
        using Solved solved = new(
            SmallProblem.Problem(SmallProblem.StayOrLeave(1, 0.1, 0.05, 1)), tolerance: Tolerance(precision), precision: precision,
            layout: layout, method: method);
        solved.AtStart();
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(solved.Response.ThrowIfUnsolved);
        Assert.Contains("small: the follower's values of instance 0 still grow by", error.Message);
        Assert.InRange(solved.Response.Status.Sweeps[0], 1, 20_000);
        Assert.Equal((Outcome.Growing, Outcome.Growing), (solved.Response.Outcomes[0], Certify(solved).Outcome));
    }

    [Theory, MemberData(nameof(Ways))]
    public void ALongWayDownIsNoGrowth(SolveMethod method, EngineLayout layout, Precision precision) =>
        Agrees(SmallProblem.StayOrLeave(1, 0.0005, -0.002, -10), method, layout, precision);

    [Theory, MemberData(nameof(Ways))]
    public void RewardsBeyondThePrecisionFail(SolveMethod method, EngineLayout layout, Precision precision)
    {
        double huge = precision == Precision.F64 ? 1.7e308 : 3e38;
        using Solved solved = new(
            SmallProblem.Problem(SmallProblem.Data(2, 0.9, 0.1, [huge, 0, 0, 1], [(0, 1)], [(1, 1)], [(1, 1)], [(0, 1)])), tolerance: 1e-4,
            precision: precision, layout: layout, method: method);
        solved.AtStart();
        Assert.Equal((Outcome.NotFinite, Outcome.NotFinite), (solved.Response.Outcomes[0], Certify(solved).Outcome));
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(solved.Response.ThrowIfUnsolved);
        Assert.Contains("small: the follower's response of instance 0 is not finite", error.Message);
    }

    [Theory, MemberData(nameof(Ways))]
    public void TooFewSweepsAreTold(SolveMethod method, EngineLayout layout, Precision precision)
    {
        using Solved solved = new(
            SmallProblem.Problem(SmallProblem.Disconnected(0.99999, 0.1)), tolerance: 1e-9, precision: precision, layout: layout,
            method: method, maxSweeps: 2);
        solved.AtStart();
        Certificate certificate = Certify(solved);
        if (certificate is { Method: SolveMethod.PolicyIteration, Converged: true }) return;
        Assert.Equal((Outcome.MaxSteps, Outcome.MaxSteps), (solved.Response.Outcomes[0], certificate.Outcome));
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(solved.Response.ThrowIfUnsolved);
        Assert.Contains("did not converge: residual", error.Message);
        Assert.DoesNotContain("\n", error.Message);
    }

    [Fact]
    public void AStoppedSolveHasTheValuesOfItsSweeps()
    {
        using Solved solved =
            new(SmallProblem.Problem(SmallProblem.Disconnected(0.99999, 0.1)), tolerance: 1e-9, method: SolveMethod.Sweeps);
        solved.Mdp.Configure();
        using CancellationTokenSource stop = new();
        StopAtOnce progress = new(stop);
        Assert.Equal(Outcome.Stopped, solved.Response.Solve(progress, stop.Token)[0]);
        SolveProgress told = Assert.Single(progress.Heard);
        Certificate certificate = Certify(solved);
        Assert.Equal((Outcome.Stopped, told.Iterations), (certificate.Outcome, certificate.Iterations));

        // A sweep contracts: the next changes less than the last one did.
        Assert.InRange(certificate.Residual, 0, solved.Response.Status.Change[0]);
        Assert.InRange(told.Distance, 1e-6, solved.Response.Status.Change[0]);
        Assert.Contains("did not converge", Assert.Throws<InvalidOperationException>(solved.Response.ThrowIfUnsolved).Message);
    }

    [Theory, MemberData(nameof(Ways))]
    public void TheSameStartHasTheSameBitsAndChoice(SolveMethod method, EngineLayout layout, Precision precision)
    {
        RandomCase c = new(4, 9, 3, 3, 2, 0, 0.97, 0.1);
        using Solved once = Solve(c.Problem(), method, layout, precision), again = Solve(c.Problem(), method, layout, precision);

        // What was solved before does not matter, only the V that is there.
        again.At([3, -2]);
        foreach ((_, DeviceArray array) in again.Response.State) again.Mdp.Engine.Fill(array, 0);
        again.AtStart();
        Assert.Equal(once.Read(once.Response.V, once.States), again.Read(again.Response.V, again.States));
        Assert.Equal(Certify(once), Certify(again));
        if (method != SolveMethod.Auto) Assert.Equal(method, Certify(once).Method);
        else Assert.NotEqual(SolveMethod.Auto, Certify(once).Method);
    }

    private static void Agrees(ProblemData data, SolveMethod method, EngineLayout layout, Precision precision)
    {
        ReferenceAnswer exact = ReferenceAnswer.Of(data)!;
        using Solved solved = Solve(SmallProblem.Problem(data), method, layout, precision);
        Certificate certificate = Certify(solved);
        solved.Response.ThrowIfUnsolved();
        Assert.True(certificate.Converged, $"not converged: {certificate}");
        double[] v = solved.Read(solved.Response.State.First().Array, solved.States);
        double error = Close.Largest(Close.Difference(v, exact.V.Values));

        double scale = 1e-12 * (1 + Close.Largest(exact.V.Values));
        if (data.Gamma < 1)
        {
            Assert.True(error <= certificate.Bound + scale, $"error {error:E2} above {certificate.Bound:E2}");
            return;
        }

        // float32 rounds the rewards and the temperature: another problem, whose values are as much nearer as they are rounded.
        if (precision == Precision.F32) scale = 2e-6 * (1 + data.Reward.Max(Math.Abs) + data.Temperature);
        Assert.True(error <= (1000 * Tolerance(precision)) + scale, $"error {error:E2}");
    }

    private static double Tolerance(Precision precision) => precision == Precision.F64 ? 1e-11 : 1e-7;

    private static Solved Solve(FiniteProblem problem, SolveMethod method, EngineLayout layout, Precision precision) =>
        new Solved(problem, tolerance: Tolerance(precision), precision: precision, layout: layout, method: method).AtStart();

    private static Certificate Certify(Solved solved)
    {
        Certificate[] certificates = new Certificate[1];
        solved.Response.Certify(certificates);
        return certificates[0];
    }

    private sealed class StopAtOnce(CancellationTokenSource stop) : IProgress<SolveProgress>
    {
        public List<SolveProgress> Heard { get; } = [];

        public void Report(SolveProgress value)
        {
            Heard.Add(value);
            stop.Cancel();
        }
    }
}
