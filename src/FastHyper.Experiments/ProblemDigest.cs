using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers.BlackBoxes;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>By what a problem that was made in code is known: what it is at the x that a leader starts from.</summary>
internal static class ProblemDigest
{
    // Enough for values to have seen the transitions.
    private const int Sweeps = 3;

    /// <summary>
    /// A SHA-256 of x, discounts and temperature, rewards, starts, and values after a few sweeps, which is the same on all machines.
    /// </summary>
    /// <param name="problem">The problem.</param>
    /// <param name="seed">Seed of the leader.</param>
    public static string Of(Problem problem, ulong seed)
    {
        using CpuBackend backend = new(threads: 1);
        ArraysDigest digest = new();
        digest.Add("scalars", [problem.Discount, problem.LeaderDiscount, problem.Temperature], [3]);
        if (problem is FiniteProblem finite) AddTables(finite, seed, backend, digest);
        else AddObjective(problem, seed, backend, digest);
        return digest.ToString();
    }

    private static void AddObjective(Problem problem, ulong seed, CpuBackend backend, ArraysDigest digest)
    {
        double[] x = new double[problem.ParameterCount], objective = new double[1];
        problem.InitialParameters(seed, x);
        using ObjectiveEvaluator evaluator = new(problem, 1, backend);
        evaluator.Evaluate([x], objective);
        digest.Add<double>("x", x, [x.Length]);
        digest.Add<double>("objective", objective, [1]);
    }

    private static void AddTables(FiniteProblem problem, ulong seed, CpuBackend backend, ArraysDigest digest)
    {
        using Mdp mdp = new(problem, backend);
        using SweepFollower follower = new(mdp, new SweepFollowerOptions { Sweeps = Sweeps });
        mdp.Initialise([seed]);
        mdp.Configure();
        follower.Respond([seed], 0);
        foreach ((string name, DeviceArray array) in ((string, DeviceArray)[])
                 [("x", mdp.X), ("reward", mdp.Reward), ("leader_reward", mdp.LeaderReward), ("initial", mdp.Initial),
                     ("values", follower.V)])
        {
            double[] values = new double[array.Length];
            int count = array.Kind == ArrayKind.Parameter ? mdp.Engine.Leaders : mdp.Engine.Instances;
            for (int i = 0; i < count; i++)
            {
                mdp.Engine.Download(array, i, values);
                digest.Add<double>($"{name}_{i}", values, [values.Length]);
            }
        }
    }
}
