using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.States;

/// <summary>
/// The linear system of a response, I − γ P_π or its transpose, on vectors of <typeparamref name="T"/>. Its matrix is in
/// float32, which changes I − γ P_π by 10⁻⁷/(1 − γ) of itself: little where corrections are all that it solves for.
/// </summary>
internal sealed unsafe class ResponseSystem<TLane, T>(ResponseMatrix matrix, ThreadTeam team) : IDisposable
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int SlicesInBlock = 128;
    private readonly NativeArray<BlockSums> _sums = new(((matrix.Capacity / SlicedMatrix.Height) + SlicesInBlock - 1) / SlicesInBlock);
    private Scatter<TLane, T>? _scatter;
    private NativeArray<T>? _scattered;

    public long Capacity => matrix.Capacity;

    public long Bytes => (_scatter?.Bytes ?? 0) + ((_scattered?.Length ?? 0) * sizeof(T));

    /// <summary>y = (I − γ P_π) x, and its inner products with x, itself and <paramref name="left"/>.</summary>
    public BlockSums Apply(T* x, T* y, float* left)
    {
        ProductKernel<TLane, T> kernel = new()
        {
            Matrix = matrix.Rows(),
            SlicesInBlock = SlicesInBlock,
            RowAction = matrix.RowAction,
            Discount = matrix.Discount,
            Weights = matrix.Policy,
            X = x,
            Y = y,
            Left = left,
            Sums = _sums.Pointer,
        };
        if (matrix.Scatters)
        {
            // The policy is in float32, and so must be the vector that it weighs.
            if (typeof(T) != typeof(float)) throw new NotSupportedException("a scattered product of float64 vectors");
            _scatter ??= new Scatter<TLane, T>(kernel.Matrix, team);
            _scattered ??= new NativeArray<T>(Capacity);
            _scatter.Run(null, (T*)matrix.Policy, x, matrix.RowAction, _scattered.Pointer);
            kernel.Scattered = _scattered.Pointer;
        }

        team.Run(ref kernel, kernel.Blocks);
        BlockSums total = default;
        for (int block = 0; block < kernel.Blocks; block++)
        {
            BlockSums sums = _sums.Pointer[block];
            total.LeftOut += sums.LeftOut;
            total.InOut += sums.InOut;
            total.OutOut += sums.OutOut;
            total.LeftIn += sums.LeftIn;
        }

        return total;
    }

    public void Dispose()
    {
        _sums.Dispose();
        _scatter?.Dispose();
        _scattered?.Dispose();
    }
}
