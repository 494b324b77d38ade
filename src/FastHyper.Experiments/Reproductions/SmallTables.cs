namespace FastHyper.Experiments.Reproductions;

/// <summary>Experiments of a few cells each.</summary>
internal static class SmallTables
{
    /// <summary>M-SoBiRL's random MDP (arXiv 2405.19697): both ways of stepping the adjoint, and the exact gradient.</summary>
    public static Experiment RandomMdp(bool quick, string? only)
    {
        string[] seeds = [$"seeds={(quick ? 2 : 10)}"];
        return new Experiment("random-mdp", $"Random MDP, ½|x|² + ½|π|²{(quick ? " (quick)" : "")}",
        [
            .. Chosen(only,
                new Cell("M-SoBiRL, normal equation", "f", "1.000", "random-mdp", ["estimator.name=m-sobirl", .. seeds]),
                new Cell(
                    "M-SoBiRL, Krylov", "f", null, "random-mdp", ["estimator.name=m-sobirl", "estimator.adjoint.step=krylov", .. seeds]),
                new Cell("exact", "f", null, "random-mdp", ["estimator.name=exact", .. seeds])),
        ]);
    }

    /// <summary>BC-HG on followers that take a fixed number of sweeps a leader iteration, their values kept or begun anew.</summary>
    public static Experiment SuboptimalFollower(bool quick, string? only)
    {
        int iterations = quick ? 1000 : 10_000;
        List<Cell> cells = [];
        foreach (string name in (string[])["bc-hg", "naive"])
        {
            if (only is not null && only != name) continue;
            string[] scale =
                [$"estimator.name={name}", $"iterations={iterations}", $"seeds={(quick ? 3 : 10)}", $"record_every={iterations / 50}"];
            string method = name == "bc-hg" ? "BC-HG" : name;
            cells.Add(new Cell(method, "best response", null, "four-rooms", scale));
            foreach (int sweeps in (int[])[1, 5, 20, 100])
            {
                foreach (bool kept in (bool[])[true, false])
                    cells.Add(new Cell(method, $"{sweeps} sweeps, values {(kept ? "kept" : "anew")}", null, "four-rooms", [
                        .. scale, "follower.kind=sweeps", $"follower.sweeps={sweeps}",
                            $"follower.carry_over={(kept ? "true" : "false")}"]));
            }
        }

        return new Experiment("suboptimal-follower", $"Followers that are not solved{(quick ? " (quick)" : "")}", cells);
    }

    /// <summary>Rewards learnt from comparisons of trajectories: the likelihood that the exact and the sampled gradient reach.</summary>
    public static Experiment Preference(bool quick, string? only)
    {
        string[] shorter = quick ? ["iterations=50"] : [];
        return new Experiment("preference", $"Reward learning from preferences{(quick ? " (quick)" : "")}",
        [
            .. Chosen(only,
                new Cell("exact", "log-likelihood", null, "preference", ["estimator.name=exact", .. shorter]),
                new Cell(
                    "SoBiRL", "log-likelihood", null, "preference",
                    ["estimator.name=sobirl", "estimator.steps=1200", "estimator.episode_limit=40", $"seeds={(quick ? 2 : 10)}",
                        .. shorter])),
        ]);
    }

    /// <summary>The cells of an estimator; all where it is null.</summary>
    public static IEnumerable<Cell> Chosen(string? only, params Cell[] cells) =>
        cells.Where(cell => only is null || cell.Overrides.Contains($"estimator.name={only}"));
}
