using FastHyper.Backends;

namespace FastHyper.Problems.Games;

/// <summary>Every constant of <see cref="DiscreteToy"/>; the defaults are the published experiment's with R = 1.</summary>
[Options]
public sealed partial record DiscreteToyOptions
{
    /// <summary>R, the follower's reward for b in state A while the leader plays 0.</summary>
    [Range]
    public double Bonus { get; init => field = InRange.Of<DiscreteToyOptions>(value); } = 1;

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1)]
    public double Gamma { get; init => field = InRange.Of<DiscreteToyOptions>(value); } = 0.99;

    /// <summary>Leader's discount γ_L.</summary>
    [Range(Min = 0, Max = 1)]
    public double GammaLeader { get; init => field = InRange.Of<DiscreteToyOptions>(value); } = 0.99;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Temperature { get; init => field = InRange.Of<DiscreteToyOptions>(value); } = 0.05;

    /// <summary>Standard deviation of the initial θ; 0 for a uniform policy.</summary>
    [Range(Min = 0)]
    public double WeightDeviation { get; init => field = InRange.Of<DiscreteToyOptions>(value); }
}

/// <summary>
/// The three-state game of the BC-HG paper (Kudo et al., arXiv 2603.14867). The leader plays 0 or 1, the follower s, a or b; what is
/// not listed stays. From S: a to A, b to B. From A: where the leader plays 0, s to S and b to B; where he plays 1, all to S. From B:
/// s to S. The follower gets 1 for a and for b in S, R for b in A against 0, and −1 for whatever it does in A against 1; the leader
/// gets 1 for a in S. Episodes start in S.
/// </summary>
public sealed class DiscreteToy : MarkovGame
{
    private const int Start = 0, A = 1, B = 2;
    private const int GoToStart = 0, GoToA = 1, GoToB = 2;
    private const int States = 3, Choices = 2, Answers = 3;

    private DiscreteToy(GameData data, double deviation)
        : base("discrete-toy", data, (seed, x) => ProblemDraws.InitialParameters(seed, deviation, x))
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames { get; } = ["S", "A", "B"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FollowerActionNames { get; } = ["s", "a", "b"];

    /// <summary>Builds the game.</summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static DiscreteToy Create(DiscreteToyOptions? options = null)
    {
        DiscreteToyOptions o = options ?? new DiscreteToyOptions();
        double[] reward = new double[States * Choices * Answers], leaderReward = new double[reward.Length];
        for (int choice = 0; choice < Choices; choice++)
        {
            reward[Row(Start, choice, GoToA)] = reward[Row(Start, choice, GoToB)] = 1;
            leaderReward[Row(Start, choice, GoToA)] = 1;
        }

        reward[Row(A, 0, GoToB)] = o.Bonus;
        for (int answer = 0; answer < Answers; answer++) reward[Row(A, 1, answer)] = -1;
        return new DiscreteToy(
            new GameData
            {
                Transitions = Transitions.FromRows(States, Choices * Answers, 1, (state, pair, columns, values) =>
                {
                    columns[0] = Next(state, pair / Answers, pair % Answers);
                    values[0] = 1;
                    return 1;
                }),
                LeaderActions = Choices,
                Followers = [new GameFollower(reward, leaderReward)],
                Initial = [1, 0, 0],
                Gamma = o.Gamma,
                GammaLeader = o.GammaLeader,
                Temperature = o.Temperature,
            },
            o.WeightDeviation);
    }

    private static int Next(int state, int choice, int answer) => (state, choice, answer) switch
    {
        (Start, _, GoToA) => A,
        (Start, _, GoToB) => B,
        (A, 1, _) => Start,
        (A, _, GoToStart) => Start,
        (A, _, GoToB) => B,
        (B, _, GoToStart) => Start,
        _ => state,
    };

    private static int Row(int state, int choice, int answer) => (((state * Choices) + choice) * Answers) + answer;
}
