using FastHyper.Backends;
using FastHyper.Experiments;
using FastHyper.Files;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Problems;
using FastHyper.Problems.Games;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

/// <summary>Checked answers of problems, and what a backend must make of those.</summary>
internal static class GoldenAnswers
{
    public static void ExpectRandomProblems(Backend backend, EngineLayout layout, Precision precision)
    {
        foreach (string name in (string[])["random-30x4", "random-terminating-200x6", "random-cold-64x3"])
        {
            IncentiveProblem problem = LinearProblem.Load($"golden/{name}.npz");
            using NpzReader answer = NpzReader.Open($"golden/{name}.answer.npz");
            using Solved solved = Engine(problem, backend, layout, precision);
            solved.AtStart();
            int last = solved.Mdp.Engine.Instances - 1;
            using DeviceArray q = solved.Mdp.Engine.Allocate(ArrayKind.StateAction);
            solved.Response.ActionValues(q);
            double tolerance = Tolerance(precision);
            Close.Within(tolerance, answer.ReadDoubles("V").Data, solved.Read(solved.Response.V, solved.States, last), $"{name} V");
            Close.Within(tolerance, answer.ReadDoubles("Q").Data, solved.Read(q, solved.Rows, last), $"{name} Q");
            Close.Within(
                tolerance, answer.ReadDoubles("policy").Data, solved.Read(solved.Response.Policy, solved.Rows, last), $"{name} policy");
            ExpectObjectiveAndGradient(solved, answer, tolerance, name);
        }
    }

    public static void ExpectLinearFollowers(Backend backend, EngineLayout layout, Precision precision)
    {
        // All pairs, and all that may follow by their probabilities, are the model.
        foreach (SupportOptions? samples in (SupportOptions?[])[null, new() { Rows = SupportRows.All, NextStates = null }])
            foreach (string name in (string[])["linear-dense-40x4", "linear-per-action-150x3", "linear-aggregation-120x4"])
                ExpectLinearFollower(name, backend, layout, precision, samples);
    }

    public static void ExpectFourRooms(Backend backend, EngineLayout layout, Precision precision)
    {
        foreach (string name in (string[])["four-rooms-tau0.001", "four-rooms-tau0.005"])
        {
            using NpzReader answer = NpzReader.Open($"golden/{name}.answer.npz");
            FourRooms problem = FourRooms.Create(new FourRoomsOptions
            {
                Slip = answer.ReadScalar("slip"),
                Beta = answer.ReadScalar("beta"),
                Temperature = answer.ReadScalar("temperature"),
            });
            using Solved solved = Engine(problem, backend, layout, precision);
            solved.At(answer.ReadDoubles("weights").Data);
            ExpectObjectiveAndGradient(solved, answer, Tolerance(precision), name);
        }
    }

    public static void ExpectGames(Backend backend, EngineLayout layout, Precision precision)
    {
        foreach (string name in (string[])["game-6x3x4", "game-12x2x5"])
        {
            // The answers hold the game, too, with P dense.
            using NpzReader answer = NpzReader.Open($"golden/{name}.answer.npz");
            using Solved solved = Engine(StoredProblem.Load($"golden/{name}.answer.npz"), backend, layout, precision);
            solved.AtStart();
            ExpectObjectiveAndGradient(solved, answer, Tolerance(precision), name);
        }

        foreach (int bonus in (int[])[1, 2])
        {
            using NpzReader answer = NpzReader.Open($"golden/discrete-toy-R{bonus}.answer.npz");
            using Solved solved = Engine(DiscreteToy.Create(new DiscreteToyOptions { Bonus = bonus }), backend, layout, precision);
            solved.At(answer.ReadDoubles("theta").Data);
            ExpectObjectiveAndGradient(solved, answer, Tolerance(precision), $"discrete-toy {bonus}");
        }
    }

    private static void ExpectLinearFollower(
        string name, Backend backend, EngineLayout layout, Precision precision, SupportOptions? samples)
    {
        using NpzReader answer = NpzReader.Open($"golden/{name}.answer.npz");
        using Solved solved = Engine(LinearProblem.Load($"golden/{name}.npz"), backend, layout, precision, samples);
        solved.AtStart();
        solved.Follower.ThrowIfUnsolved();
        LinearResponse follower = (LinearResponse)solved.Follower;
        int last = solved.Mdp.Engine.Instances - 1, k = follower.Features.Count;
        using DeviceArray q = solved.Mdp.Engine.Allocate(ArrayKind.StateAction);
        follower.RelativeActionValues(q);
        double tolerance = Tolerance(precision);
        Close.Within(tolerance, answer.ReadDoubles("w").Data, [.. follower.Weights.Slice(last * k, k)], $"{name} w");
        Close.Within(tolerance, answer.ReadDoubles("V").Data, solved.Read(follower.V, solved.States, last), $"{name} V");
        Close.Within(tolerance, answer.ReadDoubles("Q").Data, solved.Read(q, solved.Rows, last), $"{name} Q");
        Close.Within(tolerance, answer.ReadDoubles("policy").Data, solved.Read(follower.Policy, solved.Rows, last), $"{name} policy");
        ExpectObjectiveAndGradient(solved, answer, tolerance, name);
    }

    private static double Tolerance(Precision precision) => precision == Precision.F64 ? 1e-9 : 1e-4;

    private static Solved Engine(
        FiniteProblem problem, Backend backend, EngineLayout layout, Precision precision, SupportOptions? samples = null) =>
        new(problem, layout == EngineLayout.Instances ? 3 : 1, precision: precision, layout: layout, backend: backend, samples: samples);

    private static void ExpectObjectiveAndGradient(Solved solved, NpzReader answer, double tolerance, string name)
    {
        int last = solved.Mdp.Engine.Leaders - 1;
        Close.Within(tolerance, [answer.ReadScalar("objective")], [solved.Objectives()[last]], $"{name} objective");
        (double[] direct, double[] response) = solved.Parts(last);
        Close.Within(tolerance, answer.ReadDoubles("direct").Data, direct, $"{name} direct");
        Close.Within(tolerance, answer.ReadDoubles("response").Data, response, $"{name} response");
        Close.Within(tolerance, answer.ReadDoubles("gradient").Data, solved.Gradient(last), $"{name} gradient");
    }
}
