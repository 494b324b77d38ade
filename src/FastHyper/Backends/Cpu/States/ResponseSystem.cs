using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.States;

/// <summary>
/// The linear system of a response, I − γ P_π or its transpose, in float32: what corrections are solved with, whose
/// right-hand sides are float64 residuals. With a structure of its own P_π is a matrix of one member; without, P and π
/// are multiplied anew in each product, and for the transpose scattered.
/// </summary>
internal sealed unsafe class ResponseSystem<TLane> : IDisposable
    where TLane : unmanaged, ILane<TLane, float>
{
    public const int SlicesInBlock = 128;
    private readonly ThreadTeam _team;
    private readonly long _rowAction;
    private readonly NativeArray<float>? _policy;
    private readonly NativeArray<BlockSums> _sums;
    private ResponseTranspose? _transpose;
    private bool _transposeIsStale;
    private Scatter<TLane, float>? _scatter;
    private NativeArray<float>? _scattered;

    public ResponseSystem(Transitions transitions, SlicedMatrix p, long rowAction, ThreadTeam team)
    {
        _team = team;
        _rowAction = rowAction;
        Response = ResponseStructure.Create(transitions, p);
        Matrix = Response?.Matrix ?? p;
        if (Response is null) _policy = new NativeArray<float>(rowAction * p.Members);
        _sums = new NativeArray<BlockSums>((p.Slices + SlicesInBlock - 1) / SlicesInBlock);
    }

    /// <summary>The structure of P_π, whose values are to be written; null where products are with P itself.</summary>
    public ResponseStructure? Response { get; }

    /// <summary>π in float32, (S, A), to be written where P_π has no structure; null where it has.</summary>
    public float* Policy => _policy is null ? null : _policy.Pointer;

    /// <summary>γ.</summary>
    public double Discount { get; set; }

    /// <summary>Whether products are with the transpose.</summary>
    public bool Transposed { get; set; }

    public long Capacity => (long)Matrix.Slices * SlicedMatrix.Height;

    public long Bytes => (Response?.Bytes ?? _policy!.Length * sizeof(float)) + (_transpose?.Bytes ?? 0) + (_scatter?.Bytes ?? 0) + ((_scattered?.Length ?? 0) * sizeof(float));

    private SlicedMatrix Matrix { get; }

    /// <summary>Tells that P_π is being written anew.</summary>
    public void ForgetTranspose() => _transposeIsStale = true;

    /// <summary>y = (I − γ P_π) x, and its inner products with x, itself and <paramref name="left"/>.</summary>
    public BlockSums Apply(float* x, float* y, float* left)
    {
        ProductKernel<TLane> kernel = new()
        {
            Matrix = Matrix,
            SlicesInBlock = SlicesInBlock,
            RowAction = _rowAction,
            Discount = (float)Discount,
            Weights = Policy,
            X = x,
            Y = y,
            Left = left,
            Sums = _sums.Pointer,
        };
        if (Transposed && Response is not null)
        {
            _transpose ??= new ResponseTranspose(Response);
            if (_transposeIsStale) _transpose.Refresh(_team);
            _transposeIsStale = false;
            kernel.Matrix = _transpose.Matrix;
        }
        else if (Transposed)
        {
            _scatter ??= new Scatter<TLane, float>(Matrix, _team);
            _scattered ??= new NativeArray<float>(Capacity);
            _scatter.Run(null, Policy, x, _rowAction, _scattered.Pointer);
            kernel.Scattered = _scattered.Pointer;
        }

        _team.Run(ref kernel, kernel.Blocks);
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
        Response?.Dispose();
        _policy?.Dispose();
        _sums.Dispose();
        _transpose?.Dispose();
        _scatter?.Dispose();
        _scattered?.Dispose();
    }
}
