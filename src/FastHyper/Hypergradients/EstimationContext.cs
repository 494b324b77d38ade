using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients;

/// <summary>What an estimator may look at in one leader iteration.</summary>
/// <param name="Instances">The configured problem.</param>
/// <param name="Follower">The follower.</param>
/// <param name="Rollouts">Rollouts of the response; null for estimators that do not sample.</param>
public sealed record EstimationContext(ProblemInstances Instances, Follower Follower, RolloutSampler? Rollouts)
{
    /// <summary>What names the draws of estimators that draw more than the rollouts.</summary>
    public Draws Draws { get; init; } = new([.. Enumerable.Range(1, Instances.Engine.Leaders).Select(seed => (ulong)seed)]);

    /// <summary>The configured MDP of a finite problem.</summary>
    /// <exception cref="InvalidInputException">The problem is of another kind.</exception>
    public Mdp Mdp => Instances as Mdp ?? throw Refusal("a finite MDP");

    /// <summary>The follower's response as a table.</summary>
    /// <exception cref="InvalidInputException">It is of another kind.</exception>
    public TabularFollower Response => Follower as TabularFollower ?? throw Refusal("a response over a finite MDP");

    /// <summary>Rollouts over a finite MDP; null for estimators that do not sample.</summary>
    public EpisodeSampler? Sampler => Rollouts as EpisodeSampler;

    private InvalidInputException Refusal(string expected) => new($"{Instances.Problem.Name}: the estimator expects {expected}");
}
