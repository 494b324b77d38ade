using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Problems.Games;

namespace FastHyper.Reference.Problems;

/// <summary>
/// A problem of a family, all of it from a seed: sizes, discounts, temperature, rewards and initial distribution. Each row s·A+a has a
/// parameter of its own, which enters both rewards: the direct part of the gradient is d·π, and sums to 1/(1 − γ_L) where rows sum to one;
/// the response is the adjoint w.
/// </summary>
/// <param name="Family">The family of transitions.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Data">The problem.</param>
public sealed record SlowProblem(string Family, int Seed, ProblemData Data)
{
    // Above log 4, of four actions.
    private const double LargestEntropy = 1.4;
    private const double NineNines = 0.999999999;

    /// <summary>What replays it.</summary>
    public string Name => $"{Family}:{Seed}";

    /// <summary>The problem of a family and a seed, bit for bit.</summary>
    public static SlowProblem Create(string family, int seed)
    {
        SlowShape shape = SlowShape.Named(family);
        SlowDraws draws = Draws(family, seed);
        SlowRows rows = new(States(draws, shape), draws.Integer(shape.FewestActions, 4));
        shape.Write(draws, rows);
        return new SlowProblem(family, seed, Settings(draws, shape, rows));
    }

    /// <summary>The problem of a name, FAMILY:SEED.</summary>
    public static SlowProblem Named(string name)
    {
        string[] parts = name.Split(':');
        return parts.Length == 2 && int.TryParse(parts[1], out int seed)
            ? Create(parts[0], seed)
            : throw new InvalidInputException($"problem: '{name}'; expected FAMILY:SEED");
    }

    /// <summary>The first problems from a seed on: all families in turn.</summary>
    public static SlowProblem At(int index, int seed) =>
        Create(SlowShape.All[index % SlowShape.All.Count].Name, seed + (index / SlowShape.All.Count));

    /// <summary>
    /// A Markov game of a family: the pairs of actions move as the family's actions do; one leader parameter for each (s,a).
    /// </summary>
    public static GameData Game(string family, int seed)
    {
        SlowShape shape = SlowShape.Named(family);
        SlowDraws draws = Draws(family, ~seed);
        int leaderActions = draws.Integer(1, 3), followerActions = draws.Integer(shape.FewestActions, 3);
        SlowRows rows = new(draws.Integer(shape.FewestStates, Math.Min(shape.MostStates, 12)), leaderActions * followerActions);
        shape.Write(draws, rows);
        ProblemData data = Settings(draws, shape, rows);
        return new GameData
        {
            Transitions = data.Transitions,
            LeaderActions = leaderActions,
            Followers = [new GameFollower(data.Reward, data.LeaderReward)],
            Initial = data.Initial,
            Gamma = data.Gamma,
            GammaLeader = data.GammaLeader,
            Temperature = data.Temperature,
            Theta = [.. Enumerable.Range(0, rows.States * leaderActions).Select(_ => draws.Uniform(-2, 2))],
        };
    }

    /// <summary>A problem of which each row has a parameter of its own, which enters both rewards; all zeros.</summary>
    public static ProblemData OfRows(
        SlowRows rows, double[] reward, double[] leaderReward, double[] initial, double gamma, double gammaLeader, double temperature)
    {
        int count = reward.Length;
        long[] offsets = [.. Enumerable.Range(0, count + 1).Select(k => (long)k)];
        SparseMatrix identity = new(count, offsets, [.. Enumerable.Range(0, count)], [.. Enumerable.Repeat(1.0, count)]);
        return new ProblemData
        {
            Transitions = rows.Build(),
            Reward = reward,
            LeaderReward = leaderReward,
            Features = identity,
            LeaderFeatures = identity,
            Initial = initial,
            Gamma = gamma,
            GammaLeader = gammaLeader,
            Temperature = temperature,
            X = new double[count],
        };
    }

