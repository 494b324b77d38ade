using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// The structure of P_π = Σ_a π(a|·) P(·|·,a), whatever π: a state's row holds the columns of all its actions once. Where
/// actions lead to the same neighbours it has A times fewer entries than P; where they do not, it is not worth having.
/// </summary>
internal sealed unsafe class ResponseStructure : IDisposable
{
    private const int Sample = 256;
    private const double WorthHaving = 0.6;
    private readonly NativeArray<uint> _begins;
    private readonly NativeArray<byte> _slots;
    private readonly NativeArray<byte> _lengths;

    private ResponseStructure(SlicedMatrix matrix, NativeArray<uint> begins, NativeArray<byte> slots, NativeArray<byte> lengths)
    {
        Matrix = matrix;
        _begins = begins;
        _slots = slots;
        _lengths = lengths;
    }

    /// <summary>P_π, whose values are written for each π; one member, float32.</summary>
    public SlicedMatrix Matrix { get; }

    /// <summary>
    /// Where each slice's slots begin: for entry k of action a, in that order, the entry of P_π that it adds to. One for all
    /// rows of the slice where each action follows a pattern of shifts, else one for each of them.
    /// </summary>
    public uint* Begins => _begins.Pointer;

    public byte* Slots => _slots.Pointer;

    /// <summary>Entries of each state's row, padding not among them.</summary>
    public byte* Lengths => _lengths.Pointer;

    public long Bytes => Matrix.Bytes + (_begins.Length * sizeof(uint)) + _slots.Length + _lengths.Length;

    /// <summary>Lays P_π out; null where it would have almost as many entries as P.</summary>
    public static ResponseStructure? Create(Transitions transitions, SlicedMatrix p, ThreadTeam? team = null)
    {
        MergedRows merged = new(transitions, p);
        long all = 0, kept = 0;
        int step = Math.Max(1, transitions.States / Sample);
        for (int s = 0; s < transitions.States; s += step)
        {
            (int entries, int columns) = merged.Count(s);
            if (columns > byte.MaxValue) return null;
            all += entries;
            kept += columns;
        }

        if (kept > WorthHaving * all) return null;
        NativeArray<uint> begins = new(p.Slices);
        NativeArray<byte> slots = new(merged.PlaceSlots(begins.Pointer)), lengths = new(p.Groups);
        if (merged.TryFill(begins.Pointer, slots.Pointer, lengths.Pointer, team))
            return new ResponseStructure(new SlicedMatrix(p.Groups, 1, merged, exact: false, share: false, team), begins, slots, lengths);
        begins.Dispose();
        slots.Dispose();
        lengths.Dispose();
        return null;
    }

    public void Dispose()
    {
        Matrix.Dispose();
        _begins.Dispose();
        _slots.Dispose();
        _lengths.Dispose();
    }
}
