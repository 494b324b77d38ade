namespace FastHyper.Backends;

/// <summary>
/// How exact the steps of soft policy iteration, and the solves for adjoints, need to be. What is left of a residual moves V
/// by up to h = 1/(1 − γ max Σ P) times as much, the horizon, and an error in V is one in the next policy: the longer the
/// horizon, the more exact a step must be. Krylov methods fall fast at the end, so that this costs little.
/// </summary>
internal readonly struct InexactSteps
{
    private const double LoosestForcing = 0.05;
    private const double TightestForcing = 1e-5;
    private const double ForcingOfHorizon = 5;
    private const double RelaxedShare = 0.1;
    private const int MostRelaxations = 1000;
    private readonly double _inverseHorizon;

    public InexactSteps(double discount, Transitions transitions) => _inverseHorizon = 1 - (discount * transitions.MaxRowSum);

    /// <summary>What a step leaves of its residual at the most.</summary>
    public double Forcing => Math.Clamp(ForcingOfHorizon * _inverseHorizon, TightestForcing, LoosestForcing);

    /// <summary>The same after a step that gained little.</summary>
    public double TighterForcing => Tighter(Forcing, 0.2);

    /// <summary>
    /// Sweeps before a solve with the transpose. Mass gathers in few states, and its residuals grow with it before they
    /// shrink: what Krylov methods begin from should be of that shape already, which takes a part of the horizon.
    /// </summary>
    public int Relaxations => SweepsOf(RelaxedShare, MostRelaxations);

    /// <summary>Whether the horizon is longer than a number of steps.</summary>
    public bool IsLongerThan(double steps) => _inverseHorizon * steps < 1;

    /// <summary>Sweeps that are a share of the horizon.</summary>
    public int SweepsOf(double share, int most) => (int)(share / Math.Max(_inverseHorizon, share / most));

    /// <summary>A part of a forcing, within its limits.</summary>
    public static double Tighter(double forcing, double part) => Math.Max(TightestForcing, part * forcing);
}
