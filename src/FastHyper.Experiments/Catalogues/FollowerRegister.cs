using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Experiments.Catalogues;

/// <summary>Who can answer the leader. The options stand in <c>follower</c>.</summary>
public sealed class FollowerRegister()
    : Register<Func<object, Mdp, Follower>>("follower.kind", "Who answers the leader.", FollowerRegister.BestResponse)
{
    /// <summary>The follower that theory is about, and the one that is taken where none is chosen.</summary>
    public const string BestResponse = "best-response";

    /// <summary>Registers a follower.</summary>
    /// <typeparam name="TOptions">The record of its options.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="create">Makes it for what it responds to.</param>
    /// <exception cref="InvalidInputException">The name is no name, or taken.</exception>
    public void Register<TOptions>(string name, Func<Mdp, TOptions, Follower> create)
        where TOptions : class, IOptions<TOptions>, new() =>
        Add<TOptions>(name, (options, mdp) => create(mdp, (TOptions)options));
}
