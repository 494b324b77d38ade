namespace FastHyper.Backends.Cpu.Reordering;

/// <summary>
/// Whether an engine whose lanes are states keeps them in an order of its own, in which those that follow a state stand near
/// it. Nobody sees it but in the time taken, and in the rounding of sums over states.
/// </summary>
internal enum StateReordering
{
    /// <summary>Where it pays, by a look at some of the states.</summary>
    Auto,

    /// <summary>Never: states stand in their own order.</summary>
    Never,

    /// <summary>Always, unless instances have transitions of their own.</summary>
    Always,
}
