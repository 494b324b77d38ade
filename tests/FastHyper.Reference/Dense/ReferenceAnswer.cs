using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Reference.Arithmetic;

namespace FastHyper.Reference.Dense;

/// <summary>The exact answer of a problem, in double-double, with what can be known of it in the precision of an engine.</summary>
public sealed class ReferenceAnswer
{
    // Newton's method needs a handful of steps; where policies are nearly deterministic, as many as a policy improves.
    private const int Steps = 400;

    // Roundings that a computed number may be off by. Solves are asked for 10⁻¹⁴ of the largest value, the follower's for 10⁻¹⁴ τ, and
    // that is 90; a dense Newton in float64 was off by 2 at the most in thousands of problems.
    private const double Roundings = 100;
    private readonly ProblemData _data;
    private readonly Sensitivity _sensitivity;
    private readonly double _share;

    private ReferenceAnswer(ProblemData data, SoftSolution<DoubleDouble> solution, Precision precision)
    {
        _data = data;
        _share = Share(precision);
        _sensitivity = new Sensitivity(solution, Unit(precision));
        Solution = solution;
        V = new Known(Numbers.Of(solution.V), _sensitivity.V, _sensitivity.V.Sum(), _share);
        Policy = new Known(Numbers.Of(solution.Policy), _sensitivity.Policy, _sensitivity.Policy.Sum(), _share);
        Objective = new Known([solution.Objective.Value], [_sensitivity.Objective], _sensitivity.Objective, _share);
        Direct = Pullback(data.LeaderFeatures, solution.VisitedPolicy, _sensitivity.Direct(), 0);
        DoubleDouble[] w = solution.Response(solution.ReturnCotangent).W;
        Response = Pullback(data.Features, w, _sensitivity.Response().W, Float64.Rounding * Numbers.Largest(Direct.Values));
    }

    /// <summary>V, (S).</summary>
    public Known V { get; }

    /// <summary>π, (S·A).</summary>
    public Known Policy { get; }

    /// <summary>J.</summary>
    public Known Objective { get; }

    /// <summary>The direct part of dJ/dx, (P).</summary>
    public Known Direct { get; }

    /// <summary>
    /// The part through the response, (P): it need not be known to its own digits where it is nothing beside the direct part.
    /// </summary>
    public Known Response { get; }

    /// <summary>The exact solution.</summary>
    public SoftSolution<DoubleDouble> Solution { get; }

    /// <summary>The share of V, of the policy or of the gradient that rounding may move, or the tolerance if that is more.</summary>
    public double Digits
    {
        get
        {
            double gradient = Math.Max(Numbers.Largest(Direct.Values), Numbers.Largest(Response.Values));
            return new[] { V.Allowed, Policy.Allowed, Direct.Allowed, Numbers.Largest(Response.Each) / gradient }.Max();
        }
    }

    /// <summary>Errors within this share of the largest number, or of the sum of all, are none.</summary>
    public static double Share(Precision precision) => precision == Precision.F64 ? 1e-9 : 1e-4;

    /// <summary>What a computed number may be off by, relative to the largest that it is made of.</summary>
    public static double Unit(Precision precision) => Roundings * (precision == Precision.F64 ? Float64.Rounding : 5.9604644775390625e-08);

    /// <summary>The answer of a problem; null where there is no finite one.</summary>
    public static ReferenceAnswer? Of(ProblemData data, Precision precision = Precision.F64) => Of(data, Draft(data), precision);

    /// <summary>As <see cref="Of(ProblemData, Precision)"/>, from what float64 found.</summary>
    public static ReferenceAnswer? Of(ProblemData data, SoftSolution<Float64>? draft, Precision precision = Precision.F64) =>
        Solve(SoftProcess<DoubleDouble>.Of(data), draft) is SoftSolution<DoubleDouble> solution
            ? new ReferenceAnswer(data, solution, precision)
            : null;

    /// <summary>The solution of a process in double-double, from what float64 found; null where there is no finite one.</summary>
    public static SoftSolution<DoubleDouble>? Solve(SoftProcess<DoubleDouble> process, SoftSolution<Float64>? draft) =>
        SoftSolution<DoubleDouble>.Solve(process, draft is null ? null : Numbers.Of(draft.V), Steps);

    /// <summary>What a dense Newton in float64 finds; null where it does not converge.</summary>
    public static SoftSolution<Float64>? Draft(ProblemData data) => Draft(SoftProcess<Float64>.Of(data));

    /// <summary>As <see cref="Draft(ProblemData)"/>, of a process.</summary>
    public static SoftSolution<Float64>? Draft(SoftProcess<Float64> process) => SoftSolution<Float64>.Solve(process, null, Steps);

    /// <summary>An objective and both parts of a gradient beside what they should be.</summary>
    public (string Part, Known Exact, double[] Found)[] Compare(double objective, double[] direct, double[] response) =>
        [("objective", Objective, [objective]), ("direct", Direct, direct), ("response", Response, response)];

    /// <summary>The worst part of a solution in float64: its error over what is allowed.</summary>
    public double Ratio(SoftSolution<Float64> found) => new[]
    {
        V.Ratio(Numbers.Of(found.V)), Policy.Ratio(Numbers.Of(found.Policy)), Objective.Ratio([found.Objective.Value]),
        Direct.Ratio(Numbers.Pullback(_data.LeaderFeatures, found.VisitedPolicy, _data.X.Length)),
        Response.Ratio(Numbers.Pullback(_data.Features, found.Response(found.ReturnCotangent).W, _data.X.Length)),
    }.Max();

    /// <summary>The response of an objective f(x, π), with what rounding of π may do to it.</summary>
    /// <param name="cotangent">∂f/∂π at the exact policy, (S·A).</param>
    /// <param name="slope">The derivative of each ∂f/∂π in its own π, (S·A).</param>
    public Known ResponseOf(DoubleDouble[] cotangent, double[] slope)
    {
        double[] change = [.. slope.Select((derivative, row) => Math.Abs(derivative) * _sensitivity.Policy[row])];
        return Pullback(_data.Features, Solution.Response(cotangent).W, _sensitivity.Response(cotangent, change).W, 0);
    }

    private Known Pullback(SparseMatrix? features, DoubleDouble[] cotangent, Change change, double floor)
    {
        double[] each = new double[_data.X.Length];
        double largestRow = 0;
        for (int row = 0; row < (features?.RowCount ?? 0); row++)
        {
            double sum = 0;
            for (long k = features!.Offsets[row]; k < features.Offsets[row + 1]; k++)
            {
                each[features.Columns[k]] += Math.Abs(features.Values[k]) * change.Each[row];
                sum += Math.Abs(features.Values[k]);
            }

            largestRow = Math.Max(largestRow, sum);
        }

        for (int p = 0; p < each.Length; p++) each[p] += floor;
        double inSum = (largestRow * change.Sum) + (each.Length * floor);
        return new Known(Numbers.Pullback(features, cotangent, each.Length), each, inSum, _share);
    }
}
