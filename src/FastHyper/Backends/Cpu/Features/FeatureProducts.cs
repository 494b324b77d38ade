using System.Numerics;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// φ(s,a)·w of the states of a slice. Where features are of states alone, the weights of all actions stand side by side for each
/// feature. Sums go feature by feature, whatever the width of registers; dense rows of pairs go in as many sums as a cache line has
/// numbers.
/// </summary>
internal static unsafe class FeatureProducts<TLane, T>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Height = FeatureTable<T>.Height;

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

    /// <summary>q(a,k) = φ(s_k,a)·w at 16 a + k, of the states at so many positions from the first, a multiple of 16, on.</summary>
    public static void Run(FeatureTable<T> features, T* dense, T* w, long first, int count, T* q)
    {
        FeatureRows rows = features.Source;
        int actions = rows.Actions;
        if (rows.IsPerAction && features.IsDense)
        {
            SliceProducts<TLane, T>.Run(
                dense + (first * features.SliceWidth), rows.Width, actions, w, PaddedActions(actions), q);
            return;
        }

        for (int k = 0; k < count; k++)
        {
            if (rows.IsPerAction) Sparse(features, w, first + k, q + k);
            else for (int a = 0; a < actions; a++) q[(a * Height) + k] = OfPair(features, dense, w, ((first + k) * actions) + a);
        }

        for (int a = 0; a < actions; a++)
            for (int k = count; k < Height; k++) q[(a * Height) + k] = T.Zero;
    }

    /// <summary>The dense features as <see cref="Run"/> reads them; null where they are sparse.</summary>
    public static T* Dense(FeatureTable<T> features) =>
        !features.IsDense ? null : features.Source.IsPerAction ? features.Slices() : features.Rows();

    private static void Sparse(FeatureTable<T> features, T* w, long row, T* q)
    {
        int actions = features.Source.Actions, padded = PaddedActions(actions);
        T* of = stackalloc T[TLane.Width];
        for (int lane = 0; lane < actions; lane += TLane.Width)
        {
            TLane sum = TLane.Constant(0);
            for (long e = features.Offsets[row]; e < features.Offsets[row + 1]; e++)
                sum = TLane.MultiplyAdd(
                    TLane.Broadcast(features.Values[e]), TLane.Load(w + ((long)features.Columns[e] * padded) + lane), sum);
            TLane.Store(of, sum);
            for (int a = lane; a < Math.Min(actions, lane + TLane.Width); a++) q[a * Height] = of[a - lane];
        }
    }

    private static T OfPair(FeatureTable<T> features, T* dense, T* w, long row)
    {
        if (!features.IsDense)
        {
            T total = T.Zero;
            for (long e = features.Offsets[row]; e < features.Offsets[row + 1]; e++)
                total = T.FusedMultiplyAdd(features.Values[e], w[features.Columns[e]], total);
            return total;
        }

        T* values = dense + (row * features.Padded);
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
