using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>What a pass over the states writes.</summary>
internal enum MapOutput
{
    ActionValues,
    Policy,

    /// <summary>Q − V: rewards of the problem that is left when V is a potential.</summary>
    Shaped,

    /// <summary>V(s,a), the soft maximum over the follower's actions after each of the leader's.</summary>
    LeaderActionValues,
}

/// <summary>The soft maximum over actions, and the policy that attains it.</summary>
internal static unsafe class SoftMaximum
{
    /// <summary>
    /// V = m + τ log Σ_a exp((q_a − m)/τ), m = max_a q_a.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Value<TLane, T>(TLane* q, int actions, TLane maximum, TLane temperature, TLane inverse)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        TLane sum = Sum<TLane, T>(q, actions, maximum, inverse);
        return TLane.MultiplyAdd(temperature, Elementary.Log<TLane, T>(sum), maximum);
    }

    /// <summary>Σ_a exp((q_a − m)/τ).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Sum<TLane, T>(TLane* q, int actions, TLane maximum, TLane inverse)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        TLane sum = TLane.Constant(0);
        for (int a = 0; a < actions; a++) sum += Elementary.Exp<TLane, T>((q[a] - maximum) * inverse);
        return sum;
    }

    /// <summary>
    /// Where a leader acts: V = Σ_a f_a V_a, V_a the soft maximum over the follower's actions after a, as V_0 + Σ_a f_a (V_a − V_0), so
    /// that f, whose sum is one to rounding, does not scale V; with <paramref name="policy"/> q is replaced by the joint policy f_a g_ab.
    /// </summary>
    /// <param name="q">(L, A), pairs of the leader's and the follower's actions.</param>
    /// <param name="leaderActions">L.</param>
    /// <param name="actions">Actions of the follower.</param>
    /// <param name="f">The leader's policy in the state, (L), <paramref name="step"/> apart.</param>
    /// <param name="step">Distance between its actions.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="inverse">1/τ.</param>
    /// <param name="policy">Whether the policy is wanted.</param>
    public static TLane Mixed<TLane, T>(
        TLane* q, int leaderActions, int actions, T* f, long step, TLane temperature, TLane inverse, bool policy)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        TLane value = TLane.Constant(0), first = value;
        for (int a = 0; a < leaderActions; a++, q += actions, f += step)
        {
            TLane share = TLane.Load(f);
            TLane soft = policy ? Apply<TLane, T>(q, actions, temperature, inverse) : Value<TLane, T>(q, actions, temperature, inverse);
            if (a == 0) first = soft;
            else value = TLane.MultiplyAdd(share, soft - first, value);
            if (!policy) continue;
            for (int b = 0; b < actions; b++) q[b] *= share;
        }

        return first + value;
    }

    /// <summary>V = m + τ log Σ_a exp((q_a − m)/τ), m = max_a q_a.</summary>
    public static TLane Value<TLane, T>(TLane* q, int actions, TLane temperature, TLane inverse)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        TLane maximum = q[0];
        for (int a = 1; a < actions; a++) maximum = TLane.Max(maximum, q[a]);
        return Value<TLane, T>(q, actions, maximum, temperature, inverse);
    }

    /// <summary>Replaces q by π_a = exp((q_a − m)/τ) / Σ_b exp((q_b − m)/τ) and returns the soft maximum of what it was.</summary>
    public static TLane Apply<TLane, T>(TLane* q, int actions, TLane temperature, TLane inverse)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        TLane value;
        Apply<TLane, T>(q, 1, actions, temperature, inverse, &value);
        return value;
    }

    /// <summary>
    /// Replaces q by π_a = exp((q_a − m)/τ) / Σ_b exp((q_b − m)/τ) in a few states at once, and writes the soft maxima of
    /// what it was. What waits for one state's logarithm and quotient lets the other states' go on.
    /// </summary>
    /// <param name="q">(states, A).</param>
    /// <param name="states">Number of states.</param>
    /// <param name="actions">Number of actions A.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="inverse">1/τ.</param>
    /// <param name="values">Written, (states).</param>
    public static void Apply<TLane, T>(TLane* q, int states, int actions, TLane temperature, TLane inverse, TLane* values)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        TLane* row = q;
        for (int s = 0; s < states; s++, row += actions)
        {
            TLane maximum = row[0];
            for (int a = 1; a < actions; a++) maximum = TLane.Max(maximum, row[a]);
            values[s] = maximum;
        }

        row = q;
        for (int s = 0; s < states; s++, row += actions)
        {
            TLane maximum = values[s];
            for (int a = 0; a < actions; a++) row[a] = Elementary.Exp<TLane, T>((row[a] - maximum) * inverse);
        }

        row = q;
        for (int s = 0; s < states; s++, row += actions)
        {
            TLane sum = TLane.Constant(0);
            for (int a = 0; a < actions; a++) sum += row[a];
            TLane share = TLane.Constant(1) / sum;
            for (int a = 0; a < actions; a++) row[a] *= share;
            values[s] = TLane.MultiplyAdd(temperature, Elementary.Log<TLane, T>(sum), values[s]);
        }
    }
}
