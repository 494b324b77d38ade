namespace FastHyper.Backends;

/// <summary>Precision of storage and lanes; sums over samples and states are float64 in both, what they add to is stored in this.</summary>
public enum Precision
{
    /// <summary>64-bit floating point.</summary>
    F64,

    /// <summary>32-bit floating point.</summary>
    F32,
}

/// <summary>Which axis the lanes run over.</summary>
public enum EngineLayout
{
    /// <summary>
    /// <see cref="States"/> for one instance, <see cref="Instances"/> for several. The two sweep in different orders, and so
    /// agree to the tolerance, not to the bit.
    /// </summary>
    Auto,

    /// <summary>
    /// Lanes are instances: V[state, instance], no gathers. For many instances of a small MDP; the CPU solves larger ones one by
    /// one, with states as lanes.
    /// </summary>
    Instances,

    /// <summary>Lanes are states: action-major Q[action, state], sliced-ELL transitions. For one large MDP.</summary>
    States,
}

/// <summary>How an engine is laid out.</summary>
/// <param name="Leaders">Number of leaders (seeds × grid points) that run at once.</param>
/// <param name="InstancesPerLeader">MDP instances of each leader: 1, or one per context when all are averaged.</param>
/// <param name="OwnTransitions">Whether every instance has transition probabilities of its own.</param>
/// <param name="Precision">Precision of storage and lanes.</param>
/// <param name="Layout">Which axis the lanes run over.</param>
/// <param name="LeaderActions">
/// Actions L of a leader who acts before the follower in every state; 0 where it does not act. The transitions' actions are then pairs
/// of both, (a, b) at a·(A/L) + b for A of them.
/// </param>
public sealed record EngineOptions(
    int Leaders = 1,
    int InstancesPerLeader = 1,
    bool OwnTransitions = false,
    Precision Precision = Precision.F64,
    EngineLayout Layout = EngineLayout.Auto,
    int LeaderActions = 0)
{
    /// <summary>Number of MDP instances: leaders × instances per leader; leader l has instances l·n … l·n + n − 1.</summary>
    public int Instances => Leaders * InstancesPerLeader;
}
