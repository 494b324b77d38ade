namespace FastHyper.Leaders;

/// <summary>A leader that stopped, as something of it was no longer finite: it keeps the parameters that it had.</summary>
/// <param name="Leader">Which of those that run at once.</param>
/// <param name="Setting">Its seed and the values of its grid point.</param>
/// <param name="Iteration">Steps that it had taken.</param>
/// <param name="Cause">What was not finite, in one line.</param>
public sealed record LeaderDivergence(int Leader, LeaderSetting Setting, long Iteration, string Cause)
{
    /// <summary>All of it in one line.</summary>
    public override string ToString() => $"{Setting} diverged at iteration {Iteration}: {Cause}";
}
