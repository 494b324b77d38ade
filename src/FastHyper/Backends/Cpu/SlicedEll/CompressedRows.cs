namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>Rows of a matrix in compressed rows; zeros where <paramref name="values"/> is empty.</summary>
internal sealed class CompressedRows(long[] offsets, int[] columns, double[] values) : ISliceSource
{
    public bool HasValues => values.Length > 0;

    public void Read(int slice, SliceRows rows) => rows.Refer(offsets, columns, values);
}
