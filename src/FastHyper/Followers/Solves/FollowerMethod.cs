namespace FastHyper.Followers.Solves;

/// <summary>A way to the best response. It keeps nothing from one solve to the next.</summary>
internal abstract class FollowerMethod : IDisposable
{
    /// <summary>The method of that name.</summary>
    public static FollowerMethod Create(SolveMethod method, FollowerSolve solve) => method switch
    {
        SolveMethod.Sweeps => new Sweeps(),
        SolveMethod.GaussSeidel => new GaussSeidel(),
        SolveMethod.Shifted => new ShiftedSweeps(solve),
        SolveMethod.Anderson => new Anderson(solve),
        SolveMethod.PolicyIteration => new PolicyIteration(solve),
        _ => new AutomaticMethod(solve),
    };

    /// <summary>Solves the active instances from the V that is there.</summary>
    public abstract void Run(FollowerSolve solve);

    public virtual void Dispose() { }
}

/// <summary>Soft value iteration.</summary>
internal sealed class Sweeps : FollowerMethod
{
    /// <summary>Sweeps between two looks at how far they have come: pairs, up and down, where they are in place.</summary>
    public const int AtOnce = 64;

    public override void Run(FollowerSolve solve)
    {
        while (solve.Sweep(AtOnce)) { }
    }
}

/// <summary>
/// Soft value iteration in place, up and down the states in turn. V'(s) is (TU_s)(s), where U_s holds old values of some states
/// and new ones of the others, so that it is nowhere further from V' than V is, and
/// <code>|(TV')(s) − V'(s)| = |(TV')(s) − (TU_s)(s)| ≤ γρ ‖V' − U_s‖ ≤ γρ ‖V' − V‖</code>
/// as of a sweep that reads one V: the same rule ends it.
/// </summary>
internal sealed class GaussSeidel : FollowerMethod
{
    public override void Run(FollowerSolve solve)
    {
        if (!solve.Engine.HasInPlaceSweeps) solve.Methods.AsSpan().Fill(SolveMethod.Sweeps);
        while (solve.Sweep(Sweeps.AtOnce, inPlace: true)) { }
    }
}
