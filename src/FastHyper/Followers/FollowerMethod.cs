namespace FastHyper.Followers;

/// <summary>A way to the best response. It keeps nothing from one solve to the next.</summary>
internal abstract class FollowerMethod : IDisposable
{
    /// <summary>The method of that name.</summary>
    public static FollowerMethod Create(SolveMethod method, FollowerSolve solve) => method switch
    {
        SolveMethod.Sweeps => new Sweeps(),
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
    /// <summary>Sweeps between two looks at how far they have come.</summary>
    public const int AtOnce = 64;

    public override void Run(FollowerSolve solve)
    {
        while (solve.Sweep(AtOnce)) { }
    }
}
