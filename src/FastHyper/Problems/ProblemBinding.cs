using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>
/// Derivatives of the leader's objective in what x configures, on the device. A null array means that the
/// derivative is zero, or that x does not reach it.
/// </summary>
/// <param name="Reward">∂F/∂r, (S, A).</param>
/// <param name="LeaderReward">∂F/∂l, (S, A).</param>
/// <param name="Transitions">∂F/∂P, one number a stored transition.</param>
/// <param name="Initial">∂F/∂μ, (S).</param>
/// <param name="LeaderPolicy">∂F/∂f, (S, L).</param>
public sealed record Cotangents(
    DeviceArray? Reward, DeviceArray? LeaderReward, DeviceArray? Transitions, DeviceArray? Initial, DeviceArray? LeaderPolicy = null);

/// <summary>How a problem acts on a device: what x does to the arrays, and back.</summary>
public abstract class ProblemBinding : IDisposable
{
    /// <summary>
    /// Writes rewards (and transitions, μ and the leader's policy, where x or the context changes them) of every instance.
    /// </summary>
    /// <param name="x">Parameters of each leader.</param>
    /// <param name="contexts">Context of each instance.</param>
    /// <param name="contextsChanged">Whether contexts differ from the last call's; true in the first.</param>
    /// <param name="mdp">Written.</param>
    public abstract void Configure(DeviceArray x, ReadOnlySpan<int> contexts, bool contextsChanged, Mdp mdp);

    /// <summary>gradient += Σ over each leader's instances of weight · (∂configuration/∂x)ᵀ cotangents.</summary>
    /// <param name="x">Parameters of each leader.</param>
    /// <param name="contexts">Context of each instance.</param>
    /// <param name="weights">Weight of each instance.</param>
    /// <param name="cotangents">Derivatives in what was configured.</param>
    /// <param name="gradient">Accumulated.</param>
    public abstract void Pullback(
        DeviceArray x, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, Cotangents cotangents, DeviceArray gradient);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the binding allocated.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing) { }
}
