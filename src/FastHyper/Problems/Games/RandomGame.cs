using FastHyper.Backends;
using FastHyper.Problems.Worlds;

namespace FastHyper.Problems.Games;

/// <summary>What a generated game is like.</summary>
[Options]
public sealed partial record RandomGameOptions
{
    /// <summary>Number of states S.</summary>
    [Range(Min = 1)]
    public int States { get; init => field = InRange.Of<RandomGameOptions>(value); } = 30;

    /// <summary>Number of leader actions L.</summary>
    [Range(Min = 1)]
    public int LeaderActions { get; init => field = InRange.Of<RandomGameOptions>(value); } = 3;

    /// <summary>Number of follower actions A.</summary>
    [Range(Min = 1)]
    public int FollowerActions { get; init => field = InRange.Of<RandomGameOptions>(value); } = 4;

    /// <summary>Distinct successors of each state and pair of actions.</summary>
    [Range(Min = 1)]
    public int Successors { get; init => field = InRange.Of<RandomGameOptions>(value); } = 5;

    /// <summary>Number of followers N.</summary>
    [Range(Min = 1)]
    public int Followers { get; init => field = InRange.Of<RandomGameOptions>(value); } = 1;

    /// <summary>Features K of a state that the leader's policy is linear in; 0 for a tabular policy.</summary>
    [Range(Min = 0)]
    public int StateFeatures { get; init => field = InRange.Of<RandomGameOptions>(value); }

    /// <summary>Probability that a step ends the episode.</summary>
    [Range(Min = 0, Max = 1)]
    public double Termination { get; init => field = InRange.Of<RandomGameOptions>(value); }

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1)]
    public double Gamma { get; init => field = InRange.Of<RandomGameOptions>(value); } = 0.95;

    /// <summary>Leader's discount γ_L.</summary>
    [Range(Min = 0, Max = 1)]
    public double GammaLeader { get; init => field = InRange.Of<RandomGameOptions>(value); } = 0.9;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0)]
    public double Temperature { get; init => field = InRange.Of<RandomGameOptions>(value); } = 0.1;

    /// <summary>Standard deviation of θ.</summary>
    [Range(Min = 0)]
    public double Deviation { get; init => field = InRange.Of<RandomGameOptions>(value); } = 0.5;
}

/// <summary>
/// Seeded random games: successors distinct and uniform with normalised exponential weights, rewards U[0, 1), μ normalised uniforms,
/// state features and θ normal.
/// </summary>
public static class RandomGame
{
    /// <summary>Generates a game; the same seed and options give the same game everywhere.</summary>
    /// <param name="seed">Seed.</param>
    /// <param name="options">What it is like.</param>
    /// <exception cref="InvalidInputException">An option is out of range.</exception>
    public static GameData Generate(ulong seed, RandomGameOptions? options = null)
    {
        RandomGameOptions o = options ?? new RandomGameOptions();
        if ((double)o.LeaderActions * o.FollowerActions * o.States * o.Followers >= Array.MaxLength
            || (double)o.LeaderActions * o.StateFeatures * o.States >= Array.MaxLength)
            throw new InvalidInputException(
                $"random-game: {o.States} states, {o.LeaderActions} leader actions, {o.FollowerActions} follower actions, "
                    + $"{o.StateFeatures} state features; expected fewer than {Array.MaxLength} of all together");
        ProblemData world = RandomProblem.Generate(seed, new RandomProblemOptions
        {
            States = o.States,
            Actions = checked(o.LeaderActions * o.FollowerActions),
            Successors = o.Successors,
            Termination = o.Termination,
            Parameters = 0,
            FeaturesPerRow = 0,
            Gamma = o.Gamma,
            GammaLeader = o.GammaLeader,
            Temperature = o.Temperature,
        });
        ProblemDraws draws = new(~seed);
        int rows = world.Reward.Length, parameters = o.LeaderActions * (o.StateFeatures > 0 ? o.StateFeatures : o.States);
        return new GameData
        {
            Transitions = world.Transitions,
            LeaderActions = o.LeaderActions,
            Followers =
            [
                new GameFollower(world.Reward, world.LeaderReward),
                .. Enumerable.Range(1, o.Followers - 1).Select(
                    _ => new GameFollower(draws.Fill(rows, d => d.Uniform()), draws.Fill(rows, d => d.Uniform()))),
            ],
            Initial = world.Initial,
            Gamma = o.Gamma,
            GammaLeader = o.GammaLeader,
            Temperature = o.Temperature,
            PolicyFeatures = o.StateFeatures == 0
                ? null
                : GameData.LinearInStates(Dense(o.States, o.StateFeatures, draws), o.LeaderActions),
            Theta = draws.Fill(parameters, d => o.Deviation * d.Normal()),
        };
    }

    private static SparseMatrix Dense(int rows, int columns, ProblemDraws draws) => new(
        columns, [.. Enumerable.Range(0, rows + 1).Select(row => (long)row * columns)],
        [.. Enumerable.Range(0, rows * columns).Select(k => k % columns)],
        draws.Fill(rows * columns, d => d.Normal()));
}
