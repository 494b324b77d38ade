using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>Central differences of an objective through the best response, many parameters as instances of one engine.</summary>
/// <param name="problem">The problem, all contexts averaged.</param>
/// <param name="backend">Where to compute.</param>
/// <param name="objective">Whose; null for the discounted return.</param>
/// <param name="x">Where, (P).</param>
/// <param name="monitor">Stops the work.</param>
internal sealed class CentralDifferences(Problem problem, Backend backend, IObjective? objective, double[] x, WorkMonitor monitor)
{
    private const double Tolerance = 1e-13;

    /// <summary>(J(x + h) − J(x − h)) / 2h in each of some parameters.</summary>
    /// <param name="parameters">Which.</param>
    /// <param name="step">h, relative to max(1, |x|).</param>
    public CentralDifference[] Take(int[] parameters, double step) =>
        problem is FiniteProblem finite ? Take(finite, parameters, step) : TakeUnseen(parameters, step);

    /// <summary>Of an objective of which nothing but the value is seen.</summary>
    private CentralDifference[] TakeUnseen(int[] parameters, double step)
    {
        using ObjectiveEvaluator evaluator = new(problem, 2 * parameters.Length, backend, Tolerance, objective);
        evaluator.Instances.Monitor = monitor;
        double[] objectives = new double[2 * parameters.Length];
        evaluator.Evaluate([.. objectives.Select((_, i) => Moved(parameters, i, step))], objectives);
        return [.. parameters.Select((p, i) => CentralDifference.Between(objectives[2 * i], objectives[(2 * i) + 1], Length(p, step)))];
    }

    private CentralDifference[] Take(FiniteProblem problem, int[] parameters, double step)
    {
        using Mdp mdp = new(problem, backend, 2 * parameters.Length) { Monitor = monitor };
        using SolvedFollower response = SolvedFollower.Create(
            mdp, new SolveOptions { Tolerance = Tolerance }.ForPolicy(problem.Temperature));
        using Objective value = (objective ?? new DiscountedReturnObjective(1e-15)).Bind(new EstimationContext(mdp, response, null));
        for (int i = 0; i < 2 * parameters.Length; i++) mdp.Engine.Upload(mdp.X, i, Moved(parameters, i, step));
        double[] objectives = new double[2 * parameters.Length];
        mdp.Configure();
        response.Solve();
        response.ThrowIfUnsolved();
        value.Evaluate(objectives);
        Side after = new(mdp.Engine), before = new(mdp.Engine);
        return [.. parameters.Select((p, i) => CentralDifference.Between(
            after.Read(response, 2 * i, objectives[2 * i]), before.Read(response, (2 * i) + 1, objectives[(2 * i) + 1]),
            Length(p, step), problem.Temperature))];
    }

    private double[] Moved(int[] parameters, int side, double step)
    {
        int parameter = parameters[side / 2];
        double[] moved = [.. x];
        moved[parameter] += (side % 2 == 0 ? 1 : -1) * Length(parameter, step);
        return moved;
    }

    private double Length(int parameter, double step) => step * Math.Max(1, Math.Abs(x[parameter]));

    /// <summary>What an instance came to.</summary>
    internal sealed class Side(Engine engine)
    {
        public double[] V { get; } = new double[engine.States];

        public double[] Policy { get; } = new double[engine.States * engine.Actions];

        public double Objective { get; private set; }

        public Side Read(SolvedFollower response, int instance, double objective)
        {
            engine.Download(response.V, instance, V);
            engine.Download(response.Policy, instance, Policy);
            Objective = objective;
            return this;
        }
    }
}

/// <summary>A central difference, and what it cannot show.</summary>
/// <param name="Value">(J(x + h) − J(x − h)) / 2h.</param>
/// <param name="Rounding">What one unit in the last place of each J does to it.</param>
/// <param name="Unseen">The share of a response that it does not show; not finite where h strides over the response.</param>
internal readonly record struct CentralDifference(double Value, double Rounding, double Unseen)
{
    // Over a step where a probability doubles, the response is no straight line.
    private const double LongestStride = 0.7;

    // Last places of V that rounding within a solve moves.
    private const double Places = 16;

    // Smaller numbers are products that lost digits to underflow.
    private const double Underflow = 1e-300;

    /// <summary>(J(x + h) − J(x − h)) / 2h.</summary>
    public static CentralDifference Between(CentralDifferences.Side after, CentralDifferences.Side before, double step, double temperature)
    {
        // π = exp((Q − V)/τ): an error of V moves log π by that over τ, and a solve leaves some last places of V.
        double stride = Stride(after.Policy, before.Policy);
        double noise = Places * Math.Max(LastPlace(after.V.Max(Math.Abs)), LastPlace(before.V.Max(Math.Abs))) / temperature;
        return Between(after.Objective, before.Objective, step) with
        {
            Unseen = stride > LongestStride ? double.PositiveInfinity : stride > 0 ? noise / stride : 0,
        };
    }

    /// <summary>(J(x + h) − J(x − h)) / 2h, where of the response nothing is seen.</summary>
    public static CentralDifference Between(double after, double before, double step) =>
        new((after - before) / (2 * step), (LastPlace(after) + LastPlace(before)) / (2 * step), 0);

    /// <summary>What the value may be off by, beside a gradient of these two parts.</summary>
    public double Blur(double direct, double response)
    {
        double seen = Math.Max(Math.Abs(response), Math.Abs(Value - direct));
        return Rounding + (seen > 0 ? seen * Unseen : 0);
    }

    /// <summary>The largest change of a log π(a|s).</summary>
    private static double Stride(ReadOnlySpan<double> after, ReadOnlySpan<double> before)
    {
        double largest = 0;
        for (int i = 0; i < after.Length; i++)
            if (after[i] != before[i]) largest = Math.Max(largest, Math.Abs(Math.Log(after[i] / before[i])));
        return largest;
    }

    private static double LastPlace(double value) => Math.Max(Underflow, Math.BitIncrement(Math.Abs(value)) - Math.Abs(value));
}
