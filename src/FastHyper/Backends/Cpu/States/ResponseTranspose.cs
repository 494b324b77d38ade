using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.States;

/// <summary>
/// P_πᵀ by rows of its own, whose values are copied from those of P_π for each new policy: 8 bytes an entry more than P_π,
/// and products as fast. Scattering P_π's rows instead takes about four times as long, as each sum waits for the last
/// store to its neighbours.
/// </summary>
internal sealed unsafe class ResponseTranspose : IDisposable
{
    private const int Nowhere = -1;
    private readonly ResponseStructure _response;
    private readonly NativeArray<int> _sources;

    public ResponseTranspose(ResponseStructure response)
    {
        _response = response;
        int states = response.Matrix.Groups;
        long[] offsets = new long[states + 1];
        Visit((_, column, _) => offsets[column + 1]++);
        for (int s = 0; s < states; s++) offsets[s + 1] += offsets[s];
        long[] next = offsets[..^1];
        int[] rows = new int[checked((int)offsets[states])], sources = new int[rows.Length];
        Visit((row, column, source) =>
        {
            long at = next[column]++;
            rows[at] = row;
            sources[at] = source;
        });
        Matrix = new SlicedMatrix(states, 1, offsets, rows, [], exact: false, share: false);
        _sources = new NativeArray<int>(Matrix.Stored);
        new Span<int>(_sources.Pointer, checked((int)_sources.Length)).Fill(Nowhere);
        for (int s = 0; s < states; s++)
        {
            (int slice, int lane) = Math.DivRem(s, SlicedMatrix.Height);
            long at = ((long)Matrix.MemberTable[slice].Values * SlicedMatrix.Height) + lane;
            for (long k = offsets[s]; k < offsets[s + 1]; k++, at += SlicedMatrix.Height) _sources.Pointer[at] = sources[k];
        }
    }

    /// <summary>P_πᵀ; one member, float32.</summary>
    public SlicedMatrix Matrix { get; }

    public long Bytes => Matrix.Bytes + (_sources.Length * sizeof(int));

    /// <summary>Takes the values that P_π has now.</summary>
    public void Refresh(ThreadTeam team)
    {
        CopyKernel kernel = new() { From = _response.Matrix.High, To = Matrix.High, Sources = _sources.Pointer, Length = _sources.Length };
        team.Run(ref kernel, (int)((_sources.Length + CopyKernel.LengthInBlock - 1) / CopyKernel.LengthInBlock));
    }

    public void Dispose()
    {
        Matrix.Dispose();
        _sources.Dispose();
    }

    /// <summary>Row, column and place of every entry, in row order.</summary>
    private void Visit(Action<int, int, int> entry)
    {
        SlicedMatrix matrix = _response.Matrix;
        for (int s = 0; s < matrix.Groups; s++)
        {
            (int slice, int lane) = Math.DivRem(s, SlicedMatrix.Height);
            SliceMember member = matrix.MemberTable[slice];
            int source = checked((int)member.Values * SlicedMatrix.Height) + lane;
            for (int k = 0; k < _response.Lengths[s]; k++, source += SlicedMatrix.Height) entry(s, matrix.Column(in member, slice, lane, k), source);
        }
    }

    private struct CopyKernel : IBlockKernel
    {
        public const int LengthInBlock = 1 << 14;
        public float* From;
        public float* To;
        public int* Sources;
        public long Length;

        public readonly void Run(int block, int worker)
        {
            long last = Math.Min((long)(block + 1) * LengthInBlock, Length);
            for (long at = (long)block * LengthInBlock; at < last; at++) To[at] = Sources[at] == Nowhere ? 0 : From[Sources[at]];
        }
    }
}
