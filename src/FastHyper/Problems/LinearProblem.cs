using FastHyper.Backends;
using FastHyper.Problems.Files;
using FastHyper.Problems.Worlds;

namespace FastHyper.Problems;

/// <summary>Problems whose rewards are linear in x: r = r₀ + Φx, l = l₀ + Ψx. What a problem file holds.</summary>
public static class LinearProblem
{
    /// <summary>Loads a problem file.</summary>
    /// <param name="path">The .npz file.</param>
    /// <exception cref="InvalidInputException">The file does not hold a problem; the message says where and why.</exception>
    public static IncentiveProblem Load(string path) => Create(Path.GetFileNameWithoutExtension(path), ProblemFile.Load(path));

    /// <summary>Makes a problem of its data; every leader starts from the x in it.</summary>
    /// <param name="name">Name, as in reports.</param>
    /// <param name="data">The data.</param>
    /// <exception cref="InvalidInputException">
    /// They are no problem: what a file would be refused for; the message says where and why.
    /// </exception>
    public static IncentiveProblem Create(string name, ProblemData data)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(data);
        ProblemCheck.RequireArrays(name, data);
        IncentiveContext context = new(
            1, new AffineMap(Reward(data), data.Features), new AffineMap(data.LeaderReward, data.LeaderFeatures), data.Initial);
        return new IncentiveProblem(
            name, data.Transitions, data.X.Length, new LinkMap(LinkKind.Identity), [context],
            (_, x) => data.X.CopyTo(x), data.Gamma, data.GammaLeader, data.Temperature)
        {
            ValueFeatures = data.ValueFeatures,
            Prior = data.Prior,
        };
    }

    /// <summary>r₀ + τ log π₀, rounded once.</summary>
    private static double[] Reward(ProblemData data) => data.Prior is null
        ? data.Reward
        : [.. data.Reward.Zip(data.Prior, (reward, prior) => reward + (data.Temperature * Math.Log(prior)))];
}
