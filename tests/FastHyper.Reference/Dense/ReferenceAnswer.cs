using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Reference.Arithmetic;

namespace FastHyper.Reference.Dense;

/// <summary>
/// The exact answer of a problem, in double-double, with what float64 can know of it, and what a dense Newton in plain float64 finds.
/// </summary>
public sealed class ReferenceAnswer
{
    // Newton's method needs a handful of steps; where policies are nearly deterministic, as many as a policy improves.
    private const int Steps = 400;

    // Roundings that a computed number may be off by: sums of a few products, and a solver that stops at 10⁻¹⁴ of the largest value.
    private const double Roundings = 16;
    private readonly SoftSolution<DoubleDouble> _solution;
    private readonly Sensitivity _sensitivity;
    private readonly ProblemData _data;

    private ReferenceAnswer(ProblemData data, SoftSolution<DoubleDouble> solution, double unit)
    {
        _data = data;
        _solution = solution;
        _sensitivity = new Sensitivity(solution, unit);
        V = new Known(Values(solution.V), _sensitivity.V, _sensitivity.V.Sum());
        Policy = new Known(Values(solution.Policy), [.. _sensitivity.Policy], _sensitivity.Policy.Sum());
        Objective = new Known([solution.Objective.Value], [_sensitivity.Objective], _sensitivity.Objective);
        DoubleDouble[] visits = [.. solution.Policy.Select((share, row) => solution.Visits[row / solution.Process.Actions] * share)];
        Direct = Pullback(data.LeaderFeatures, visits, _sensitivity.Direct(), 0);
        Response = Pullback(data.Features, solution.Response(solution.ReturnCotangent).W, _sensitivity.Response(), Float64.Rounding * Largest(Direct.Values));
    }

    /// <summary>One rounding of float64, or of float32, times <see cref="Roundings"/>.</summary>
    public static double Unit(Precision precision) => Roundings * (precision == Precision.F64 ? 1.1102230246251565e-16 : 5.9604644775390625e-08);

    /// <summary>V, (S).</summary>
    public Known V { get; }

    /// <summary>π, (S·A).</summary>
    public Known Policy { get; }

    /// <summary>J.</summary>
    public Known Objective { get; }

    /// <summary>The direct part of dJ/dx, (P).</summary>
    public Known Direct { get; }

    /// <summary>The part through the response, (P).</summary>
    public Known Response { get; }

    /// <summary>The exact solution.</summary>
    public SoftSolution<DoubleDouble> Solution => _solution;

    /// <summary>
    /// The share of V, of the policy or of the gradient that rounding may move, or 10⁻⁹ if that is more. A response that is nothing beside
    /// the direct part need not be known to its own digits.
    /// </summary>
    public double Digits => new[]
    {
        V.Allowed, Policy.Allowed, Direct.Allowed, Response.Each.Max() / Math.Max(Largest(Direct.Values), Largest(Response.Values)),
    }.Max();

    /// <summary>The answer of a problem; null where there is no finite one.</summary>
    public static ReferenceAnswer? Of(ProblemData data, Precision precision = Precision.F64) => Of(data, Draft(data), precision);

    /// <summary>As <see cref="Of(ProblemData, Precision)"/>, from what float64 found.</summary>
    public static ReferenceAnswer? Of(ProblemData data, SoftSolution<Float64>? draft, Precision precision = Precision.F64)
    {
        SoftProcess<DoubleDouble> process = SoftProcess<DoubleDouble>.Of(data);
        SoftSolution<DoubleDouble>? solution = SoftSolution<DoubleDouble>.Solve(process, draft is null ? null : Array.ConvertAll(draft.V, v => v.Value), Steps);
        return solution is null ? null : new ReferenceAnswer(data, solution, Unit(precision));
    }

    /// <summary>What a dense Newton in float64 finds.</summary>
    public static SoftSolution<Float64>? Draft(ProblemData data) => SoftSolution<Float64>.Solve(SoftProcess<Float64>.Of(data), null, Steps);

    /// <summary>The worst part of an answer, its error over what is allowed.</summary>
    public double Ratio(double objective, double[] direct, double[] response) =>
        Math.Max(Objective.Ratio([objective]), Math.Max(Direct.Ratio(direct), Response.Ratio(response)));

    /// <summary>The worst part of a solution in float64.</summary>
    public double Ratio(SoftSolution<Float64> found)
    {
        Float64[] visits = [.. found.Policy.Select((share, row) => found.Visits[row / found.Process.Actions] * share)];
        double gradient = Ratio(
            found.Objective.Value, Pullback(_data.LeaderFeatures, visits, _data.X.Length), Pullback(_data.Features, found.Response(found.ReturnCotangent).W, _data.X.Length));
        return Math.Max(gradient, Math.Max(V.Ratio(Values(found.V)), Policy.Ratio(Values(found.Policy))));
    }

    /// <summary>The response of an objective f(x, π) of cotangent ∂f/∂π, Φᵀw, with what rounding of π and of the cotangent may do.</summary>
    /// <param name="cotangent">∂f/∂π at the exact policy, (S·A).</param>
    /// <param name="slope">The largest derivative of each ∂f/∂π in its own π.</param>
    public Known ResponseOf(DoubleDouble[] cotangent, double[] slope)
    {
        double[] change = [.. slope.Select((derivative, row) => Math.Abs(derivative) * _sensitivity.Policy[row])];
        return Pullback(_data.Features, _solution.Response(cotangent).W, _sensitivity.Response(cotangent, change), 0);
    }

    private static double[] Values<T>(T[] numbers)
        where T : struct, IScalar<T> => Array.ConvertAll(numbers, number => number.Value);

    private static double Largest(double[] values) => values.Length == 0 ? 0 : values.Max(Math.Abs);

    private static double[] Pullback<T>(SparseMatrix? features, T[] cotangent, int parameters)
        where T : struct, IScalar<T>
    {
        T[] gradient = new T[parameters];
        for (int row = 0; row < (features?.RowCount ?? 0); row++)
            for (long k = features!.Offsets[row]; k < features.Offsets[row + 1]; k++) gradient[features.Columns[k]] += T.Of(features.Values[k]) * cotangent[row];
        return Values(gradient);
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
        return new Known(Pullback(features, cotangent, each.Length), each, (largestRow * change.Sum) + (each.Length * floor));
    }
}
