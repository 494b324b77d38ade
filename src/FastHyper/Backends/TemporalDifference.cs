namespace FastHyper.Backends;

/// <summary>What stands for the value of the state that follows a sampled step.</summary>
public enum Bootstrap
{
    /// <summary>Q of the next step: SARSA.</summary>
    Sampled,

    /// <summary>The mean over π: expected SARSA, which holds for samples of other policies too.</summary>
    Expected,

    /// <summary>The largest, over the leader's actions, of the mean over the follower's answers: the leader's Stackelberg value.</summary>
    Greedy,
}

/// <summary>Whose action values are learned from rollouts.</summary>
public enum ValuesOf
{
    /// <summary>The leader's: of l.</summary>
    Leader,

    /// <summary>The follower's: of r, with the entropy τ H(g) of every step to come, as soft policy evaluation has it.</summary>
    Follower,
}

/// <summary>What temporal differences move action values towards.</summary>
/// <param name="Discount">γ or γ_L.</param>
/// <param name="Bootstrap">What stands for the value of the next state.</param>
/// <param name="Of">Whose values; greedy ones are the leader's.</param>
public readonly record struct TemporalDifference(double Discount, Bootstrap Bootstrap = Bootstrap.Sampled, ValuesOf Of = ValuesOf.Leader)
{
    /// <summary>Requires that this is defined: greedy bootstraps are the leader's.</summary>
    internal void Require()
    {
        if (Of == ValuesOf.Follower && Bootstrap == Bootstrap.Greedy)
            throw new ArgumentException("greedy values of the follower; expected the leader's");
    }
}
