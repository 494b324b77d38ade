using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// The linear system of a response, A = I − γ P_π or its transpose, on vectors of <typeparamref name="T"/>. Its matrix is in
/// float32, which changes A by 10⁻⁷/(1 − γ) of itself: little where corrections are all that it solves for. With the
/// polynomial M = Σ_{j&lt;n} (γ P_π)ʲ as its preconditioner on the right, A M = I − (γ P_π)ⁿ, and n products cost the bytes of one
/// (<see cref="Wavefront"/>); Krylov methods need hardly more of them.
/// </summary>
internal sealed unsafe class ResponseSystem<TLane, T>(ResponseMatrix matrix, ThreadTeam team) : IDisposable
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int StatesInBlock = Wavefront.SlicesInBlock * SlicedMatrix.Height;
    private readonly NativeArray<BlockSums> _sums = new((matrix.Capacity + StatesInBlock - 1) / StatesInBlock);
    private Scatter<TLane, T>? _scatter;
    private NativeArray<T>? _scattered;
    private NativeArray<T>? _between;

    public long Capacity => matrix.Capacity;

    public long Bytes => (_scatter?.Bytes ?? 0) + (((_scattered?.Length ?? 0) + (_between?.Length ?? 0)) * sizeof(T));

    /// <summary>n, the products with P_π of an application of A M.</summary>
    public int Products => Shape(matrix.Rows()).Products;

    /// <summary>y = A M x, and its inner products with x, itself and <paramref name="left"/>.</summary>
    public BlockSums Apply(T* x, T* y, float* left)
    {
        ProductKernel<TLane, T> kernel = Kernel(x, y);
        kernel.Left = left;
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
        for (int block = 0; block < _sums.Length; block++)
        {
            BlockSums sums = _sums.Pointer[block];
            total.LeftOut += sums.LeftOut;
            total.InOut += sums.InOut;
            total.OutOut += sums.OutOut;
            total.LeftIn += sums.LeftIn;
        }

        return total;
    }

    /// <summary>y = M x, where n is not one.</summary>
    public void Precondition(T* x, T* y)
    {
        ProductKernel<TLane, T> kernel = Kernel(x, y);
        kernel.Products--;
        kernel.Series = true;
        team.Run(ref kernel, kernel.Blocks);
    }

    public void Dispose()
    {
        _sums.Dispose();
        _scatter?.Dispose();
        _scattered?.Dispose();
        _between?.Dispose();
    }

    private ProductKernel<TLane, T> Kernel(T* x, T* y)
    {
        SlicedMatrix rows = matrix.Rows();
        Wavefront wavefront = Shape(rows);
        long between = (wavefront.Products - 1L) * wavefront.SlicesRead * SlicedMatrix.Height * team.Size;
        if ((_between?.Length ?? 0) < between)
        {
            _between?.Dispose();
            _between = new NativeArray<T>(between);
        }

        return new ProductKernel<TLane, T>
        {
            Matrix = rows,
            Wavefront = wavefront,
            Products = wavefront.Products,
            Between = _between is null ? null : _between.Pointer,
            RowAction = matrix.RowAction,
            Discount = matrix.Discount,
            Weights = matrix.Policy,
            X = x,
            Y = y,
            Sums = _sums.Pointer,
        };
    }

    private Wavefront Shape(SlicedMatrix rows) => matrix.Scatters ? Wavefront.Single : Wavefront.Of(rows, team.Size, sizeof(T));
}
