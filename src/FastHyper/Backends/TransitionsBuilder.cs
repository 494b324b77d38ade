namespace FastHyper.Backends;

/// <summary>
/// Gathers transitions one at a time, in any order, and tells where each is stored then: what a problem whose leader controls transitions
/// writes its probabilities to.
/// </summary>
/// <example><code>
/// TransitionsBuilder builder = new(states: 2, actions: 1);
/// int stays = builder.Add(0, 0, 0, 0.7), moves = builder.Add(0, 0, 1, 0.3);
/// Transitions transitions = builder.Build();
/// int entry = builder.Entry(moves);   // of mdp.Probabilities in Configure, and of cotangents.Probabilities in Pullback
/// </code></example>
public sealed class TransitionsBuilder
{
    private readonly int _states;
    private readonly int _actions;
    private readonly List<(int Row, int Next, double Probability)> _added = [];
    private readonly Dictionary<(int Row, int Next), int> _known = [];
    private int[]? _entries;

    /// <summary>Begins without transitions.</summary>
    /// <param name="states">Number of states S.</param>
    /// <param name="actions">Number of actions A.</param>
    /// <exception cref="InvalidInputException">There are no states or actions, or more than can be numbered.</exception>
    public TransitionsBuilder(int states, int actions)
    {
        if (states < 1 || actions < 1 || (long)states * actions > Array.MaxLength)
            throw new InvalidInputException(
                $"transitions: {states} states, {actions} actions; expected at least one of each, and at most {Array.MaxLength} pairs");
        (_states, _actions) = (states, actions);
    }

    /// <summary>Adds a transition.</summary>
    /// <param name="state">s.</param>
    /// <param name="action">a.</param>
    /// <param name="next">s'.</param>
    /// <param name="probability">P(s'|s,a), or what stands for it until x sets it.</param>
    /// <returns>Its number, for <see cref="Entry"/>.</returns>
    /// <exception cref="InvalidInputException">A number is out of range, or there is such a transition already.</exception>
    public int Add(int state, int action, int next, double probability)
    {
        if ((uint)state >= (uint)_states) throw new InvalidInputException($"transitions: state {state}; expected 0 to {_states - 1}");
        if ((uint)action >= (uint)_actions) throw new InvalidInputException($"transitions: action {action}; expected 0 to {_actions - 1}");
        if ((uint)next >= (uint)_states) throw new InvalidInputException($"transitions: next state {next}; expected 0 to {_states - 1}");
        int row = (state * _actions) + action;
        if (!_known.TryAdd((row, next), _added.Count))
            throw new InvalidInputException($"transitions: from state {state} by action {action} to state {next} twice; expected once");
        _added.Add((row, next, probability));
        _entries = null;
        return _added.Count - 1;
    }

    /// <summary>The transitions, rows in order and successors in rising order.</summary>
    /// <exception cref="InvalidInputException">A probability is negative or not finite, or a row sums to more than one.</exception>
    public Transitions Build()
    {
        int[] order = [.. Enumerable.Range(0, _added.Count).OrderBy(k => _added[k].Row).ThenBy(k => _added[k].Next)];
        _entries = new int[order.Length];
        long[] offsets = new long[((long)_states * _actions) + 1];
        for (int entry = 0; entry < order.Length; entry++)
        {
            _entries[order[entry]] = entry;
            offsets[_added[order[entry]].Row + 1]++;
        }

        for (int row = 1; row < offsets.Length; row++) offsets[row] += offsets[row - 1];
        int[] columns = Array.ConvertAll(order, k => _added[k].Next);
        return new Transitions(
            _states, _actions, new SparseMatrix(_states, offsets, columns, Array.ConvertAll(order, k => _added[k].Probability)));
    }

    /// <summary>Where a transition stands among the stored ones, once they are built.</summary>
    /// <param name="transition">Its number, as <see cref="Add"/> returned it.</param>
    /// <exception cref="InvalidOperationException">Nothing has been built since the last was added.</exception>
    public int Entry(int transition) =>
        (_entries ?? throw new InvalidOperationException("transitions: not built since the last was added; expected Build before Entry"))[
            transition];
}
