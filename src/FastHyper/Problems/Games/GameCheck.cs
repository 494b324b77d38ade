using FastHyper.Backends;

namespace FastHyper.Problems.Games;

/// <summary>What a game must satisfy beyond what its matrices check themselves.</summary>
internal static class GameCheck
{
    /// <summary>Throws unless the game is sound; <paramref name="file"/> begins the message.</summary>
    /// <returns>The game.</returns>
    public static GameData Require(string file, GameData game)
    {
        ArgumentNullException.ThrowIfNull(game);
        if (game.Transitions is null) throw new InvalidInputException($"{file}: no transitions; expected some");
        Transitions transitions = game.Transitions;
        if (game.LeaderActions < 1 || transitions.Actions % game.LeaderActions != 0)
            throw new InvalidInputException(
                $"{file}: {game.LeaderActions} leader actions among {transitions.Actions} pairs of actions; expected at least 1, and as "
                    + "many pairs with each");
        if (game.Followers is null || game.Followers.Count < 1)
            throw new InvalidInputException($"{file}: no followers; expected at least one");
        int choices = transitions.States * game.LeaderActions, rows = transitions.States * transitions.Actions;
        foreach (GameFollower follower in game.Followers)
        {
            ProblemCheck.RequireVector(file, "follower_reward", follower.Reward, rows, transitions.Actions);
            ProblemCheck.RequireVector(file, "leader_reward", follower.LeaderReward, rows, transitions.Actions);
        }

        ProblemCheck.RequireInitial(file, game.Initial, transitions.States);
        ProblemCheck.RequireScalars(file, game.Gamma, game.GammaLeader, game.Temperature);
        if (game.Gamma == 1) Termination.Require(file, "gamma", transitions);
        if (game.GammaLeader == 1) Termination.Require(file, "gamma_leader", transitions);
        if (game.PolicyFeatures is SparseMatrix features)
            ProblemCheck.RequireFeatures(file, "policy features", features, choices, features.ColumnCount);
        if (game.Theta is not null)
            ProblemCheck.RequireVector(
                file, "theta", game.Theta, game.PolicyFeatures?.ColumnCount ?? choices,
                (game.PolicyFeatures?.ColumnCount ?? choices) / (game.PolicyFeatures is null ? transitions.States : game.LeaderActions));
        return game;
    }
}
