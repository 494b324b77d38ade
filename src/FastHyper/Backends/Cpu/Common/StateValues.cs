using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>What a table of action values says of states under a policy; all arithmetic float64.</summary>
/// <param name="engine">Whose layout and temperatures.</param>
/// <param name="policy">π, (S, A); joint, where a leader acts.</param>
/// <param name="q">The table, (S, A).</param>
/// <param name="entropy">Whether the follower's entropy counts: q(s,a,b) − τ log g(b|s,a) takes the place of q.</param>
internal readonly unsafe struct StateValues<T>(CpuEngine<T> engine, T* policy, T* q, bool entropy)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _actions = engine.Actions;
    private readonly int _followerActions = engine.FollowerActions;
    private readonly int _leaderActions = engine.LeaderActions;
    private readonly long _step = engine.RowAction;

    /// <summary>Σ_a π(a|s) q(s,a).</summary>
    /// <param name="row">Where the state's first action stands.</param>
    /// <param name="instance">The instance, of which <paramref name="row"/> is a row.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Mean(long row, int instance) => entropy ? EntropicMean(row, instance) : Sum(row, _actions);

    /// <summary>
    /// Σ_b g(b|s,a) q(s,a,b); zero where the policy gives a no weight at all. Without a leader, the mean over the state's actions.
    /// </summary>
    public double AfterLeader(long row, int leaderAction, int instance)
    {
        if (_leaderActions == 0) return Mean(row, instance);
        double weight = Weight(row, leaderAction);
        if (weight == 0) return 0;
        long first = RowOf(row, leaderAction);
        return (entropy ? EntropicSum(first, weight, instance) : Sum(first, _followerActions)) / weight;
    }

    /// <summary>max_a Σ_b g(b|s,a) q(s,a,b), over the leader's actions that the policy gives weight.</summary>
    public double Greedy(long row, int instance)
    {
        double largest = double.NegativeInfinity;
        for (int a = 0; a < Math.Max(1, _leaderActions); a++)
            if (Weight(row, a) > 0) largest = Math.Max(largest, AfterLeader(row, a, instance));
        return largest;
    }

    /// <summary>q, or q − τ log g, of one pair.</summary>
    /// <param name="row">Where the state's first action stands.</param>
    /// <param name="action">The action, a pair where a leader acts.</param>
    /// <param name="instance">The instance.</param>
    public double Of(long row, int action, int instance) =>
        Value(row + (action * _step), entropy ? Weight(row, action / _followerActions) : 1, instance);

    /// <summary>Σ_b π(a,b|s): f(a|s), to rounding.</summary>
    private double Weight(long row, int leaderAction)
    {
        long at = RowOf(row, leaderAction);
        double weight = 0;
        for (int b = 0; b < _followerActions; b++, at += _step) weight += double.CreateTruncating(policy[at]);
        return weight;
    }

    private long RowOf(long row, int leaderAction) => row + (leaderAction * _followerActions * _step);

    /// <summary>Σ π q of a few actions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Sum(long at, int actions)
    {
        double sum = 0;
        for (int b = 0; b < actions; b++, at += _step) sum += double.CreateTruncating(policy[at]) * double.CreateTruncating(q[at]);
        return sum;
    }

    private double EntropicMean(long row, int instance)
    {
        double mean = 0;
        for (int a = 0; a < Math.Max(1, _leaderActions); a++) mean += EntropicSum(RowOf(row, a), Weight(row, a), instance);
        return mean;
    }

    /// <summary>Σ_b π (q − τ log g) of the follower's actions.</summary>
    private double EntropicSum(long at, double weight, int instance)
    {
        double sum = 0;
        for (int b = 0; b < _followerActions; b++, at += _step) sum += double.CreateTruncating(policy[at]) * Value(at, weight, instance);
        return sum;
    }

    private double Value(long at, double weight, int instance)
    {
        double value = double.CreateTruncating(q[at]), p = double.CreateTruncating(policy[at]);
        // An action that is never taken weighs nothing.
        return entropy && p > 0 ? value - (engine.Temperature(instance) * Log(p / weight)) : value;
    }

    private static double Log(double x) => Elementary.Log<Lane1<double>, double>(new Lane1<double>(x)).Value;
}
