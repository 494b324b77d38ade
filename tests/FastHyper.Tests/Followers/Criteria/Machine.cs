using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Tests.Followers.Criteria;

/// <summary>
/// A machine of wear 0 … 3 that is never lost: it runs (0) or is repaired (1). The leader pays x₀ for each repair, and buys care that
/// lowers the probability of wear σ(x₁); new machines are a share σ(x₂) of those at the start.
/// </summary>
internal sealed class Machine(bool controlsInitial, double discount = 0.9, double temperature = 0.2)
    : CustomProblem("machine", Structure(), [0.5, 0, 0.5, 0], [0.3, -0.5, 0.2], discount, discount, temperature)
{
    private const int Wears = 4;

    public override bool ControlsTransitions => true;

    public override bool ControlsInitial => controlsInitial;

    public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp)
    {
        double wearing = Sigmoid(x[1]), share = Sigmoid(x[2]);
        for (int s = 0; s < Wears; s++)
        {
            mdp.Reward[2 * s] = 1 - (0.3 * s);
            mdp.Reward[(2 * s) + 1] = x[0] - 0.5;
            mdp.LeaderReward[2 * s] = 1 - (0.4 * (1 - wearing));
            mdp.LeaderReward[(2 * s) + 1] = -x[0];
            mdp.Probabilities[3 * s] = 1 - wearing;
            mdp.Probabilities[(3 * s) + 1] = wearing;
        }

        if (controlsInitial) (mdp.Initial[0], mdp.Initial[2]) = (share, 1 - share);
    }

    public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient)
    {
        double wearing = Sigmoid(x[1]), share = Sigmoid(x[2]), along = 0;
        for (int s = 0; s < Wears; s++)
        {
            gradient[0] += cotangents.Reward[(2 * s) + 1] - cotangents.LeaderReward[(2 * s) + 1];
            along += (0.4 * cotangents.LeaderReward[2 * s]) + cotangents.Probabilities[(3 * s) + 1] - cotangents.Probabilities[3 * s];
        }

        gradient[1] += wearing * (1 - wearing) * along;
        if (controlsInitial) gradient[2] += share * (1 - share) * (cotangents.Initial[0] - cotangents.Initial[2]);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    // In order: run in 0 (stays, wears), repair in 0, …; a machine of wear 3 that wears stands still in 1.
    private static Transitions Structure() => new(Wears, 2, new SparseMatrix(
        Wears, [0, 2, 3, 5, 6, 8, 9, 11, 12], [0, 1, 0, 1, 2, 0, 2, 3, 0, 3, 1, 0],
        [.. new double[] { 0.5, 0.5, 1, 0.5, 0.5, 1, 0.5, 0.5, 1 }, 0.5, 0.5, 1]));
}
