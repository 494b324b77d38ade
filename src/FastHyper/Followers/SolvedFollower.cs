using FastHyper.Backends;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>A follower that is solved for with the model: the best response, or the best that a class of values holds.</summary>
public abstract class SolvedFollower : TabularFollower
{
    private readonly Outcome[] _outcomes;

    /// <summary>Allocates V and π.</summary>
    /// <param name="mdp">What the follower responds to.</param>
    /// <param name="options">How the solve goes, and when it stops.</param>
    private protected SolvedFollower(Mdp mdp, SolveOptions? options)
        : base(mdp, options)
    {
        ArgumentNullException.ThrowIfNull(mdp);
        _outcomes = new Outcome[mdp.Engine.Instances];
    }

    /// <summary>How the last solve of each instance ended, by what it saw itself.</summary>
    public ReadOnlySpan<Outcome> Outcomes => _outcomes;

    /// <summary>
    /// The follower that a problem is about: a <see cref="LinearResponse"/> where its <see cref="FiniteProblem.ValueFeatures"/> say so,
    /// else the
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
    /// <param name="progress">Told every few sweeps or steps how far it is, on the thread that solves.</param>
    /// <param name="stop">
    /// Stops the solve at its next look where it is, with the V that it has; <see cref="ProblemInstances.Monitor"/> ends it without an
    /// answer.
    /// </param>
    /// <returns><see cref="Outcomes"/>.</returns>
    /// <exception cref="OperationCanceledException">The monitor ended it.</exception>
    public ReadOnlySpan<Outcome> Solve(IProgress<SolveProgress>? progress = null, CancellationToken stop = default)
    {
        Iterate(progress, stop);
        for (int i = 0; i < _outcomes.Length; i++)
        {
            _outcomes[i] = Status.Failed[i] ? Status.Reasons[i]
                : !Status.Active[i] ? Status.Change[i] <= Options.Tolerance ? Outcome.Converged : Outcome.AtRounding
                : stop.IsCancellationRequested ? Outcome.Stopped : Outcome.MaxSteps;
        }

        return _outcomes;
    }

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
            if (!certificates[i].Converged) throw new InvalidOperationException(SolveFailure.Follower(Mdp, certificates[i], i));
    }

    /// <summary>Writes Q, less a float64 function of s where the values are kept as one and what is left.</summary>
    /// <param name="q">(S, A) for each instance.</param>
    /// <returns>The function of s, (S) for each instance; null where it is zero.</returns>
    public abstract DeviceArray? RelativeActionValues(DeviceArray q);

    /// <summary>Solves, and leaves the status of instances active that have not come to an end.</summary>
    private protected abstract void Iterate(IProgress<SolveProgress>? progress, CancellationToken stop);

    /// <summary>The outcome that a certificate tells: of the solve, unless its proof says otherwise.</summary>
    private protected Outcome Proven(int instance, double residual, bool proven) =>
        Status.Failed[instance] ? Status.Reasons[instance]
        : proven ? residual <= Options.Tolerance ? Outcome.Converged : Outcome.AtRounding
        : Status.Active[instance] ? _outcomes[instance] : Outcome.Unproven;
}
