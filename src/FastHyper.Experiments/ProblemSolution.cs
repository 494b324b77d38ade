using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Followers;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Problems;
using FastHyper.Problems.Games;

namespace FastHyper.Experiments;

/// <summary>The follower's solution of a problem at its x, with its certificate.</summary>
/// <param name="V">Soft values, (S).</param>
/// <param name="Q">Action values, (S·A).</param>
/// <param name="Policy">π, (S·A).</param>
/// <param name="Certificate">Method, sweeps, residual, bound.</param>
public sealed record ProblemSolution(double[] V, double[] Q, double[] Policy, Certificate Certificate)
{
    /// <summary>What it was computed on, in words: lanes, threads, bytes of transitions.</summary>
    public string Engine { get; init; } = "";

    /// <summary>The solution over states and leader actions, in a game; null elsewhere.</summary>
    public GameSolution? Game { get; init; }

    /// <summary>The average reward a step, with its entropy, where that is the criterion; V is relative to one state then.</summary>
    public double? Gain { get; init; }

    /// <summary>What the values are linear in; null where they are of any kind.</summary>
    public FittedSolution? Fit { get; init; }

    /// <summary>Solves a problem of one context, or a game.</summary>
    /// <param name="problem">
    /// The problem; of a game with several followers V, Q and the policy are the first one's, and the certificate is the worst.
    /// </param>
    /// <param name="backend">Where to compute.</param>
    /// <param name="precision">Precision of storage and lanes.</param>
    /// <param name="options">
    /// The solve; its tolerance is of the Bellman residual. <see cref="SolveOptions.ForPolicy"/> scales it to what a policy asks for.
    /// </param>
    /// <param name="progress">Told every few sweeps or steps how far it is.</param>
    /// <param name="monitor">Stops it within a sweep or step, without an answer.</param>
    /// <param name="x">Leader parameters, (P); null for where a leader starts.</param>
    /// <param name="stop">Stops it at its next look; the answer so far is returned.</param>
    /// <exception cref="OperationCanceledException">The monitor stopped it.</exception>
    /// <exception cref="InvalidOperationException">The values are not finite, or grow without end.</exception>
    public static ProblemSolution Solve(
        FiniteProblem problem, Backend backend, Precision precision, SolveOptions options, IProgress<SolveProgress>? progress = null,
        WorkMonitor? monitor = null, double[]? x = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(options);
        using Mdp mdp = new(problem, backend, precision: precision) { Monitor = monitor ?? WorkMonitor.None };
        using SolvedFollower response = SolvedFollower.Create(mdp, options);
        using DeviceArray actionValues = mdp.Engine.Allocate(ArrayKind.StateAction);
        mdp.Initialise([0]);
        if (x is not null) mdp.Engine.Upload(mdp.X, 0, x);
        mdp.Configure();
        foreach (Outcome outcome in response.Solve(progress, stop))
            if (outcome is not (Outcome.Converged or Outcome.AtRounding or Outcome.MaxSteps or Outcome.Stopped)) response.ThrowIfUnsolved();
        DeviceArray? potential = response.RelativeActionValues(actionValues);
        Certificate[] certificate = new Certificate[mdp.Engine.Instances];
        response.Certify(certificate);
        Array.Sort(certificate, (a, b) => Worth(b).CompareTo(Worth(a)));
        if (!double.IsFinite(certificate[0].Residual))
            throw new InvalidOperationException(
                $"{problem.Name}: the follower's values are not finite: rewards of up to {Largest(mdp)} are beyond what {precision} can "
                    + $"add up");
        double[] policy = Read(mdp.Engine, response.Policy);
        if (problem.Temperature == 0) HardMaximum.Choose(policy, mdp.Engine.FollowerActions);
        return new ProblemSolution(Read(mdp.Engine, response.State.First().Array), ActionValues(0), policy, certificate[0])
        {
            Engine = mdp.Engine.Description,
            Gain = mdp.Gains?[0],
            Fit = response is LinearResponse fitted
                ? new FittedSolution([.. fitted.Weights[..fitted.Features.Count]], fitted.BellmanResiduals[0].Residual, fitted.Condition)
                : null,
            Game = problem is MarkovGame game
                ? GameSolution.Of(
                    game, [.. Enumerable.Range(0, mdp.Engine.Instances).SelectMany(ActionValues)],
                    Read(mdp.Engine, mdp.Engine.LeaderPolicy!), mdp.Temperatures)
                : null,
        };

        double[] ActionValues(int instance)
        {
            double[] q = Read(mdp.Engine, actionValues, instance);
            if (potential is null) return q;
            double[] level = Read(mdp.Engine, potential, instance);
            for (int row = 0; row < q.Length; row++) q[row] += level[row / mdp.Engine.Actions];
            return q;
        }
    }

    /// <summary>
    /// Writes V (S), Q (S, A), policy (S, A), or what a game has in their place, residual, bound, iterations and products.
    /// </summary>
    /// <param name="path">The .npz file.</param>
    public void Save(string path)
    {
        int actions = Q.Length / V.Length;
        using NpzWriter writer = NpzWriter.Create(path);
        if (Game is not null)
        {
            Game.Write(writer);
        }
        else
        {
            writer.Write("V", V.AsSpan(), V.Length);
            writer.Write("Q", Q.AsSpan(), V.Length, actions);
            writer.Write("policy", Policy.AsSpan(), V.Length, actions);
        }

        if (Gain is double gain) writer.WriteScalar("gain", gain);
        if (Fit is not null)
        {
            writer.Write("w", Fit.Weights.AsSpan(), Fit.Weights.Length);
            writer.WriteScalar("bellman_residual", Fit.BellmanResidual);
            writer.WriteScalar("condition", Fit.Condition);
        }

        writer.WriteScalar("residual", Certificate.Residual);
        writer.WriteScalar("bound", Certificate.Bound);
        writer.WriteScalar("iterations", (long)Certificate.Iterations);
        writer.WriteScalar("products", (long)Certificate.Products);
        writer.Commit();
    }

    /// <summary>A residual that is no number is the worst.</summary>
    private static double Worth(in Certificate certificate) =>
        double.IsNaN(certificate.Residual) ? double.PositiveInfinity : certificate.Residual;

    private static double Largest(Mdp mdp) => Read(mdp.Engine, mdp.Reward).Max(Math.Abs);

    private static double[] Read(Backends.Engine engine, DeviceArray array, int instance = 0)
    {
        double[] values = new double[array.Length];
        engine.Download(array, instance, values);
        return values;
    }
}
