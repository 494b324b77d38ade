using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.LinearSystems;

/// <summary>
/// ‖(I − γ P_π)⁻¹‖∞ of a policy, which is max_s t(s), t = 1 + γ P_π t: the expected length of an episode at discount one. It is what
/// residuals are multiplied by in the error of a solution where γρ is one and 1/(1 − γρ) bounds nothing. With ε the residual of what is
/// found for t, t ≤ max t/(1 − ε): proven where ε is below one, as (I − γ P_π) t ≥ (1 − ε) 1 then.
/// </summary>
internal sealed class EpisodeLength : IDisposable
{
    private readonly Mdp _mdp;
    private readonly LinearSolves _solves;
    private readonly DeviceArray _steps;
    private readonly DeviceArray _ones;
    private readonly LinearResidual[] _found;

    public EpisodeLength(Mdp mdp, SolveMethod method)
    {
        _mdp = mdp;
        // One digit is enough: the bound counts what is missing.
        _solves = new LinearSolves(mdp, new SolveOptions { Tolerance = 1e-12, Method = method });
        _steps = mdp.Engine.Allocate(ArrayKind.State);
        _ones = mdp.Engine.Allocate(ArrayKind.StateAction);
        _found = new LinearResidual[mdp.Engine.Instances];
        mdp.Engine.Fill(_ones, 1);
    }

    /// <summary>Writes the norm of each instance; infinite where it cannot be proven to be less.</summary>
    public void Write(DeviceArray policy, double discount, Span<double> norms)
    {
        _mdp.Engine.Fill(_steps, 0);
        _solves.TryEvaluate(_steps, policy, _ones, discount);
        _mdp.Engine.EvaluationResidual(_steps, policy, _ones, discount, null, _found);
        for (int i = 0; i < norms.Length; i++)
            norms[i] = _found[i].Residual < 1 ? _found[i].Solution / (1 - _found[i].Residual) : double.PositiveInfinity;
    }

    public void Dispose()
    {
        _solves.Dispose();
        _steps.Dispose();
        _ones.Dispose();
    }
}
