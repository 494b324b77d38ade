namespace FastHyper.Problems.Files;

/// <summary>
/// Names of the arrays that solves and gradients write. They may stand in a problem file beside the problem, whose answers they are,
/// and are not read there.
/// </summary>
internal static class ResultArrays
{
    public static IReadOnlyList<string> Names { get; } =
        ["V", "Q", "policy", "g", "leader_policy", "residual", "bound", "iterations", "products", "objective", "gradient", "direct",
            "response", "stderr", "w", "bellman_residual", "condition"];
}
