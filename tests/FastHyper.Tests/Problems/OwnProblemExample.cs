using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Tests.Problems;

/// <summary>
/// A problem of one's own. A machine of wear 0 … 3 earns less the more it is worn; its operator, the follower, runs (0)
/// or repairs (1) it, and a machine that wears beyond 3 is lost. The leader pays a subsidy x₀ for each repair, buys care
/// that lowers the probability of wear σ(x₁), and starts with new machines in a share σ(x₂), the others at wear 2.
/// </summary>
internal sealed class OwnProblemExample(double discount = 0.95, double leaderDiscount = 0.9, double temperature = 0.2)
    : CustomProblem("machine", Structure(), [0.5, 0, 0.5, 0], [0.3, -0.5, 0.2], discount, leaderDiscount, temperature)
{
    private const int Wears = 4;
    private const double CareCost = 0.4;

    public override bool ControlsTransitions => true;

    public override bool ControlsInitial => true;

    public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp)
    {
        double subsidy = x[0], wearing = Sigmoid(x[1]), share = Sigmoid(x[2]);
        for (int s = 0; s < Wears; s++)
        {
            mdp.Reward[(2 * s) + 0] = 1 - (0.3 * s);
            mdp.Reward[(2 * s) + 1] = subsidy - 0.5;
            mdp.LeaderReward[(2 * s) + 0] = 1 - (CareCost * (1 - wearing));
            mdp.LeaderReward[(2 * s) + 1] = -subsidy;
            mdp.Probabilities[Stays(s)] = 1 - wearing;
            if (s + 1 < Wears) mdp.Probabilities[Wearing(s)] = wearing;
        }

        mdp.Initial[0] = share;
        mdp.Initial[2] = 1 - share;
    }

    public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient)
    {
        double wearing = Sigmoid(x[1]), share = Sigmoid(x[2]), alongWearing = 0;
        for (int s = 0; s < Wears; s++)
        {
            gradient[0] += cotangents.Reward[(2 * s) + 1] - cotangents.LeaderReward[(2 * s) + 1];
            alongWearing += (CareCost * cotangents.LeaderReward[2 * s]) - cotangents.Probabilities[Stays(s)];
            if (s + 1 < Wears) alongWearing += cotangents.Probabilities[Wearing(s)];
        }

        gradient[1] += wearing * (1 - wearing) * alongWearing;
        gradient[2] += share * (1 - share) * (cotangents.Initial[0] - cotangents.Initial[2]);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    // Stored transitions in order: run in 0 (stays, wears), repair in 0, …, run in 3 (stays, else is lost), repair in 3.
    private static int Stays(int s) => 3 * s;

    private static int Wearing(int s) => (3 * s) + 1;

    private static Transitions Structure() => new(Wears, 2, new SparseMatrix(
        Wears, [0, 2, 3, 5, 6, 8, 9, 10, 11], [0, 1, 0, 1, 2, 0, 2, 3, 0, 3, 0], [0.5, 0.5, 1, 0.5, 0.5, 1, 0.5, 0.5, 1, 0.5, 1]));
}
