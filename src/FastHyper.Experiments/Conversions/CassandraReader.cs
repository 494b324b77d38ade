using System.Globalization;

namespace FastHyper.Experiments.Conversions;

/// <summary>
/// Reads Cassandra's .POMDP and .MDP files. States are taken for seen: observations are read over, and rewards must not depend on them.
/// </summary>
internal sealed class CassandraReader
{
    private static readonly string[] s_keywords =
        ["discount", "values", "states", "actions", "observations", "start", "T", "O", "R"];

    private readonly CassandraTokens _tokens;
    private readonly SortedDictionary<int, double>?[] _particular;
    private readonly string[] _states = [];
    private readonly string[] _actions = [];
    private readonly int _observations = 1;
    private readonly TabularMdp _mdp;

    private CassandraReader(string text)
    {
        _tokens = new CassandraTokens(text);
        double? discount = null;
        double sign = 1;
        List<string>? start = null;
        bool inclusive = true;
        while (!_tokens.Ended && _tokens.Peek is not ("T" or "O" or "R"))
        {
            string key = _tokens.Next("a keyword");
            if (key == "start" && _tokens.Peek is "include" or "exclude") inclusive = _tokens.Next("include") == "include";
            _tokens.Expect(":");
            if (key == "discount") discount = _tokens.Number();
            else if (key == "values") sign = _tokens.Next("reward or cost") == "cost" ? -1 : 1;
            else if (key == "states") _states = Names();
            else if (key == "actions") _actions = Names();
            else if (key == "observations") _observations = Names().Length;
            else if (key == "start") start = Words();
            else throw _tokens.Refuse(key, $"discount, values, states, actions, observations, start, T, O or R");
        }

        if (_states.Length == 0) throw new InvalidInputException("states: none; expected some before T, O and R");
        if (_actions.Length == 0) throw new InvalidInputException("actions: none; expected some before T, O and R");
        _mdp = new TabularMdp(_states.Length, _actions.Length) { Gamma = discount };
        _particular = new SortedDictionary<int, double>?[_mdp.Reward.Length];
        while (!_tokens.Ended) ReadStatement();
        _mdp.RequireDistributions(orEmpty: false);
        for (int row = 0; row < _particular.Length; row++)
        {
            double expected = 0;
            foreach ((int next, double p) in _mdp.Row(row))
                expected += p * (_particular[row]?.GetValueOrDefault(next, _mdp.Reward[row]) ?? _mdp.Reward[row]);
            _mdp.Reward[row] = sign * expected;
        }

        if (start is not null) _mdp.Initial = Start(start, inclusive);
        if (_observations > 1) _mdp.Notices.Add("observations are left out: states are seen");
        _mdp.EndInAbsorbingStates();
    }

    public static TabularMdp Read(string text) => new CassandraReader(text)._mdp;

    private void ReadStatement()
    {
        string kind = _tokens.Next("T, O or R");
        if (kind is not ("T" or "O" or "R")) throw _tokens.Refuse(kind, "T, O or R");
        _tokens.Expect(":");
        int[] actions = Chosen(_actions, "an action");
        if (kind == "O")
        {
            // Up to the next statement.
            while (!_tokens.Ended && !IsStatement()) _tokens.Next("");
        }
        else if (kind == "T")
        {
            ReadTransitions(actions);
        }
        else
        {
            ReadRewards(actions);
        }
    }

    private void ReadTransitions(int[] actions)
    {
        int n = _states.Length;
        if (_tokens.Peek != ":")
        {
            string word = _tokens.Peek;
            if (word is "identity" or "uniform") _tokens.Expect(word);
            for (int s = 0; s < n; s++)
            {
                int own = s;
                SetRow(
                    actions, [s],
                    word == "identity" ? [.. Enumerable.Range(0, n).Select(t => t == own ? 1.0 : 0)] : word == "uniform" ? Uniform()
                        : _tokens.Numbers(n));
            }

            return;
        }

        _tokens.Expect(":");
        int[] states = Chosen(_states, "a state");
        if (_tokens.Peek != ":")
        {
            SetRow(actions, states, _tokens.Take("uniform") ? Uniform() : _tokens.Numbers(n));
            return;
        }

        _tokens.Expect(":");
        int[] successors = Chosen(_states, "a state");
        double probability = _tokens.Number();
        foreach (int row in Rows(actions, states))
            foreach (int next in successors) _mdp.Row(row)[next] = probability;
    }

