using System.Diagnostics;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Bench;

/// <summary>
/// Leads of the warehouse by the exact hypergradient as it grows: what an iteration takes beside the follower's own warm solve.
/// </summary>
internal static class WarehouseTable
{
    public static void Print(bool quick)
    {
        using CpuBackend backend = new();
        Console.WriteLine($"{MachineLimits.Processor}, {backend.Description}, .NET {Environment.Version}");
        string[] parts = ["configure", "solve", "linear solves", "pullback", "step and rest"];
        Console.WriteLine(
            "Exact hypergradient, linear solves to a relative 1e-4, the follower to 1e-5; Adam, rate 0.1; all but the first iteration "
                + "start warm.");
        TextTable table = new([
            "warehouse", "states", "prices", "build s", "first it. s", "iterations", "J before", "J after", "s", "ms/it.",
                .. parts.Select(part => part + " ms"), "it./solve", "products/it."]);
        foreach ((int side, int iterations) in quick ? [(20, 20), (100, 10)] : ((int, int)[])[(20, 300), (100, 50), (316, 20), (1000, 8)])
            table.Add(Lead(side, iterations, backend));
        table.Print();
    }

    private static string[] Lead(int side, int iterations, CpuBackend backend)
    {
        long begin = Stopwatch.GetTimestamp();
        Warehouse problem = Warehouse.Create(
            new WarehouseOptions { Rows = side, Columns = side, Start = side > 20 ? WarehouseStart.Aisles : WarehouseStart.Docks });
        double build = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        using TimedBackend timed = new(backend);
        LeaderOptions options = new()
        {
            Leaders = LeaderOptions.Seeds(1, 1, 0.1),
            Optimizer = OptimizerKind.Adam,
            Follower = new SolveOptions { Tolerance = 1e-5 },
        };
        using Leader leader = new(problem, new ExactEstimator(1e-4), options, timed);
        double before = Objective(problem, leader, backend);
        begin = Stopwatch.GetTimestamp();
        leader.Step();
        double first = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        timed.Ticks.AsSpan().Clear();
        long products = 0;
        begin = Stopwatch.GetTimestamp();
        for (int i = 1; i < iterations; i++)
        {
            leader.Step();
            products += leader.Response.Status.Products[0];
        }

        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        double each = 1e3 / (iterations - 1);
        double[] spent = [.. ((Part[])[Part.Configure, Part.Solve, Part.Linear, Part.Pullback])
            .Select(part => each * timed.Ticks[(int)part] / Stopwatch.Frequency)];
        double total = each * seconds, rest = total - spent.Sum();
        double after = Objective(problem, leader, backend);
        return
        [
            $"{side} x {side}", $"{problem.Transitions.States}", $"{problem.ParameterCount}", $"{build:F1}", $"{first:F2}", $"{iterations}",
            $"{before:F3}", $"{after:F3}", $"{first + seconds:F1}", $"{total:F1}",
            .. spent.Select(ms => $"{ms:F1}"), $"{rest:F1}", $"{total / spent[1]:F2}", $"{(double)products / (iterations - 1):F0}",
        ];
    }

    private static double Objective(Problem problem, Leader leader, CpuBackend backend)
    {
        double[] objective = new double[1];
        using ObjectiveEvaluator evaluator = new(problem, 1, backend, 1e-6);
        evaluator.Evaluate(leader, objective);
        return objective[0];
    }
}
