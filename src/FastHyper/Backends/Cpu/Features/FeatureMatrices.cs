using System.Numerics.Tensors;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>The matrices of least squares of an engine's instances, one after the other, each on all threads.</summary>
internal sealed unsafe class FeatureMatrices<TWide>(Engine engine, ThreadTeam team) : IDisposable
    where TWide : unmanaged, ILane<TWide, double>
{
    private readonly FitModel _model = new(engine, team.Size);
    private double[] _means = [];
    private (int[] Found, int[] Since)[] _marks = [];
    private NativeArray<double>? _scratch;
    private NativeArray<double>? _chunkMatrices;

    /// <summary>Writes ΦᵀD(Φ − γ P Ψ) of each instance.</summary>
    public void Write(
        FeatureRows features, DeviceArray policy, double discount, Span<double> matrices, DeviceArray? weights, DeviceArray? flows)
    {
        if (features is { IsPerAction: true, Sparse: not null })
        {
            WriteTiles(features, policy, discount, matrices, weights, flows);
            return;
        }

        int k = features.Count, padded = FeatureMatrixKernel<TWide>.Padded(k), chunks = FeatureMatrixKernel<TWide>.Chunks(features);
        NativeArray<double>.Reserve(ref _chunkMatrices, (long)chunks * k * padded);
        NativeArray<double>.Reserve(ref _scratch, FeatureMatrixKernel<TWide>.ScratchLength(k) * team.Size);
        bool means = features is { Dense: not null, IsPerAction: false } && discount != 0;
        if (means && _means.Length != (long)engine.States * k) _means = new double[(long)engine.States * k];
        for (int i = 0; i < engine.Instances; i++)
        {
            _model.Read(features, discount, i, policy, weights, flows);
            if (means) WriteMeans(features);
            FeatureMatrixKernel<TWide> kernel = new()
            {
                Model = _model,
                StatesInChunk = (engine.States + chunks - 1) / chunks,
                Means = means ? _means : null,
                Matrices = _chunkMatrices!.Pointer,
                Scratch = _scratch!.Pointer,
            };
            team.Run(ref kernel, chunks * FeatureMatrixKernel<TWide>.Tasks(features));
            Total(kernel.Matrices, chunks, k, padded, matrices.Slice(i * k * k, k * k));
        }
    }

    public void Dispose()
    {
        _scratch?.Dispose();
        _chunkMatrices?.Dispose();
    }

    private void WriteTiles(
        FeatureRows features, DeviceArray policy, double discount, Span<double> matrices, DeviceArray? weights, DeviceArray? flows)
    {
        int k = features.Count, chunks = TileMatrixKernel.Chunks(features), padded = TileMatrixKernel.PaddedActions(features.Actions);
        long length = TileMatrixKernel.RowLength(features);
        NativeArray<double>.Reserve(ref _chunkMatrices, chunks * k * length);
        NativeArray<double>.Reserve(ref _scratch, length * team.Size);
        if (_marks.Length == 0 || _marks[0].Since.Length < features.Width)
            _marks = [.. Enumerable.Range(0, team.Size).Select(_ => (new int[features.Width], new int[features.Width]))];
        for (int i = 0; i < engine.Instances; i++)
        {
            _model.Read(features, discount, i, policy, weights, flows);
            TileMatrixKernel kernel = new()
            {
                Model = _model,
                StatesInChunk = (engine.States + chunks - 1) / chunks,
                Matrices = _chunkMatrices!.Pointer,
                Scratch = _scratch!.Pointer,
                Marks = _marks,
            };
            team.Run(ref kernel, chunks * features.Actions);
            Span<double> target = matrices.Slice(i * k * k, k * k);
            for (int row = 0; row < k; row++)
            {
                for (int column = 0; column < k; column++)
                {
                    double* from =
                        kernel.Matrices + (row * length) + ((long)(column % features.Width) * padded) + (column / features.Width);
                    double sum = 0;
                    for (int chunk = 0; chunk < chunks; chunk++) sum += from[chunk * k * length];
                    target[(row * k) + column] = sum;
                }
            }
        }
    }

    private static void Total(double* chunkMatrices, int chunks, int k, int padded, Span<double> target)
    {
        target.Clear();
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            for (int row = 0; row < k; row++)
            {
                Span<double> to = target.Slice(row * k, k);
                TensorPrimitives.Add(to, new ReadOnlySpan<double>(chunkMatrices + ((((long)chunk * k) + row) * padded), k), to);
            }
        }
    }

    /// <summary>Ψ(s) = Σ_b π(b|s) φ(s,b).</summary>
    private void WriteMeans(FeatureRows features)
    {
        MeansKernel kernel = new() { Features = features, Policy = _model.Policy, Means = _means };
        team.Run(ref kernel, (features.States + MeansKernel.StatesInBlock - 1) / MeansKernel.StatesInBlock);
    }

    private struct MeansKernel : IBlockKernel
    {
        public const int StatesInBlock = 256;
        public FeatureRows Features;
        public double[] Policy;
        public double[] Means;

        public readonly void Run(int block, int worker)
        {
            int k = Features.Count, actions = Features.Actions, end = Math.Min(Features.States, (block + 1) * StatesInBlock);
            for (int s = block * StatesInBlock; s < end; s++)
            {
                Span<double> mean = Means.AsSpan(s * k, k);
                mean.Clear();
                for (int b = 0; b < actions; b++)
                {
                    double share = Policy[(s * actions) + b];
                    if (share != 0) TensorPrimitives.MultiplyAdd(Features.Dense.AsSpan(((s * actions) + b) * k, k), share, mean, mean);
                }
            }
        }
    }
}