    private void ReadRewards(int[] actions)
    {
        _tokens.Expect(":");
        int[] states = Chosen(_states, "a state");
        if (_tokens.Peek != ":")
        {
            // A row of successors, of each a row of observations where there are any.
            for (int next = 0; next < _states.Length; next++) SetReward(actions, states, [next], Observed());
            return;
        }

        _tokens.Expect(":");
        bool all = _tokens.Peek == "*";
        int[] successors = Chosen(_states, "a state");
        if (_tokens.Peek == ":")
        {
            _tokens.Expect(":");
            string observation = _tokens.Next("an observation");
            if (observation != "*" && _observations > 1)
                throw _tokens.Refuse(observation, "*: rewards that do not depend on observations, as states are seen");
            SetReward(actions, states, all ? null : successors, _tokens.Number());
        }
        else
        {
            SetReward(actions, states, all ? null : successors, Observed());
        }
    }

    /// <summary>A reward, the same for each observation.</summary>
    private double Observed()
    {
        double[] each = _tokens.Numbers(_observations);
        return each.All(value => value == each[0])
            ? each[0]
            : throw _tokens.Refuse($"{each[0]} ... {each[^1]}", "rewards that do not depend on observations, as states are seen");
    }

    private void SetReward(int[] actions, int[] states, int[]? successors, double value)
    {
        foreach (int row in Rows(actions, states))
        {
            if (successors is null)
            {
                _mdp.Reward[row] = value;
                _particular[row] = null;
                continue;
            }

            foreach (int next in successors) (_particular[row] ??= [])[next] = value;
        }
    }

    private void SetRow(int[] actions, int[] states, double[] probabilities)
    {
        foreach (int row in Rows(actions, states))
        {
            _mdp.Row(row).Clear();
            for (int next = 0; next < probabilities.Length; next++)
                if (probabilities[next] != 0) _mdp.Row(row)[next] = probabilities[next];
        }
    }

    private IEnumerable<int> Rows(int[] actions, int[] states) => states.SelectMany(s => actions.Select(a => (s * _actions.Length) + a));

    private double[] Uniform() => [.. Enumerable.Repeat(1.0 / _states.Length, _states.Length)];

    private double[] Start(List<string> words, bool inclusive)
    {
        int n = _states.Length;
        if (words is ["uniform"]) return Uniform();
        bool numbers = words.Count == n && n > 1
            && words.All(word => double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
        if (numbers) return [.. words.Select(word => double.Parse(word, NumberStyles.Float, CultureInfo.InvariantCulture))];
        int[] named = [.. words.Select(word => Find(_states, word, "a state"))];
        int[] chosen = inclusive ? named : [.. Enumerable.Range(0, n).Except(named)];
        double[] initial = new double[n];
        foreach (int s in chosen) initial[s] = 1.0 / chosen.Length;
        return initial;
    }

    /// <summary>Names up to the next keyword with a colon; a number stands for so many without names.</summary>
    private string[] Names()
    {
        List<string> names = Words();
        if (names.Count != 1 || !int.TryParse(names[0], NumberStyles.None, CultureInfo.InvariantCulture, out int count)) return [.. names];
        const int most = 1_000_000;
        return count <= most ? [.. Enumerable.Range(0, count).Select(i => $"{i}")] : throw _tokens.Refuse(names[0], $"at most {most}");
    }

    private List<string> Words()
    {
        List<string> words = [];
        while (!_tokens.Ended && !IsStatement()) words.Add(_tokens.Next("a name"));
        return words;
    }

    private bool IsStatement() => s_keywords.Contains(_tokens.Peek) && _tokens.PeekSecond is ":" or "include" or "exclude";

    private int[] Chosen(string[] names, string what)
    {
        string word = _tokens.Next(what);
        return word == "*" ? [.. Enumerable.Range(0, names.Length)] : [Find(names, word, what)];
    }

    private int Find(string[] names, string word, string what)
    {
        int found = Array.IndexOf(names, word);
        if (found >= 0) return found;
        return int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int i) && i < names.Length
            ? i
            : throw _tokens.Refuse(word, $"{what}, by name or from 0 to {names.Length - 1}");
    }
}
