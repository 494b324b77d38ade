using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>The follower's solution of a problem at its x, with its certificate.</summary>
/// <param name="V">Soft values, (S).</param>
/// <param name="Q">Action values, (S·A).</param>
/// <param name="Policy">π, (S·A).</param>
/// <param name="Certificate">Sweeps, residual, bound.</param>
public sealed record ProblemSolution(double[] V, double[] Q, double[] Policy, Certificate Certificate)
{
    /// <summary>Solves a problem of one context.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="backend">Where to compute.</param>
    /// <param name="precision">Precision of storage and lanes.</param>
    /// <param name="tolerance">
    /// Of the Bellman residual. As log π depends on V/τ, sweeps go on to τ times it where τ is below one.
    /// </param>
    /// <param name="maximalSweeps">Sweeps at the most.</param>
    /// <param name="keepOn">Asked every 64 sweeps whether to go on; the answer so far is returned either way.</param>
    public static ProblemSolution Solve(
        Problem problem, Backend backend, Precision precision, double tolerance, int maximalSweeps, Func<SweepStatus, bool>? keepOn = null)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (!(tolerance > 0)) throw new InvalidInputException($"tolerance: {tolerance}; expected a number above 0");
        if (maximalSweeps < 1) throw new InvalidInputException($"max-sweeps: {maximalSweeps}; expected at least 1");
        using Mdp mdp = new(problem, backend, precision: precision);
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = tolerance * Math.Min(1, problem.Temperature), MaximalSweeps = maximalSweeps });
        using DeviceArray actionValues = mdp.Engine.Allocate(ArrayKind.StateAction);
        mdp.Initialise([0]);
        mdp.Configure();
        response.Solve(keepOn);
        response.ActionValues(actionValues);
        Certificate[] certificate = new Certificate[1];
        response.Certify(certificate);
        if (!double.IsFinite(certificate[0].Residual))
            throw new InvalidOperationException($"{problem.Name}: the solve diverged: rewards of up to {Largest(mdp)} in {precision} are beyond what it can add up");
        return new ProblemSolution(Read(mdp.Engine, response.State.First().Array), Read(mdp.Engine, actionValues), Read(mdp.Engine, response.Policy), certificate[0]);
    }

    /// <summary>Writes V (S), Q (S, A), policy (S, A), residual, bound and iterations.</summary>
    /// <param name="path">The .npz file.</param>
    public void Save(string path)
    {
        int actions = Q.Length / V.Length;
        using NpzWriter writer = NpzWriter.Create(path);
        writer.Write("V", V.AsSpan(), V.Length);
        writer.Write("Q", Q.AsSpan(), V.Length, actions);
        writer.Write("policy", Policy.AsSpan(), V.Length, actions);
        writer.WriteScalar("residual", Certificate.Residual);
        writer.WriteScalar("bound", Certificate.Bound);
        writer.WriteScalar("iterations", (long)Certificate.Iterations);
        writer.Commit();
    }

    private static double Largest(Mdp mdp) => Read(mdp.Engine, mdp.Reward).Max(Math.Abs);

    private static double[] Read(Engine engine, DeviceArray array)
    {
        double[] values = new double[array.Length];
        engine.Download(array, 0, values);
        return values;
    }
}
