using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Experiments.Sweeps;

/// <summary>Which problems have their instances as lanes, however few there are: what makes a cell's bits those of its pack.</summary>
internal static class Lanes
{
    // So small that instances' values stay in the caches of a core, 64 of them at once.
    private const long MostRows = 1 << 14;

    /// <summary>Whether instances of a problem run side by side as lanes.</summary>
    public static bool Suit(Problem problem) =>
        problem is FiniteProblem finite && (long)finite.Transitions.States * finite.Transitions.Actions <= MostRows;

    /// <summary>The setup with the layout that its cells have in every pack.</summary>
    public static RunSetup Laid(RunSetup setup) =>
        Suit(setup.Problem) ? setup with { Leader = setup.Leader with { Layout = EngineLayout.Instances } } : setup;
}
