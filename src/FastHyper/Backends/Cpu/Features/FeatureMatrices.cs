using System.Numerics.Tensors;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>The matrices of least squares of an engine's instances.</summary>
internal interface IFeatureMatrices : IDisposable
{
    /// <summary>Writes ΦᵀD(Φ − γ P Ψ) of each instance; see <see cref="Engine.FeatureMatrices"/>.</summary>
    void Write(
        FeatureRows features, DeviceArray policy, double discount, Span<double> matrices, DeviceArray? weights, DeviceArray? flows);
}

/// <summary>The matrices of least squares of an engine's instances, one after the other, each on all threads.</summary>
internal sealed unsafe class FeatureMatrices<TWide>(Engine engine, IRowReader reader, ThreadTeam team) : IFeatureMatrices
    where TWide : unmanaged, ILane<TWide, double>
{
    // Bytes of T = ΦᵀDP that are kept where all instances, and policies, share it: else a row of features is read for each transition.
    private const long MaxStored = 512L << 20;
    private readonly FitModel _model = new(engine, reader, team.Size);
    private readonly List<Shared> _shared = [];
    private double[] _gram = [];
    private TileMarks[] _marks = [];
    private NativeArray<double>? _scratch;
    private NativeArray<double>? _chunkMatrices;

    /// <inheritdoc/>
    public void Write(
        FeatureRows features, DeviceArray policy, double discount, Span<double> matrices, DeviceArray? weights, DeviceArray? flows)
    {
        int length = features.Count * features.Count;
        for (int i = 0; i < engine.Instances; i++)
        {
            _model.Read(features, discount, i, policy, weights, flows);
            Span<double> matrix = matrices.Slice(i * length, length);
            if (features.Dense is not null) WriteDense(features, matrix);
            else if (features.IsPerAction) WriteTiles(features, matrix);
            else WriteSparse(features, matrix);
        }
    }

    public void Dispose()
    {
        _scratch?.Dispose();
        _chunkMatrices?.Dispose();
        foreach (Shared shared in _shared) shared.Stored?.Dispose();
    }

    private void WriteDense(FeatureRows features, Span<double> matrix)
    {
        int k = features.Count, chunks = DenseMatrixKernel<TWide>.Chunks(features), stride = DenseMatrixKernel<TWide>.Stride(k);
        NativeArray<double>.Reserve(ref _chunkMatrices, (long)chunks * k * stride);
        NativeArray<double>.Reserve(ref _scratch, DenseMatrixKernel<TWide>.ScratchLength(k) * team.Size);
        DenseMatrixKernel<TWide> kernel = new()
        {
            Model = _model,
            StatesInChunk = (engine.States + chunks - 1) / chunks,
            Matrices = _chunkMatrices!.Pointer,
            Scratch = _scratch!.Pointer,
        };
        int tasks = chunks * DenseMatrixKernel<TWide>.Tasks(features);
        Shared shared = SharedOf(features);
        if (_model.HasOwnWeights || shared.Gram is null)
        {
            if (_model.HasOwnWeights && _gram.Length < matrix.Length) _gram = new double[matrix.Length];
            double[] gram = _model.HasOwnWeights ? _gram : shared.Gram = new double[matrix.Length];
            kernel.Part = MatrixPart.Gram;
            team.Run(ref kernel, tasks);
            gram.AsSpan(0, matrix.Length).Clear();
            Add(kernel.Matrices, chunks, k, stride, gram);
            // Off the blocks of actions both halves are zero.
            for (int row = 1; row < k; row++)
                for (int j = 0; j < row; j++) gram[(row * k) + j] = gram[(j * k) + row];
        }

        (_model.HasOwnWeights ? _gram : shared.Gram!).AsSpan(0, matrix.Length).CopyTo(matrix);
        if (_model.Discount == 0) return;
        _model.ReadArrivals();
        if (!_model.HasOwnWeights && !_model.HasOwnEntries && 8L * engine.States * k <= MaxStored)
        {
            if (shared.Stored is null)
            {
                shared.Stored = new NativeArray<double>((long)engine.States * k);
                kernel.Part = MatrixPart.Forward;
                kernel.Stored = shared.Stored.Pointer;
                team.Run(ref kernel, tasks);
            }

            kernel.Stored = shared.Stored.Pointer;
        }

        kernel.Part = MatrixPart.Next;
        team.Run(ref kernel, tasks);
        Add(kernel.Matrices, chunks, k, stride, matrix);
    }

    private void WriteSparse(FeatureRows features, Span<double> matrix)
    {
        int k = features.Count, chunks = SparseMatrixKernel.Chunks(features);
        NativeArray<double>.Reserve(ref _chunkMatrices, (long)chunks * k * k);
        SparseMatrixKernel kernel = new()
        {
            Model = _model,
            StatesInChunk = (engine.States + chunks - 1) / chunks,
            Matrices = _chunkMatrices!.Pointer,
        };
        team.Run(ref kernel, chunks);
        matrix.Clear();
        Add(kernel.Matrices, chunks, k, k, matrix);
    }

    private void WriteTiles(FeatureRows features, Span<double> target)
    {
        int k = features.Count, chunks = TileMatrixKernel.Chunks(features), padded = TileMatrixKernel.PaddedActions(features.Actions);
        long length = TileMatrixKernel.RowLength(features);
        int groups = features.Groups?.Count ?? features.States;
        NativeArray<double>.Reserve(ref _chunkMatrices, chunks * k * length);
        NativeArray<double>.Reserve(ref _scratch, TileMatrixKernel.ScratchLength(features) * team.Size);
        if (_marks.Length == 0 || !_marks[0].Fits(features)) _marks =
            [.. Enumerable.Range(0, team.Size).Select(_ => new TileMarks(features))];
        TileMatrixKernel kernel = new()
        {
            Model = _model,
            Groups = groups,
            GroupsInChunk = (groups + chunks - 1) / chunks,
            Matrices = _chunkMatrices!.Pointer,
            Scratch = _scratch!.Pointer,
            Marks = _marks,
        };
        team.Run(ref kernel, chunks * features.Actions);
        for (int row = 0; row < k; row++)
        {
            for (int b = 0; b < features.Actions; b++)
            {
                Span<double> to = target.Slice((row * k) + (b * features.Width), features.Width);
                double* from = kernel.Matrices + (row * length) + b;
                for (int j = 0; j < to.Length; j++, from += padded)
                {
                    double sum = 0;
                    for (int chunk = 0; chunk < chunks; chunk++) sum += from[chunk * k * length];
                    to[j] = sum;
                }
            }
        }
    }

    /// <summary>matrix += the chunks' matrices, in order.</summary>
    private static void Add(double* chunkMatrices, int chunks, int k, int stride, Span<double> matrix)
    {
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            for (int row = 0; row < k; row++)
            {
                Span<double> to = matrix.Slice(row * k, k);
                TensorPrimitives.Add(to, new ReadOnlySpan<double>(chunkMatrices + ((((long)chunk * k) + row) * stride), k), to);
            }
        }
    }

    private Shared SharedOf(FeatureRows features)
    {
        foreach (Shared known in _shared)
            if (ReferenceEquals(known.Features, features)) return known;
        Shared shared = new(features);
        _shared.Add(shared);
        return shared;
    }

    /// <summary>What all instances share, and all policies.</summary>
    private sealed class Shared(FeatureRows features)
    {
        public FeatureRows Features => features;

        /// <summary>ΦᵀDΦ, by the features' own D.</summary>
        public double[]? Gram { get; set; }

        /// <summary>T = ΦᵀDP, by that and the model's P.</summary>
        public NativeArray<double>? Stored { get; set; }
    }
}
