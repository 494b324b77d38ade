using FastHyper.Followers;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Leaders;

/// <summary>How the objective of a kind of problem is evaluated.</summary>
internal abstract class Evaluation : IDisposable
{
    /// <summary>The follower's response.</summary>
    public abstract Follower Follower { get; }

    /// <summary>The evaluation of a kind of problem.</summary>
    /// <param name="instances">The configured problem.</param>
    /// <param name="options">Of the solves.</param>
    /// <param name="objective">What leaders are judged by; null for the discounted return.</param>
    /// <param name="finite">The steps whose return counts.</param>
    public static Evaluation Of(ProblemInstances instances, SolveOptions options, IObjective? objective, FiniteReturnOptions? finite) =>
        instances switch
        {
            Mdp mdp => new TabularEvaluation(mdp, options, objective, finite),
            _ when objective is not null => throw new InvalidInputException(
                $"{instances.Problem.Name}: objective {objective.Name}; expected the discounted return"),
            ClosedFormInstances closed => ClosedFormEvaluation.Of(closed, finite),
            UngriddedInstances ungridded => new PointEvaluation(ungridded, options, finite),
            _ => throw new InvalidInputException($"{instances.Problem.Name}: its objective cannot be evaluated"),
        };

    /// <summary>J of each leader at the configured x, from a start at zero.</summary>
    /// <param name="objectives">(leaders), written.</param>
    public abstract void Evaluate(Span<double> objectives);

    /// <summary>Entropy of each leader's evaluated policy, contexts weighted.</summary>
    /// <param name="entropies">(leaders), written.</param>
    public abstract void Entropies(Span<double> entropies);

    public abstract void Dispose();
}
