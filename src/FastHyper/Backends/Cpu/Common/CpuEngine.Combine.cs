using System.Numerics.Tensors;

namespace FastHyper.Backends.Cpu.Common;

internal abstract unsafe partial class CpuEngine<T>
{
    private T[] _coefficients = [];

    public override void Combine(ReadOnlySpan<DeviceArray> sources, ReadOnlySpan<double> coefficients, DeviceArray target)
    {
        RequireLength(coefficients.Length, sources.Length * Instances, "coefficients", "source and instance");
        T** pointers = stackalloc T*[sources.Length];
        for (int j = 0; j < sources.Length; j++) pointers[j] = StateArray(sources[j]);
        CpuArray<T> written = Own<T>(target, ArrayKind.State);

        // A register's worth of runs: lanes over instances repeat the coefficients of each state's run.
        int run = Layout.Stride;
        if (_coefficients.Length < sources.Length * run) _coefficients = new T[sources.Length * run];
        for (int j = 0; j < sources.Length; j++)
            for (int i = 0; i < Instances; i++) _coefficients[(j * run) + i] = T.CreateTruncating(coefficients[(j * Instances) + i]);
        written.Version++;
        fixed (T* c = _coefficients)
        {
            CombineKernel kernel =
                new() { Engine = this, Sources = pointers, Count = sources.Length, Coefficients = c, Target = written.Pointer };
            Team.Run(ref kernel, (int)((Layout.StateCapacity + CombineKernel.NumbersInBlock - 1) / CombineKernel.NumbersInBlock));
        }
    }

    /// <summary>Σ_j c_j source_j over a block, in pieces that stay in the nearest cache while the sources are added up.</summary>
    private struct CombineKernel : IBlockKernel
    {
        public const int NumbersInBlock = 1 << 13;
        private const int MaxPiece = 256;
        public CpuEngine<T> Engine;
        public T** Sources;
        public int Count;
        public T* Coefficients;
        public T* Target;

        public readonly void Run(int block, int worker)
        {
            long last = Math.Min((block + 1L) * NumbersInBlock, Engine.Layout.StateCapacity);
            int stride = Engine.Layout.Stride;
            Span<T> total = stackalloc T[MaxPiece];
            for (long from = (long)block * NumbersInBlock; from < last;)
            {
                // Where lanes are instances a piece ends with a state's run of them: its coefficients lie side by side.
                int lane = (int)(from % stride);
                int length = (int)Math.Min(Math.Min(last - from, MaxPiece), stride == 1 ? MaxPiece : stride - lane);
                Span<T> sum = total[..length];
                sum.Clear();
                for (int j = 0; j < Count; j++)
                {
                    ReadOnlySpan<T> source = new(Sources[j] + from, length);
                    if (stride == 1) TensorPrimitives.MultiplyAdd(source, Coefficients[j], sum, sum);
                    else TensorPrimitives.MultiplyAdd(
                        source, new ReadOnlySpan<T>(Coefficients + ((long)j * stride) + lane, length), sum, sum);
                }

                sum.CopyTo(new Span<T>(Target + from, length));
                from += length;
            }
        }
    }
}
