namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>
/// Where a <see cref="SlicedMatrix"/> gets its rows from, a slice at a time; the same whenever it is asked, on any thread.
/// </summary>
internal interface ISliceSource
{
    /// <summary>Whether rows have values; zeros otherwise.</summary>
    bool HasValues { get; }

    /// <summary>Writes the rows of a slice.</summary>
    /// <param name="slice">Which.</param>
    /// <param name="rows">Written; its groups are set.</param>
    void Read(int slice, SliceRows rows);
}
