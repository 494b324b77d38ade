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

    public static double Of(RunConfig config) => ExperimentFactory.CreateLeaders(config).Count * config.Iterations * (BesideSamples + Of(config, config.Estimator));

    private static double Of(RunConfig config, EstimatorConfig estimator) => estimator.Name switch
    {
        "exact" or "m-sobirl" => 0,
        "amd" => estimator.Amd.Sweeps * Slopes(ExperimentFactory.CreateProblem(config)) / SlopesInStep,
        "hpgd-oracle" => estimator.Steps + estimator.RestartSteps,
        _ => estimator.Steps,
    };

    private static double Slopes(Problem problem) => (double)problem.Transitions.Matrix.EntryCount * problem.ParameterCount;
}
