using System.Diagnostics;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Bench;

/// <summary>
/// What sweeps in place, up and down the states in turn, are worth on grids: sweeps and time to a change of 1e-8 from V = 0, beside
/// those of plain ones and of policy iteration.
/// </summary>
internal static class SweepOrders
{
    private const double Tolerance = 1e-8;
    private const double Temperature = 0.1;
    private const double FewSlips = 0.01;
    private const int Rounds = 3;
    private static readonly SolveMethod[] s_methods =
        [SolveMethod.Sweeps, SolveMethod.GaussSeidel, SolveMethod.Auto, SolveMethod.PolicyIteration];

    public static void Print(bool quick)
    {
        int side = quick ? 60 : 300;
        using CpuBackend backend = new();
        Workload grid = Workload.Grid(side);
        Console.WriteLine(
            $"{MachineLimits.Processor}, {backend.Description}; to a change of {Tolerance:E0}, temperature {Temperature}, discount "
                + $"{Workload.Discount}; the best of {Rounds}");
        Console.WriteLine();
        TextTable table = new(["problem", .. s_methods.SelectMany(method => (string[])[$"{method.Name()}: sweeps", "ms"])]);
        foreach ((string what, Workload workload) in ((string, Workload)[])
            [
                ("random rewards", grid),
                ("a goal", grid.TowardsAGoal(Temperature)),
                ($"a goal, {FewSlips} of the slips", Workload.Grid(side, slips: FewSlips).TowardsAGoal(Temperature)),
            ])
            table.Add([what, .. s_methods.SelectMany(method => Solve(workload, backend, method))]);
        table.Print();
    }

    private static string[] Solve(Workload workload, CpuBackend backend, SolveMethod method)
    {
        using Mdp mdp = workload.OnDevice(backend);
        mdp.SetTemperatures([Temperature]);
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = Tolerance, Method = method });
        double best = double.PositiveInfinity;
        for (int round = 0; round < Rounds; round++)
        {
            mdp.Engine.Fill(response.V, 0);
            long begin = Stopwatch.GetTimestamp();
            response.Solve();
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        response.ThrowIfUnsolved();
        return [$"{response.Status.Sweeps[0]}", $"{best:F0}"];
    }
}
