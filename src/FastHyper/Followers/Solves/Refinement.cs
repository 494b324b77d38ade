using FastHyper.Backends;

namespace FastHyper.Followers.Solves;

/// <summary>
/// Values of a float32 engine kept as a float64 potential U and an increment, whose problem is restated in the rewards
/// r + γ P U − U: what is left to solve is small, and so is its rounding.
/// </summary>
internal sealed class Refinement(Engine engine, DeviceArray reward, double discount) : IDisposable
{
    /// <summary>U.</summary>
    public DeviceArray Potential { get; } = engine.Allocate(ArrayKind.WideState);

    /// <summary>V − U, zero after each <see cref="Fold"/>.</summary>
    public DeviceArray Increment { get; } = engine.Allocate(ArrayKind.State);

    /// <summary>r + γ P U − U.</summary>
    public DeviceArray Shaped { get; } = engine.Allocate(ArrayKind.StateAction);

    /// <summary>Folds the increment into U, restates the rewards, and writes U in the engine's precision.</summary>
    public void Fold(DeviceArray rounded) => engine.Shape(Potential, Increment, reward, discount, Shaped, rounded);

    /// <summary>
    /// Solves for U from the last one: the first round to what float32 holds, the next from zero at its answer, which loses
    /// nothing to the size of V; more while they bring an instance nearer to the tolerance.
    /// </summary>
    /// <param name="solve">The solve, begun.</param>
    /// <param name="method">How each round goes.</param>
    /// <param name="rounded">V, written.</param>
    public void Solve(FollowerSolve solve, FollowerMethod method, DeviceArray rounded)
    {
        Fold(rounded);
        for (int round = 1; ; round++)
        {
            solve.Retarget(Increment, Shaped);
            method.Run(solve);
            Fold(rounded);
            if (round == StopRules.MaxRounds || solve.Stopped || !solve.Refine(everyone: round == 1)) return;
        }
    }

    public void Dispose()
    {
        Potential.Dispose();
        Increment.Dispose();
        Shaped.Dispose();
    }
}
