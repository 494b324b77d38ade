using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// ΦᵀD(Φ − γ P Ψ) of one instance with sparse features of pairs, in float64: an outer product for each pair and each pair that follows. A
/// chunk of states, in the host's order, has a matrix of its own; they are added up in order.
/// </summary>
internal unsafe struct SparseMatrixKernel : IBlockKernel
{
    private const int MaxChunks = 16;
    private const int LeastStates = 256;
    private const long MaxBytes = 256L << 20;
    public FitModel Model;
    public int StatesInChunk;

    /// <summary>(chunks, k, k).</summary>
    public double* Matrices;

    private readonly FeatureRows Features => Model.Features;

    public static int Chunks(FeatureRows features) =>
        (int)Math.Clamp(Math.Min(features.States / LeastStates, MaxBytes / (8L * features.Count * features.Count)), 1, MaxChunks);

    public readonly void Run(int block, int worker)
    {
        double* matrix = Matrices + ((long)block * Features.Count * Features.Count);
        new Span<double>(matrix, checked(Features.Count * Features.Count)).Clear();
        int end = Math.Min(Features.States, (block + 1) * StatesInChunk);
        for (int s = block * StatesInChunk; s < end; s++)
            for (int a = 0; a < Features.Actions; a++) Scatter(s, a, worker, matrix);
    }

    /// <summary>matrix += φ(s,a) times the row of sparse features.</summary>
    private readonly void Scatter(int s, int a, int worker, double* matrix)
    {
        double weight = Model.Weight(s, a);
        if (weight == 0) return;
        ScatterInto(matrix, s, a, s, a, weight);
        if (Model.Discount == 0) return;
        Model.Next(s, a, worker, out ReadOnlySpan<int> next, out ReadOnlySpan<double> shares);
        for (int e = 0; e < next.Length; e++)
            for (int b = 0; b < Features.Actions; b++)
                ScatterInto(
                    matrix, s, a, next[e], b,
                    Model.Factor(weight, shares[e]) * Model.Policy[(next[e] * Features.Actions) + b]);
    }

    /// <summary>matrix += factor · φ(s,a) φ(state,action)ᵀ.</summary>
    private readonly void ScatterInto(double* matrix, int s, int a, int state, int action, double factor)
    {
        if (factor == 0) return;
        int k = Features.Count;
        Features.Row(s, a, out int first, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
        Features.Row(state, action, out int otherFirst, out ReadOnlySpan<int> otherColumns, out ReadOnlySpan<double> otherValues);
        for (int i = 0; i < columns.Length; i++)
        {
            double* row = matrix + ((long)(first + columns[i]) * k) + otherFirst;
            double times = factor * values[i];
            for (int j = 0; j < otherColumns.Length; j++)
                row[otherColumns[j]] = Math.FusedMultiplyAdd(times, otherValues[j], row[otherColumns[j]]);
        }
    }
}
