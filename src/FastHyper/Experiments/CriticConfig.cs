using FastHyper.Experiments.Configuration;
using FastHyper.Hypergradients;

namespace FastHyper.Experiments;

/// <summary>The leader's critic.</summary>
public sealed class CriticConfig
{
    /// <summary>
    /// sarsa, expected-sarsa, td-lambda, lstd, average-returns, stackelberg or exact; null for the estimator's own: sarsa, but
    /// average-returns for hpgd and hpgd-oracle, expected-sarsa for bc-hg-vr, and stackelberg for bi-ac.
    /// </summary>
    public CriticKind? Kind { get; set; }

    /// <summary>Step size α.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMin = true)]
    public double Step { get; set; } = 0.1;

    /// <summary>λ of td-lambda.</summary>
    [Range(Min = 0, Max = 1)]
    public double TraceDecay { get; set; } = 0.9;

    /// <summary>Passes over the samples of an iteration.</summary>
    [Range(Min = 1)]
    public int Passes { get; set; } = 1;

    /// <summary>lstd: relative change of a value at which its sweeps stop.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Tolerance { get; set; } = 1e-6;

    /// <summary>lstd: sweeps at the most.</summary>
    [Range(Min = 1)]
    public int MaximalSweeps { get; set; } = 10_000;

    /// <summary>As options of the critic.</summary>
    /// <param name="published">How it learns where that is left open.</param>
    public CriticOptions ToOptions(CriticKind published) => new()
    {
        Kind = Kind ?? published,
        Step = Step,
        TraceDecay = TraceDecay,
        Passes = Passes,
        Tolerance = Tolerance,
        MaximalSweeps = MaximalSweeps,
    };
}
