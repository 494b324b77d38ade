using FastHyper.Backends;

namespace FastHyper.Hypergradients.Critics;

/// <summary>
/// λ-returns of the leader's rewards under a table of action values,
/// <code>G_k = l_k + γ ((1−λ) V(s_{k+1}) + λ G_{k+1}),   V = Σ_b π Q</code>
/// l_k + γ V(s_{k+1}) where an episode is cut, and l_k where it ends.
/// </summary>
internal sealed class LambdaReturns(EstimationContext context, RolloutShape shape, double discount) : IDisposable
{
    private readonly DeviceArray _returns = context.Mdp.Engine.AllocateSteps(shape);
    private readonly DeviceArray _values = context.Mdp.Engine.AllocateSteps(shape);

    /// <summary>Writes them.</summary>
    /// <param name="samples">The samples, of the present policy.</param>
    /// <param name="q">Q, (S, A).</param>
    /// <param name="decay">λ.</param>
    /// <returns>An array of steps, which the next call writes.</returns>
    public DeviceArray Write(RolloutBuffer samples, DeviceArray q, double decay)
    {
        Engine engine = context.Mdp.Engine;
        StepPlace looked = decay == 1 ? StepPlace.Cut : StepPlace.Next;
        engine.GatherValues(samples, context.Response.Policy, q, looked, StepOperation.Write, _values);
        engine.Scan(samples, samples.LeaderReward, new Recursion(discount) { Decay = decay, Backwards = true }, _returns, values: _values);
        return _returns;
    }

    public void Dispose()
    {
        _returns.Dispose();
        _values.Dispose();
    }
}
