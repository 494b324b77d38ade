using FastHyper.Followers;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Leaders;

/// <summary>The leader's return where it has a closed form.</summary>
internal sealed class ClosedFormEvaluation(ClosedFormInstances instances, bool isDiscounted) : Evaluation
{
    private readonly ClosedFormFollower _follower = new(instances);
    private readonly double[] _entropies = new double[instances.Engine.Instances];

    public override Follower Follower => _follower;

    /// <summary>The evaluation over the problem's own horizon.</summary>
    /// <param name="instances">The configured problem.</param>
    /// <param name="finite">The steps whose return counts, and its discount.</param>
    /// <exception cref="InvalidInputException">It is another horizon, or another discount than γ_L and none.</exception>
    public static ClosedFormEvaluation Of(ClosedFormInstances instances, FiniteReturnOptions? finite)
    {
        ClosedFormProblem problem = instances.Problem;
        if (finite?.Horizon is int horizon && horizon != problem.Shape.Horizon)
            throw new InvalidInputException(
                $"evaluation.horizon: {horizon}; expected {problem.Shape.Horizon?.ToString() ?? "none"}, that of {problem.Name}");
        double discount = finite?.Horizon is null ? problem.LeaderDiscount : finite.Discount ?? problem.LeaderDiscount;
        if (discount != 1 && discount != problem.LeaderDiscount)
            throw new InvalidInputException(
                $"evaluation.discount: {discount}; expected 1, or {problem.LeaderDiscount}, that of {problem.Name}");
        return new ClosedFormEvaluation(instances, discount == problem.LeaderDiscount);
    }

    public override void Evaluate(Span<double> objectives)
    {
        _follower.Solve();
        instances.AverageContexts(isDiscounted ? _follower.Returns : _follower.UndiscountedReturns, objectives);
    }

    public override void Entropies(Span<double> entropies)
    {
        for (int i = 0; i < _entropies.Length; i++) _entropies[i] = _follower.Entropy(i);
        instances.AverageContexts(_entropies, entropies);
    }

    public override void Dispose() => _follower.Dispose();
}
