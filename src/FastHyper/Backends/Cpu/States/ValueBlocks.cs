namespace FastHyper.Backends.Cpu.States;

/// <summary>
/// Finds slices whose values equal those of an earlier slice, number by number: a grid with one slip for all of it has a
/// few dozen different ones. Gives up where repeats are rare.
/// </summary>
internal sealed class ValueBlocks
{
    private const int Trial = 4096;
    private readonly Dictionary<ulong, (uint At, int First, int Member)> _known = [];
    private int _asked;
    private int _found;

    /// <summary>Looks for the values of the slice that <paramref name="layout"/> has read.</summary>
    /// <param name="layout">The slice.</param>
    /// <param name="values">All values.</param>
    /// <param name="next">Where they would go.</param>
    /// <param name="at">Where they are, if they are.</param>
    public bool TryFind(SliceLayout layout, ReadOnlySpan<double> values, uint next, out uint at)
    {
        at = 0;
        if (layout.Count < SlicedMatrix.Height || (_asked >= Trial && _found * 2 < _asked)) return false;
        _asked++;
        ulong key = layout.Width;
        for (int lane = 0; lane < SlicedMatrix.Height; lane++)
        {
            (long begin, int count) = layout.Row(lane);
            key = (key + (uint)count) * 0x9E3779B97F4A7C15;
            for (int k = 0; k < count; k++) key = ((key ^ (key >> 31)) + BitConverter.DoubleToUInt64Bits(values[(int)begin + k])) * 0xBF58476D1CE4E5B9;
        }

        if (_known.TryAdd(key, (next, layout.First, layout.Member))) return false;
        (at, int first, int member) = _known[key];
        for (int lane = 0; lane < SlicedMatrix.Height; lane++)
        {
            (long begin, int count) = layout.Row(lane);
            (long other, int otherCount) = layout.Row(first + lane, member);
            if (count != otherCount || !values.Slice((int)begin, count).SequenceEqual(values.Slice((int)other, count))) return false;
        }

        _found++;
        return true;
    }
}
