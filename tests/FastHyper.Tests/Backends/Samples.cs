using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

/// <summary>What is averaged over visits before weights are traced forward.</summary>
internal enum VisitAveraging
{
    /// <summary>Nothing: every visit keeps its weight u_k.</summary>
    None,

    /// <summary>u_k becomes ū(s_k,a_k).</summary>
    Pairs,

    /// <summary>u_k becomes ū(s_k,a_k) − ū(s_k).</summary>
    PairsCentredByState,

    /// <summary>The same, and the baseline within u_k is the mean of q(s_k,a_k) over the visits of s_k.</summary>
    AllCentredByState,
}

/// <summary>One environment step of a downloaded record; <c>Entry</c> and <c>Next</c> are −1 after termination.</summary>
internal sealed record Sample(
    int State, int Action, int Row, int Entry, int Next, int Time, double Reward, double LeaderReward, StepEnd End);

/// <summary>The episodes of one instance, in the order of streams and times.</summary>
internal static class Samples
{
    public static List<Sample[]> Episodes(RolloutBuffer buffer, Transitions transitions, int instance)
    {
        RolloutRecord record = buffer.Download();
        List<Sample[]> episodes = [];
        List<Sample> steps = [];
        for (int w = 0; w < buffer.Shape.Streams; w++)
        {
            for (int t = 0; t < buffer.Shape.Steps; t++)
            {
                int at = (t * buffer.Trajectories) + (instance * buffer.Shape.Streams) + w;
                int row = (record.State[at] * transitions.Actions) + record.Action[at];
                int entry = record.Slot[at] < 0 ? -1 : (int)transitions.Matrix.Offsets[row] + record.Slot[at];
                int next = entry < 0 ? -1 : transitions.Matrix.Columns[entry];
                steps.Add(
                    new Sample(
                        record.State[at], record.Action[at], row, entry, next, record.Time[at], record.Reward[at], record.LeaderReward[at],
                        record.End[at]));
                if (record.End[at] == StepEnd.None) continue;
                episodes.Add([.. steps]);
                steps.Clear();
            }
        }

        Assert.Empty(steps);
        return episodes;
    }

    /// <summary>Σ_b π(b|s) q(s,b).</summary>
    public static double Mean(double[] policy, double[] q, int state, int actions) =>
        Enumerable.Range(state * actions, actions).Sum(row => policy[row] * q[row]);

    /// <summary>u_k = γ_L^{t_k} (q(s_k,a_k) − Σ_b π q)/τ, or what averaging over visits makes of it.</summary>
    public static double[][] Weights(
        List<Sample[]> episodes, double[] policy, double[] q, int actions, double leaderDiscount, double temperature,
        VisitAveraging averaging)
    {
        Sample[] all = [.. episodes.SelectMany(e => e)];
        double Baseline(Sample k) => averaging == VisitAveraging.AllCentredByState
            ? all.Where(other => other.State == k.State).Average(other => q[other.Row])
            : Mean(policy, q, k.State, actions);
        double Weight(Sample k) => Math.Pow(leaderDiscount, k.Time) * (q[k.Row] - Baseline(k)) / temperature;
        double OfPair(Sample k) => all.Where(other => other.Row == k.Row).Average(Weight);
        double OfState(Sample k) => all.Where(other => other.State == k.State).Average(Weight);
        return [.. episodes.Select(e => e.Select(k => averaging switch
        {
            VisitAveraging.None => Weight(k),
            VisitAveraging.Pairs => OfPair(k),
            _ => OfPair(k) - OfState(k),
        }).ToArray())];
    }

    /// <summary>e_j = Σ_{k ≤ j} γ^{j−k} u_k within the episode.</summary>
    public static double Trace(double[] u, int j, double discount) =>
        Enumerable.Range(0, j + 1).Sum(k => Math.Pow(discount, j - k) * u[k]);

    /// <summary>Discounted leader return from step k, a cut episode's ending with γ_L Σ_b π q.</summary>
    public static double Return(Sample[] episode, int k, double[] policy, double[] q, int actions, double discount)
    {
        double sum = Enumerable.Range(k, episode.Length - k).Sum(j => Math.Pow(discount, j - k) * episode[j].LeaderReward);
        return episode[^1].End == StepEnd.Terminated
            ? sum
            : sum + (Math.Pow(discount, episode.Length - k) * Mean(policy, q, episode[^1].Next, actions));
    }
}
