namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>How the columns of a slice's rows are kept.</summary>
internal enum ColumnForm : byte
{
    /// <summary>
    /// Entry k of every row lies the same distance from the row's group: one offset an entry, shared by all slices alike, and V is loaded,
    /// not gathered.
    /// </summary>
    Shift,

    /// <summary>All columns lie within 65 536 of a base: two bytes an entry.</summary>
    Near,

    /// <summary>Four bytes an entry.</summary>
    Far,
}

/// <summary>Member m (an action's row) of the groups (states) of a slice: 16 bytes for 16 rows.</summary>
/// <param name="Values">Where the values are, in blocks of a slice's height.</param>
/// <param name="Columns">Where the columns are: an index of offsets, or blocks of a slice's height.</param>
/// <param name="Base">What near columns are relative to.</param>
/// <param name="Width">Entries of each row, the longest of the slice.</param>
/// <param name="Form">How the columns are kept.</param>
/// <param name="Alike">
/// Of a matrix of one member: how many slices, 255 at the most, follow that have the same pattern of shifts, and values next to each other.
/// </param>
internal readonly record struct SliceMember(uint Values, uint Columns, int Base, ushort Width, ColumnForm Form, byte Alike = 0);
