using System.Runtime.CompilerServices;

namespace FastHyper.Backends;

/// <summary>
/// The counter-based generator Philox4x32-10 (Salmon et al., <i>Parallel Random Numbers: As Easy as 1, 2, 3</i>, 2011).
/// A draw is a pure function of (counter, key): the same on every backend, width and thread count, and any step can
/// be replayed. The key is the seed; the counter says what is drawn: (step, <see cref="Purpose"/>, trajectory,
/// leader iteration).
/// </summary>
internal static class Philox
{
    /// <summary>Second word of the counter: what the draw is for.</summary>
    internal enum Purpose : uint
    {
        /// <summary>An action and a successor of an environment step.</summary>
        Step = 0,

        /// <summary>The initial state of an episode.</summary>
        Start = 1,

        /// <summary>The context of a leader iteration.</summary>
        Context = 2,

        /// <summary>Initial leader parameters.</summary>
        Parameters = 3,

        /// <summary>A generated problem.</summary>
        Problem = 4,

        /// <summary>A direction in which leader parameters are perturbed.</summary>
        Direction = 5,
    }

    /// <summary>Four 32-bit words for a counter and a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (uint W0, uint W1, uint W2, uint W3) Block(uint c0, uint c1, uint c2, uint c3, ulong key)
    {
        uint k0 = (uint)key;
        uint k1 = (uint)(key >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = 0xD2511F53UL * c0;
            ulong p1 = 0xCD9E8D57UL * c2;
            c0 = (uint)(p1 >> 32) ^ c1 ^ k0;
            c1 = (uint)p1;
            c2 = (uint)(p0 >> 32) ^ c3 ^ k1;
            c3 = (uint)p0;
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>Two uniform numbers in [0, 1), 53 bits each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (double First, double Second) Uniforms(uint step, Purpose purpose, uint trajectory, uint iteration, ulong seed)
    {
        (uint w0, uint w1, uint w2, uint w3) = Block(step, (uint)purpose, trajectory, iteration, seed);
        return (ToUnit(w0, w1), ToUnit(w2, w3));
    }

    /// <summary>Two independent standard normal numbers, by the Box–Muller transform.</summary>
    public static (double First, double Second) Normals(uint step, Purpose purpose, uint trajectory, uint iteration, ulong seed)
    {
        (double first, double second) = Uniforms(step, purpose, trajectory, iteration, seed);
        double radius = Math.Sqrt(-2 * Math.Log(1 - first));
        (double sin, double cos) = Math.SinCos(2 * Math.PI * second);
        return (radius * cos, radius * sin);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double ToUnit(uint high, uint low) => ((((ulong)high << 32) | low) >> 11) * (1.0 / (1UL << 53));
}
