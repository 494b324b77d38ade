using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>A follower that is solved for with the model: the best response, or the best that a class of values holds.</summary>
public abstract class SolvedFollower : TabularFollower
{
    /// <summary>Allocates V and π.</summary>
    /// <param name="mdp">What the follower responds to.</param>
    /// <param name="options">How the solve goes, and when it stops.</param>
    private protected SolvedFollower(Mdp mdp, SolveOptions? options)
        : base(mdp, options)
    {
    }

    /// <summary>
    /// The follower that a problem is about: a <see cref="LinearResponse"/> where its <see cref="FiniteProblem.ValueFeatures"/> say so, else the
    /// <see cref="BestResponse"/>.
    /// </summary>
    /// <param name="mdp">What it responds to.</param>
    /// <param name="options">How the solve goes, and when it stops.</param>
    public static SolvedFollower Create(Mdp mdp, SolveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(mdp);
        return mdp.Problem.ValueFeatures is FeatureRows features
            ? new LinearResponse(mdp, features, options)
            : new BestResponse(mdp, options);
    }

    /// <inheritdoc/>
    public override void Respond(ReadOnlySpan<ulong> seeds, uint iteration)
    {
        Solve();
        ThrowIfUnsolved();
    }

    /// <summary>Solves the configured MDP from the last V, and writes V and the policy.</summary>
    /// <param name="keepOn">
    /// Asked every few sweeps or steps; false stops the solve where it is, and leaves its status active.
    /// </param>
    public abstract void Solve(Func<SweepStatus, bool>? keepOn = null);

    /// <summary>
    /// Requires that the last solve came to its end, by what it saw itself; takes no other look at the values. Instances without a finite
    /// answer have failed, see <see cref="ProblemInstances.Fail"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">An instance did not converge, or its values are not finite.</exception>
    public abstract void ThrowIfUnsolved();

    /// <summary>Requires that certificates of the last solve are proofs.</summary>
    /// <param name="certificates">As <see cref="Follower.Certify"/> wrote them.</param>
    /// <exception cref="InvalidOperationException">An instance has none.</exception>
    public void ThrowIfUnproven(ReadOnlySpan<Certificate> certificates)
    {
        for (int i = 0; i < certificates.Length; i++)
            if (!certificates[i].Converged) throw Unsolved.Follower(Mdp, certificates[i], i);
    }

    /// <summary>Writes Q, less a float64 function of s where the values are kept as one and what is left.</summary>
    /// <param name="q">(S, A) for each instance.</param>
    /// <returns>The function of s, (S) for each instance; null where it is zero.</returns>
    public abstract DeviceArray? RelativeActionValues(DeviceArray q);
}
