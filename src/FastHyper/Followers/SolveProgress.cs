namespace FastHyper.Followers;

/// <summary>How far a solve has come: the instance that has come least far.</summary>
/// <param name="Iterations">Sweeps, steps of policy iteration among them.</param>
/// <param name="Products">Products with P_π that linear solves took.</param>
/// <param name="Distance">What has to come down to the tolerance: the largest change of a sweep, or half the span of its changes.</param>
public readonly record struct SolveProgress(int Iterations, int Products, double Distance);
