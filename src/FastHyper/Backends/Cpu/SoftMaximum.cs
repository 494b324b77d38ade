using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu;

/// <summary>What a pass over the states writes.</summary>
internal enum MapOutput
{
    ActionValues,
    Policy,
    Residual,

    /// <summary>Q − V: rewards of the problem that is left when V is a potential.</summary>
    Shaped,
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
        TLane sum = TLane.Constant(0);
        for (int a = 0; a < actions; a++) sum += Elementary.Exp<TLane, T>((q[a] - maximum) * inverse);
        return TLane.MultiplyAdd(temperature, Elementary.Log<TLane, T>(sum), maximum);
    }

    /// <summary>Replaces q by π_a = exp((q_a − m)/τ) / Σ_b exp((q_b − m)/τ) and returns the soft maximum of what it was.</summary>
    public static TLane Apply<TLane, T>(TLane* q, int actions, TLane temperature, TLane inverse)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        TLane maximum = q[0];
        for (int a = 1; a < actions; a++) maximum = TLane.Max(maximum, q[a]);
        TLane sum = TLane.Constant(0);
        for (int a = 0; a < actions; a++)
        {
            q[a] = Elementary.Exp<TLane, T>((q[a] - maximum) * inverse);
            sum += q[a];
        }

        TLane one = TLane.Constant(1);
        TLane share = one / sum;
        for (int a = 0; a < actions; a++) q[a] *= share;
        return TLane.MultiplyAdd(temperature, Elementary.Log<TLane, T>(sum), maximum);
    }
}
