namespace FastHyper.Backends;

/// <summary>A device's own layout of transitions that can give their rows back, so that they need not be kept twice.</summary>
internal interface ITransitionRows
{
    /// <summary>Copies the entries of row s·A+a, in the order of the matrix that was laid out.</summary>
    void CopyRow(int state, int action, Span<int> columns, Span<double> values);
}
