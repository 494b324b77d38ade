using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;

namespace FastHyper.Experiments.Reproductions;

/// <summary>
/// What a run is expected to take, in environment steps: leaders × iterations × what an iteration takes. Cells differ a
/// hundredfold, and this is right within a factor of two or three.
/// </summary>
internal static class CellWork
{
    // The follower's solve, the critic and the pullbacks of a small MDP take as long as so many environment steps.
    private const double BesideSamples = 150;

    // Numbers of ∂Q that amd goes over in the time of a step.
    private const double SlopesInStep = 256;

    public static double Of(RunConfig config) =>
        config.Options.CreateLeaders().Count * config.Options.Iterations * (BesideSamples + Of(config, config.CreateEstimator()));

    private static double Of(RunConfig config, IHypergradientEstimator estimator) => estimator switch
    {
        AmdEstimator amd => amd.Sweeps * Slopes((FiniteProblem)config.CreateProblem()) / SlopesInStep,
        HpgdOracleEstimator oracle => oracle.Sampling.Steps + oracle.RestartSteps,
        _ => estimator.Sampling?.Steps ?? 0,
    };

    private static double Slopes(FiniteProblem problem) => (double)problem.Transitions.Matrix.EntryCount * problem.ParameterCount;
}
