using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// P_πᵀ by rows of its own, whose values are copied from those of P_π for each new policy: 8 bytes an entry more than P_π,
/// and products as fast. Scattering P_π's rows instead takes about four times as long, as each sum waits for the last
/// store to its neighbours; that is left to states that so many others lead to that rows of the transpose are too long.
/// </summary>
internal sealed unsafe class ResponseTranspose : IDisposable
{
    private const int Nowhere = -1;

    // Padding of slices beyond which the rows are not worth their memory, where that is much.
    private const int MostPadding = 4;
    private const long LittleStored = 1 << 22;
    private readonly ResponseStructure _response;
    private readonly NativeArray<int> _sources;

    private ResponseTranspose(ResponseStructure response, long[] offsets)
    {
        _response = response;
        int states = response.Matrix.Groups;
        long[] next = offsets[..^1];
        int[] rows = new int[checked((int)offsets[states])], sources = new int[rows.Length];
        Visit(response, (row, column, source) =>
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

    /// <summary>The transpose, without values; null where its rows are too long, or places in P_π have more than 31 bits.</summary>
    public static ResponseTranspose? Create(ResponseStructure response)
    {
        if (response.Matrix.Stored > int.MaxValue) return null;
        long[] offsets = new long[response.Matrix.Groups + 1];
        Visit(response, (_, column, _) => offsets[column + 1]++);
        for (int s = 1; s < offsets.Length; s++) offsets[s] += offsets[s - 1];
        return Fits(offsets) ? new ResponseTranspose(response, offsets) : null;
    }

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

    private static bool Fits(long[] offsets)
    {
        long stored = 0;
        for (int first = 0; first < offsets.Length - 1; first += SlicedMatrix.Height)
        {
            long width = 0;
            for (int s = first; s < Math.Min(first + SlicedMatrix.Height, offsets.Length - 1); s++)
                width = Math.Max(width, offsets[s + 1] - offsets[s]);
            if (width > ushort.MaxValue) return false;
            stored += width * SlicedMatrix.Height;
        }

        return stored <= Math.Max(LittleStored, MostPadding * offsets[^1]);
    }

    /// <summary>Row, column and place of every entry, in row order.</summary>
    private static void Visit(ResponseStructure response, Action<int, int, int> entry)
    {
        SlicedMatrix matrix = response.Matrix;
        for (int s = 0; s < matrix.Groups; s++)
        {
            (int slice, int lane) = Math.DivRem(s, SlicedMatrix.Height);
            SliceMember member = matrix.MemberTable[slice];
            int source = checked((int)member.Values * SlicedMatrix.Height) + lane;
            for (int k = 0; k < response.Lengths[s]; k++, source += SlicedMatrix.Height)
                entry(s, matrix.Column(in member, slice, lane, k), source);
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
