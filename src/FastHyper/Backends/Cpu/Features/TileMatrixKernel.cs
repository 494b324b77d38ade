using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// ΦᵀD(Φ − γ P Ψ) in float64 where features are sparse, of states alone, and used for each action apart, such as tiles. Columns of the
/// matrix stand by feature and then by action, so that a register holds the four actions of one feature; successors share most of their
/// features, and are added up first: n features of the n states that follow cost n products with each of the row's own.
/// </summary>
internal unsafe struct TileMatrixKernel : IBlockKernel
{
    private const int Width = 4;
    private const int MaxChunks = 16;
    private const int LeastStates = 256;
    private const long MaxBytes = 256L << 20;
    public FitModel Model;
    public int StatesInChunk;

    /// <summary>(chunks, k, features of a state, padded A).</summary>
    public double* Matrices;

    /// <summary>Of each worker: (features of a state, padded A).</summary>
    public double* Scratch;

    /// <summary>Of each worker: which features stand there, and since which row each does.</summary>
    public (int[] Found, int[] Since)[] Marks;

    private readonly FeatureRows Features => Model.Features;

    public static int PaddedActions(int actions) => (actions + Width - 1) / Width * Width;

    public static long RowLength(FeatureRows features) => (long)features.Width * PaddedActions(features.Actions);

    public static int Chunks(FeatureRows features) =>
        (int)Math.Clamp(Math.Min(features.States / LeastStates, MaxBytes / (8L * features.Count * RowLength(features))), 1, MaxChunks);

    public readonly void Run(int block, int worker)
    {
        int actions = Features.Actions, width = Features.Width, chunk = block / actions, a = block % actions,
            padded = PaddedActions(actions);
        double* matrix = Matrices + ((((long)chunk * Features.Count) + ((long)a * width)) * RowLength(Features));
        new Span<double>(matrix, checked((int)(width * RowLength(Features)))).Clear();
        double* row = Scratch + (worker * RowLength(Features)), shares = stackalloc double[padded];
        new Span<double>(shares, padded).Clear();
        (int[] found, int[] since) = Marks[worker];
        Array.Fill(since, -1);
        int end = Math.Min(Features.States, (chunk + 1) * StatesInChunk);
        for (int s = chunk * StatesInChunk; s < end; s++)
        {
            double weight = Model.Weight(s, a);
            if (weight == 0) continue;
            Features.Row(s, 0, out _, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
            int count = 0;
            shares[a] = weight;
            Add(columns, values, shares, padded, row, s, found, since, ref count);
            shares[a] = 0;
            if (Model.Discount != 0)
            {
                Model.Next(s, a, worker, out ReadOnlySpan<int> next, out ReadOnlySpan<double> each);
                for (int e = 0; e < next.Length; e++)
                {
                    double factor = Model.Factor(weight, each[e]);
                    for (int b = 0; b < actions; b++) shares[b] = factor * Model.Policy[(next[e] * actions) + b];
                    Features.Row(next[e], 0, out _, out ReadOnlySpan<int> nextFeatures, out ReadOnlySpan<double> numbers);
                    Add(nextFeatures, numbers, shares, padded, row, s, found, since, ref count);
                }

                new Span<double>(shares, padded).Clear();
            }

            for (int i = 0; i < columns.Length; i++)
            {
                double* to = matrix + (columns[i] * RowLength(Features));
                Lane256<double> value = Lane256<double>.Broadcast(values[i]);
                for (int k = 0; k < count; k++)
                {
                    long at = (long)found[k] * padded;
                    for (int lane = 0; lane < padded; lane += Width)
                        Lane256<double>.Store(
                            to + at + lane,
                            Lane256<double>.MultiplyAdd(
                                value, Lane256<double>.Load(row + at + lane), Lane256<double>.Load(to + at + lane)));
                }
            }
        }
    }

    /// <summary>row(j, ·) += f_j · shares; features that the row has not had yet begin at zero.</summary>
    private static void Add(
        ReadOnlySpan<int> columns, ReadOnlySpan<double> values, double* shares, int padded, double* row, int s, int[] found, int[] since,
        ref int count)
    {
        for (int j = 0; j < columns.Length; j++)
        {
            double* to = row + ((long)columns[j] * padded);
            if (since[columns[j]] != s)
            {
                since[columns[j]] = s;
                found[count++] = columns[j];
                new Span<double>(to, padded).Clear();
            }

            Lane256<double> value = Lane256<double>.Broadcast(values[j]);
            for (int lane = 0; lane < padded; lane += Width)
                Lane256<double>.Store(
                    to + lane, Lane256<double>.MultiplyAdd(value, Lane256<double>.Load(shares + lane), Lane256<double>.Load(to + lane)));
        }
    }
}
