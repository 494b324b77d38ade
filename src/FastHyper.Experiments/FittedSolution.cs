namespace FastHyper.Experiments;

/// <summary>The fit behind values that are linear in features.</summary>
/// <param name="Weights">w, (k).</param>
/// <param name="BellmanResidual">‖TV − V‖∞ of the MDP itself: what the features cannot hold.</param>
/// <param name="Condition">An estimate of the condition of the fit's matrix, ΦᵀDΦ + ρI.</param>
public sealed record FittedSolution(double[] Weights, double BellmanResidual, double Condition);
