using System.Numerics;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// φ(s)·w_a of a slice of states, features dense and of states alone: registers are states, so that what follows reads them as they are,
/// and each feature and each weight that is loaded serves a few products. Sums go feature by feature, whatever the width of registers.
/// </summary>
internal static unsafe class SliceProducts<TLane, T>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>q(a, k) = φ(s_k)·w_a at 16 a + k, of actions up to the next multiple of eight at most.</summary>
    /// <param name="slice">A slice of <see cref="FeatureTable{T}.Slices"/>.</param>
    /// <param name="width">Features.</param>
    /// <param name="actions">A.</param>
    /// <param name="w">Weights, feature j of action a at j·padded + a.</param>
    /// <param name="padded">Whole cache lines of actions; zeros fill them up.</param>
    /// <param name="q">Written.</param>
    public static void Run(T* slice, int width, int actions, T* w, int padded, T* q)
    {
        const int height = FeatureTable<T>.Height;
        if (TLane.Width == height)
        {
            for (int a = 0; a < actions; a += 8) EightActions(slice, width, w + a, padded, q + (a * height));
            return;
        }

        for (int a = 0; a < actions; a += 4)
            for (int lane = 0; lane < height; lane += 2 * TLane.Width)
                FourActions(slice + lane, width, w + a, padded, q + (a * height) + lane);
    }

    /// <summary>Two registers of states by four actions: six loads for eight products.</summary>
    private static void FourActions(T* x, int width, T* w, int padded, T* q)
    {
        const int height = FeatureTable<T>.Height;
        TLane a = TLane.Constant(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        for (int j = 0; j < width; j++, x += height, w += padded)
        {
            TLane low = TLane.Load(x), high = TLane.Load(x + TLane.Width), weight = TLane.Broadcast(*w);
            a = TLane.MultiplyAdd(low, weight, a);
            b = TLane.MultiplyAdd(high, weight, b);
            weight = TLane.Broadcast(w[1]);
            c = TLane.MultiplyAdd(low, weight, c);
            d = TLane.MultiplyAdd(high, weight, d);
            weight = TLane.Broadcast(w[2]);
            e = TLane.MultiplyAdd(low, weight, e);
            f = TLane.MultiplyAdd(high, weight, f);
            weight = TLane.Broadcast(w[3]);
            g = TLane.MultiplyAdd(low, weight, g);
            h = TLane.MultiplyAdd(high, weight, h);
        }

        TLane.Store(q, a);
        TLane.Store(q + TLane.Width, b);
        TLane.Store(q + height, c);
        TLane.Store(q + height + TLane.Width, d);
        TLane.Store(q + (2 * height), e);
        TLane.Store(q + (2 * height) + TLane.Width, f);
        TLane.Store(q + (3 * height), g);
        TLane.Store(q + (3 * height) + TLane.Width, h);
    }

    /// <summary>A register that is a whole slice, by eight actions.</summary>
    private static void EightActions(T* x, int width, T* w, int padded, T* q)
    {
        const int height = FeatureTable<T>.Height;
        TLane a = TLane.Constant(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        for (int j = 0; j < width; j++, x += height, w += padded)
        {
            TLane feature = TLane.Load(x);
            a = TLane.MultiplyAdd(feature, TLane.Broadcast(*w), a);
            b = TLane.MultiplyAdd(feature, TLane.Broadcast(w[1]), b);
            c = TLane.MultiplyAdd(feature, TLane.Broadcast(w[2]), c);
            d = TLane.MultiplyAdd(feature, TLane.Broadcast(w[3]), d);
            e = TLane.MultiplyAdd(feature, TLane.Broadcast(w[4]), e);
            f = TLane.MultiplyAdd(feature, TLane.Broadcast(w[5]), f);
            g = TLane.MultiplyAdd(feature, TLane.Broadcast(w[6]), g);
            h = TLane.MultiplyAdd(feature, TLane.Broadcast(w[7]), h);
        }

        TLane.Store(q, a);
        TLane.Store(q + height, b);
        TLane.Store(q + (2 * height), c);
        TLane.Store(q + (3 * height), d);
        TLane.Store(q + (4 * height), e);
        TLane.Store(q + (5 * height), f);
        TLane.Store(q + (6 * height), g);
        TLane.Store(q + (7 * height), h);
    }
}