    private static SlowDraws Draws(string family, int seed)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in family) hash = (hash ^ c) * 1099511628211;
        return new SlowDraws(new SlowDraws(hash ^ (uint)seed).Bits());
    }

    private static int States(SlowDraws draws, SlowShape shape)
    {
        double u = draws.Uniform();
        int most = u < 0.6 ? 10 : u < 0.85 ? 40 : u < 0.98 ? 120 : 400;
        return draws.Integer(shape.FewestStates, Math.Max(shape.FewestStates, Math.Min(most, shape.MostStates)));
    }

    private static ProblemData Settings(SlowDraws draws, SlowShape shape, SlowRows rows)
    {
        double gamma = Discount(draws, shape), gammaLeader = draws.Chance(0.6) ? gamma : Discount(draws, shape);

        // A follower whom something discounted keeps from the end may never reach it.
        if (gammaLeader == 1 && gamma < 1 && shape.Ending == Ending.AtGoals) gammaLeader = gamma;
        double scale = draws.Chance(0.6) ? 1 : draws.Of(1e-12, 1e-6, 1e-3, 1e3, 1e6, 1e12);
        double temperature = scale * Temperature(draws, Math.Max(gamma, gammaLeader));
        int count = rows.States * rows.Actions;
        double[] reward = Rewards(draws, rows, scale), leaderReward = Rewards(draws, rows, draws.Of(1, 1, scale));
        if (gamma == 1 && shape.Ending == Ending.AtGoals)
        {
            // A step costs more than its entropy is worth, so that V = 0 is above the optimum where the end pays nothing.
            double entropy = rows.Actions > 1 ? temperature * LargestEntropy : 0;
            for (int row = 0; row < count; row++)
                if (!rows.Ends(row)) reward[row] = -entropy - (0.01 * scale) - Math.Abs(reward[row]);
        }

        return OfRows(rows, reward, leaderReward, Initial(draws, rows.States), gamma, gammaLeader, temperature);
    }

    private static double Discount(SlowDraws draws, SlowShape shape)
    {
        double u = draws.Uniform();
        if (shape.Ending != Ending.Never && u < 0.3) return 1;
        return draws.Integer(0, 19) switch
        {
            0 => 0,
            1 => draws.Uniform(),
            < 8 => draws.Of(0.9, 0.95, 0.99),
            < 16 => draws.Of(0.999, 0.9999, 0.99999, 0.999999),
            _ => draws.Of(0.9999999, 0.99999999, NineNines),
        };
    }

    /// <summary>τ over the size of rewards; the smallest where little is summed up, as float64 tells nothing of the others.</summary>
    private static double Temperature(SlowDraws draws, double discount) => draws.Integer(0, 9) switch
    {
        0 => draws.Of(1e2, 1e4, 1e6),
        1 => discount < 0.9995 ? draws.Of(1e-12, 1e-9, 1e-7, 1e-6) : draws.Of(1e-4, 1e-3),
        2 => discount < 0.9999995 ? draws.Of(1e-5, 1e-4, 1e-3) : 1e-2,
        _ => draws.Of(0.01, 0.02, 0.05, 0.1, 0.3, 1, 10),
    };

    private static double[] Rewards(SlowDraws draws, SlowRows rows, double scale)
    {
        int count = rows.States * rows.Actions, kind = draws.Integer(0, 4), at = draws.Integer(0, count - 1);
        double level = draws.Uniform(-1, 1);
        return [.. Enumerable.Range(0, count).Select(row => scale * kind switch
        {
            0 => draws.Uniform(),
            1 => row == at ? 1 : 0,
            2 => row / rows.Actions == rows.States - 1 ? 1 : 0,
            3 => level,
            _ => draws.Uniform(-1, 1),
        })];
    }

    private static double[] Initial(SlowDraws draws, int states)
    {
        double[] initial = new double[states];
        switch (draws.Integer(0, 3))
        {
            case 0:
                initial[0] = 1;
                break;
            case 1:
                initial[draws.Integer(0, states - 1)] = 1;
                break;
            case 2:
                initial.AsSpan().Fill(1.0 / states);
                break;
            default:
                for (int s = 0; s < states; s++) initial[s] = draws.Uniform();
                double sum = initial.Sum();
                for (int s = 0; s < states; s++) initial[s] /= sum;
                break;
        }

        return initial;
    }
}
