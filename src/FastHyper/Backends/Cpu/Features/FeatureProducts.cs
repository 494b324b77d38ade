using System.Numerics;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// φ(s,a)·w of the states at neighbouring positions. Where features are of states alone, the weights of all actions stand side by side
/// for each feature, so that a register holds several actions, a feature is broadcast to them, and each weight is loaded once for a few
/// states. Sums go feature by feature, whatever the width of registers; rows of pairs go in as many sums as a cache line has numbers.
/// </summary>
internal static unsafe class FeatureProducts<TLane, T>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Actions, filled up to whole cache lines.</summary>
    public static int PaddedActions(int actions) =>
        (actions + FeatureTable<T>.LineLength - 1) / FeatureTable<T>.LineLength * FeatureTable<T>.LineLength;

    /// <summary>Numbers that <see cref="LayOut"/> writes.</summary>
    public static long Length(FeatureTable<T> features) =>
        features.Source.IsPerAction ? (long)features.Padded * PaddedActions(features.Source.Actions) : features.Padded;

    /// <summary>
    /// Lays w out as the products read it: feature j of action a at j·padded A + a, or in its own order; zeros elsewhere.
    /// </summary>
    public static void LayOut(FeatureTable<T> features, ReadOnlySpan<double> w, T* to)
    {
        FeatureRows rows = features.Source;
        new Span<T>(to, checked((int)Length(features))).Clear();
        if (!rows.IsPerAction)
        {
            for (int j = 0; j < w.Length; j++) to[j] = T.CreateTruncating(w[j]);
            return;
        }

        int padded = PaddedActions(rows.Actions);
        for (int a = 0; a < rows.Actions; a++)
            for (int j = 0; j < rows.Width; j++) to[((long)j * padded) + a] = T.CreateTruncating(w[(a * rows.Width) + j]);
    }

    /// <summary>
    /// q(k,a) = φ(s_k,a)·w of the states at <paramref name="count"/> positions from the first on; rows of padded actions.
    /// </summary>
    public static void Run(FeatureTable<T> features, T* w, long first, int count, T* q)
    {
        int padded = PaddedActions(features.Source.Actions);
        if (!features.Source.IsPerAction)
        {
            for (int k = 0; k < count; k++)
                for (int a = 0; a < features.Source.Actions; a++)
                    q[(k * padded) + a] = OfPair(features, w, ((first + k) * features.Source.Actions) + a);
            return;
        }

        if (features.IsDense) Dense(features, w, first, count, q, padded);
        else Sparse(features, w, first, count, q, padded);
    }

    private static void Dense(FeatureTable<T> features, T* w, long first, int count, T* q, int padded)
    {
        int width = features.Source.Width, actions = features.Source.Actions;
        T* row = features.Values + (first * features.Padded);
        TLane zero = TLane.Constant(0);
        int k = 0;
        long step = features.Padded;
        for (; k + 8 <= count; k += 8, row += 8 * step, q += 8L * padded)
        {
            for (int lane = 0; lane < actions; lane += TLane.Width)
            {
                TLane a = zero, b = zero, c = zero, d = zero, e = zero, f = zero, g = zero, h = zero;
                T* from = w + lane, x = row, y = row + (4 * step);
                for (int j = 0; j < width; j++, from += padded, x++, y++)
                {
                    TLane weight = TLane.Load(from);
                    a = TLane.MultiplyAdd(TLane.Broadcast(*x), weight, a);
                    b = TLane.MultiplyAdd(TLane.Broadcast(x[step]), weight, b);
                    c = TLane.MultiplyAdd(TLane.Broadcast(x[2 * step]), weight, c);
                    d = TLane.MultiplyAdd(TLane.Broadcast(x[3 * step]), weight, d);
                    e = TLane.MultiplyAdd(TLane.Broadcast(*y), weight, e);
                    f = TLane.MultiplyAdd(TLane.Broadcast(y[step]), weight, f);
                    g = TLane.MultiplyAdd(TLane.Broadcast(y[2 * step]), weight, g);
                    h = TLane.MultiplyAdd(TLane.Broadcast(y[3 * step]), weight, h);
                }

                TLane.Store(q + lane, a);
                TLane.Store(q + padded + lane, b);
                TLane.Store(q + (2L * padded) + lane, c);
                TLane.Store(q + (3L * padded) + lane, d);
                TLane.Store(q + (4L * padded) + lane, e);
                TLane.Store(q + (5L * padded) + lane, f);
                TLane.Store(q + (6L * padded) + lane, g);
                TLane.Store(q + (7L * padded) + lane, h);
            }
        }

        for (; k < count; k++, row += features.Padded, q += padded)
        {
            for (int lane = 0; lane < actions; lane += TLane.Width)
            {
                TLane a = zero;
                for (int j = 0; j < width; j++)
                    a = TLane.MultiplyAdd(TLane.Broadcast(row[j]), TLane.Load(w + ((long)j * padded) + lane), a);
                TLane.Store(q + lane, a);
            }
        }
    }

    private static void Sparse(FeatureTable<T> features, T* w, long first, int count, T* q, int padded)
    {
        int actions = features.Source.Actions;
        long* offsets = features.Offsets + first;
        for (int k = 0; k < count; k++, q += padded)
        {
            for (int lane = 0; lane < actions; lane += TLane.Width)
            {
                TLane sum = TLane.Constant(0);
                for (long e = offsets[k]; e < offsets[k + 1]; e++)
                    sum = TLane.MultiplyAdd(
                        TLane.Broadcast(features.Values[e]), TLane.Load(w + ((long)features.Columns[e] * padded) + lane), sum);
                TLane.Store(q + lane, sum);
            }
        }
    }

    private static T OfPair(FeatureTable<T> features, T* w, long row)
    {
        if (!features.IsDense)
        {
            T total = T.Zero;
            for (long e = features.Offsets[row]; e < features.Offsets[row + 1]; e++)
                total = T.FusedMultiplyAdd(features.Values[e], w[features.Columns[e]], total);
            return total;
        }

        T* values = features.Values + (row * features.Padded);
        int line = FeatureTable<T>.LineLength;
        T* sums = stackalloc T[line];
        for (int lane = 0; lane < line; lane += TLane.Width)
        {
            TLane sum = TLane.Constant(0);
            for (int j = lane; j < features.Padded; j += line) sum = TLane.MultiplyAdd(TLane.Load(values + j), TLane.Load(w + j), sum);
            TLane.Store(sums + lane, sum);
        }

        for (int half = line / 2; half > 0; half /= 2)
            for (int j = 0; j < half; j++) sums[j] += sums[j + half];
        return sums[0];
    }
}
