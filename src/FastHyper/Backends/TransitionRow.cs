namespace FastHyper.Backends;

/// <summary>
/// Writes one row of P: where action <paramref name="action"/> in state <paramref name="state"/> leads, and how likely. A pure
/// function: it is called several times for every row, in any order and from several threads at once, and must write the
/// same each time.
/// </summary>
/// <param name="state">s.</param>
/// <param name="action">a.</param>
/// <param name="successors">The successors s', written from the front; as long as the longest row may be.</param>
/// <param name="probabilities">P(s'|s,a) of each of them, written.</param>
/// <returns>How many were written; none where the episode ends for certain.</returns>
public delegate int TransitionRow(int state, int action, Span<int> successors, Span<double> probabilities);
