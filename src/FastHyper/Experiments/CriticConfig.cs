using FastHyper.Experiments.Configuration;
using FastHyper.Hypergradients;

namespace FastHyper.Experiments;

/// <summary>The leader's critic.</summary>
public sealed class CriticConfig : NotingOptions
{
    private static readonly CriticOptions s_default = new();

    /// <summary>
    /// sarsa, expected-sarsa, td-lambda, lstd, average-returns, stackelberg or exact; null for the estimator's own: sarsa, but
    /// average-returns for hpgd and hpgd-oracle, expected-sarsa for bc-hg-vr, and stackelberg for bi-ac.
    /// </summary>
    public CriticKind? Kind { get => Read(field); set; }

    /// <summary>Step size α of sarsa, expected-sarsa, td-lambda and stackelberg.</summary>
    [SameRange(typeof(CriticOptions), nameof(CriticOptions.Step))]
    public double Step { get => Read(field); set; } = s_default.Step;

    /// <summary>λ of td-lambda.</summary>
    [SameRange(typeof(CriticOptions), nameof(CriticOptions.TraceDecay))]
    public double TraceDecay { get => Read(field); set; } = s_default.TraceDecay;

    /// <summary>Passes over the samples of an iteration; not of exact.</summary>
    [SameRange(typeof(CriticOptions), nameof(CriticOptions.Passes))]
    public int Passes { get => Read(field); set; } = s_default.Passes;

    /// <summary>lstd: relative change of a value at which its sweeps stop.</summary>
    [SameRange(typeof(CriticOptions), nameof(CriticOptions.Tolerance))]
    public double Tolerance { get => Read(field); set; } = s_default.Tolerance;

    /// <summary>lstd: sweeps at the most.</summary>
    [SameRange(typeof(CriticOptions), nameof(CriticOptions.MaximalSweeps))]
    public int MaximalSweeps { get => Read(field); set; } = s_default.MaximalSweeps;

    /// <summary>As options of the critic.</summary>
    /// <param name="published">How it learns where that is left open.</param>
    public CriticOptions ToOptions(CriticKind published)
    {
        CriticOptions options = new() { Kind = Kind ?? published };
        if (options.Kind != CriticKind.Exact) options = options with { Passes = Passes };
        return options.Kind switch
        {
            CriticKind.Sarsa or CriticKind.ExpectedSarsa or CriticKind.Stackelberg => options with { Step = Step },
            CriticKind.TdLambda => options with { Step = Step, TraceDecay = TraceDecay },
            CriticKind.Lstd => options with { Tolerance = Tolerance, MaximalSweeps = MaximalSweeps },
            _ => options,
        };
    }
}
