using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// What corrections are solved with: P_π in float32, a matrix of one member, where it is worth a structure of its own;
/// else P, whose members π weighs anew in each product.
/// </summary>
internal sealed unsafe class ResponseMatrix : IDisposable
{
    private readonly ThreadTeam _team;
    private readonly SlicedMatrix _p;
    private readonly NativeArray<float>? _policy;
    private ResponseTranspose? _transpose;
    private bool _isAsked;
    private bool _transposeIsStale;

    public ResponseMatrix(Transitions transitions, SlicedMatrix p, long rowAction, ThreadTeam team)
    {
        _team = team;
        _p = p;
        RowAction = rowAction;
        Response = ResponseStructure.Create(transitions, p, team);
        if (Response is null) _policy = new NativeArray<float>(rowAction * p.Members);
    }

    /// <summary>The structure of P_π, whose values are to be written; null where products are with P itself.</summary>
    public ResponseStructure? Response { get; }

    /// <summary>π in float32, (S, A), to be written where P_π has no structure; null where it has.</summary>
    public float* Policy => _policy is null ? null : _policy.Pointer;

    /// <summary>Distance between the actions of <see cref="Policy"/>.</summary>
    public long RowAction { get; }

    /// <summary>γ.</summary>
    public double Discount { get; set; }

    /// <summary>Whether products are with the transpose.</summary>
    public bool Transposed { get; set; }

    /// <summary>Whether products scatter: with the transpose of P, or of a P_π into some of whose states all others lead.</summary>
    public bool Scatters => Transposed && (Response is null || Transpose() is null);

    public int States => _p.Groups;

    public long Capacity => (long)_p.Slices * SlicedMatrix.Height;

    public long Bytes => (Response?.Bytes ?? _policy!.Length * sizeof(float)) + (_transpose?.Bytes ?? 0);

    /// <summary>
    /// The memory of π or P_π's values, if it holds as many numbers, else null: both are written in full before products are taken, and are
    /// lost to what is written there.
    /// </summary>
    public float* Borrow(long length)
    {
        if (_policy is not null) return _policy.Length >= length ? _policy.Pointer : null;
        return Response!.Matrix.Stored >= length ? Response.Matrix.High : null;
    }

    /// <summary>Tells that P_π is being written anew.</summary>
    public void ForgetTranspose() => _transposeIsStale = true;

    /// <summary>The matrix of products by rows, or whose rows are scattered, with the values of the last policy.</summary>
    public SlicedMatrix Rows()
    {
        if (Response is null) return _p;
        if (!Transposed || Transpose() is not ResponseTranspose transpose) return Response.Matrix;
        if (_transposeIsStale) transpose.Refresh(_team);
        _transposeIsStale = false;
        return transpose.Matrix;
    }

    public void Dispose()
    {
        Response?.Dispose();
        _policy?.Dispose();
        _transpose?.Dispose();
    }

    private ResponseTranspose? Transpose()
    {
        if (!_isAsked) _transpose = ResponseTranspose.Create(Response!);
        _isAsked = true;
        return _transpose;
    }
}
