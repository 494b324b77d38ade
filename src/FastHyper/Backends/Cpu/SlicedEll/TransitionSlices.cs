namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>Rows of transitions that are not in memory as compressed rows.</summary>
internal sealed class TransitionSlices(Transitions transitions) : ISliceSource
{
    public bool HasValues => true;

    public void Read(int slice, SliceRows rows)
    {
        long row = (long)rows.First * transitions.Actions;
        for (int s = rows.First; s < rows.First + rows.Count; s++)
        {
            for (int a = 0; a < transitions.Actions; a++, row++)
            {
                int length = transitions.RowLength(row);
                transitions.CopyRow(s, a, rows.ReserveColumns(length), rows.ReserveValues(length));
                rows.Advance(length);
            }
        }
    }
}
