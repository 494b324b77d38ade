using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// ΦᵀD(Φ − γ P Ψ) in float64 where features are sparse, of states alone, and used for each action apart, such as tiles. Columns of the
/// matrix stand by feature and then by action, so that a register holds the four actions of one feature. States of a group have the same
/// features: the rows of a group are added up, by the groups that follow, before features enter at all. Where there are no groups each
/// state is one, and successors, which share most of their features, are added up by feature: n features of the states that follow cost n
/// products with each of the row's own.
/// </summary>
internal unsafe struct TileMatrixKernel : IBlockKernel
{
    private const int Width = 4;
    private const int MaxChunks = 16;
    private const int LeastGroups = 64;
    private const long MaxBytes = 256L << 20;
    public FitModel Model;
    public int Groups;
    public int GroupsInChunk;

    /// <summary>(chunks, k, features of a state, padded A).</summary>
    public double* Matrices;

    /// <summary>Of each worker: a row by features, and one by groups.</summary>
    public double* Scratch;

    /// <summary>Of each worker.</summary>
    public TileMarks[] Marks;

    private readonly FeatureRows Features => Model.Features;

    public static int PaddedActions(int actions) => (actions + Width - 1) / Width * Width;

    public static long RowLength(FeatureRows features) => (long)features.Width * PaddedActions(features.Actions);

    public static long ScratchLength(FeatureRows features) =>
        RowLength(features) + ((long)(features.Groups?.Count ?? 0) * PaddedActions(features.Actions));

    public static int Chunks(FeatureRows features) =>
        (int)Math.Clamp(
            Math.Min(
                (features.Groups?.Count ?? features.States) / LeastGroups, MaxBytes / (8L * features.Count * RowLength(features))),
            1, MaxChunks);

    public readonly void Run(int block, int worker)
    {
        FeatureGroups? groups = Features.Groups;
        int actions = Features.Actions, width = Features.Width, chunk = block / actions, a = block % actions,
            padded = PaddedActions(actions);
        double* matrix = Matrices + ((((long)chunk * Features.Count) + ((long)a * width)) * RowLength(Features));
        new Span<double>(matrix, checked((int)(width * RowLength(Features)))).Clear();
        double* row = Scratch + (worker * ScratchLength(Features)), followers = row + RowLength(Features),
            shares = stackalloc double[padded];
        TileMarks marks = Marks[worker];
        int end = Math.Min(Groups, (chunk + 1) * GroupsInChunk);
        for (int group = chunk * GroupsInChunk; group < end; group++)
        {
            marks.Features.Begin();
            double own = 0;
            if (groups is null)
            {
                new Span<double>(shares, padded).Clear();
                own = AddFollowing(group, a, worker, shares, padded, row, marks);
            }
            else
            {
                marks.Groups.Begin();
                foreach (int s in groups.States(group)) own += Follow(s, a, worker, groups, followers, padded, marks);
                foreach (int next in marks.Groups.Found) Add(groups.Rows, next, followers + ((long)next * padded), padded, row, marks);
            }

            if (own == 0 && marks.Features.Found.IsEmpty) continue;
            FeatureRows rows = groups?.Rows ?? Features;
            new Span<double>(shares, padded).Clear();
            shares[a] = own;
            Add(rows, group, shares, padded, row, marks);
            rows.Row(group, 0, out _, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
            for (int i = 0; i < columns.Length; i++)
            {
                double* to = matrix + (columns[i] * RowLength(Features));
                Lane256<double> value = Lane256<double>.Broadcast(values[i]);
                foreach (int found in marks.Features.Found)
                {
                    long at = (long)found * padded;
                    for (int lane = 0; lane < padded; lane += Width)
                        Lane256<double>.Store(
                            to + at + lane,
                            Lane256<double>.MultiplyAdd(
                                value, Lane256<double>.Load(row + at + lane), Lane256<double>.Load(to + at + lane)));
                }
            }
        }
    }

    /// <summary>row += −γ D Σ_s' P(s'|s,a) π(·|s') f(s').</summary>
    /// <returns>D(s,a).</returns>
    private readonly double AddFollowing(int s, int a, int worker, double* shares, int padded, double* row, TileMarks marks)
    {
        double weight = Model.Weight(s, a);
        if (weight == 0 || Model.Discount == 0) return weight;
        int actions = Features.Actions;
        Model.Next(s, a, worker, out ReadOnlySpan<int> next, out ReadOnlySpan<double> each);
        for (int e = 0; e < next.Length; e++)
        {
            double factor = Model.Factor(weight, each[e]);
            for (int b = 0; b < actions; b++) shares[b] = factor * Model.Policy[(next[e] * actions) + b];
            Add(Features, next[e], shares, padded, row, marks);
        }

        return weight;
    }

    /// <summary>followers(g', ·) += −γ D P(s'|s,a) π(·|s') for the group g' of each s'.</summary>
    /// <returns>D(s,a).</returns>
    private readonly double Follow(int s, int a, int worker, FeatureGroups groups, double* followers, int padded, TileMarks marks)
    {
        double weight = Model.Weight(s, a);
        if (weight == 0 || Model.Discount == 0) return weight;
        int actions = Features.Actions;
        Model.Next(s, a, worker, out ReadOnlySpan<int> next, out ReadOnlySpan<double> each);
        fixed (double* policy = Model.Policy)
        {
            for (int e = 0; e < next.Length; e++)
            {
                int group = groups.GroupOf[next[e]];
                double* to = followers + ((long)group * padded), pi = policy + ((long)next[e] * actions);
                if (marks.Groups.IsNew(group)) new Span<double>(to, padded).Clear();
                double factor = Model.Factor(weight, each[e]);
                for (int b = 0; b < actions; b++) to[b] = Math.FusedMultiplyAdd(factor, pi[b], to[b]);
            }
        }

        return weight;
    }

    /// <summary>row(j, ·) += f_j · shares; features that the row has not had yet begin at zero.</summary>
    private static void Add(FeatureRows rows, int state, double* shares, int padded, double* row, TileMarks marks)
    {
        rows.Row(state, 0, out _, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
        for (int j = 0; j < columns.Length; j++)
        {
            double* to = row + ((long)columns[j] * padded);
            if (marks.Features.IsNew(columns[j])) new Span<double>(to, padded).Clear();
            Lane256<double> value = Lane256<double>.Broadcast(values[j]);
            for (int lane = 0; lane < padded; lane += Width)
                Lane256<double>.Store(
                    to + lane, Lane256<double>.MultiplyAdd(value, Lane256<double>.Load(shares + lane), Lane256<double>.Load(to + lane)));
        }
    }
}
