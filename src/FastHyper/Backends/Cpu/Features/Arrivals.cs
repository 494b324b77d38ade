namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// Which states lead to a state, by which action: the transitions the other way round, in the order of the states that they come from. 16
/// bytes a transition and 4 a state-action.
/// </summary>
internal sealed class Arrivals
{
    private readonly int _actions;
    private readonly int[] _offsets;
    private readonly int[] _states;
    private readonly int[] _entries;
    private readonly double[] _shares;

    public Arrivals(Transitions transitions)
    {
        int states = transitions.States;
        _actions = transitions.Actions;
        _offsets = new int[checked((states * _actions) + 1)];
        int[] columns = new int[transitions.LongestRow];
        double[] values = new double[transitions.LongestRow];
        for (int s = 0; s < states; s++)
        {
            for (int a = 0; a < _actions; a++)
            {
                transitions.Row(s, a, columns, values, out ReadOnlySpan<int> next, out _);
                foreach (int to in next) _offsets[(to * _actions) + a + 1]++;
            }
        }

        for (int i = 1; i < _offsets.Length; i++) _offsets[i] += _offsets[i - 1];
        int count = _offsets[^1], entry = 0;
        (_states, _entries, _shares) = (new int[count], new int[count], new double[count]);
        int[] free = _offsets[..^1];
        for (int s = 0; s < states; s++)
        {
            for (int a = 0; a < _actions; a++)
            {
                transitions.Row(s, a, columns, values, out ReadOnlySpan<int> next, out ReadOnlySpan<double> shares);
                for (int e = 0; e < next.Length; e++, entry++)
                {
                    int at = free[(next[e] * _actions) + a]++;
                    (_states[at], _entries[at], _shares[at]) = (s, entry, shares[e]);
                }
            }
        }
    }

    /// <summary>Who leads to a state by an action.</summary>
    /// <param name="state">s'.</param>
    /// <param name="action">a.</param>
    /// <param name="from">Each s, in ascending order.</param>
    /// <param name="entries">The number of each transition (s, a, s') in the order of (s, a).</param>
    /// <param name="shares">P(s'|s,a) of the model.</param>
    public void Of(int state, int action, out ReadOnlySpan<int> from, out ReadOnlySpan<int> entries, out ReadOnlySpan<double> shares)
    {
        int begin = _offsets[(state * _actions) + action], count = _offsets[(state * _actions) + action + 1] - begin;
        from = _states.AsSpan(begin, count);
        entries = _entries.AsSpan(begin, count);
        shares = _shares.AsSpan(begin, count);
    }
}
