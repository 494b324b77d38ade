using System.Globalization;

namespace FastHyper.Experiments.Conversions;

/// <summary>The words, numbers and colons of a file of Cassandra's, one after the other; # begins a comment.</summary>
internal sealed class CassandraTokens
{
    private readonly List<(string Text, int Line)> _tokens = [];
    private int _at;

    public CassandraTokens(string text)
    {
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string spaced = line.Split('#')[0].Replace(":", " : ", StringComparison.Ordinal);
            foreach (string token in spaced.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) _tokens.Add((token, number));
        }
    }

    public bool Ended => _at >= _tokens.Count;

    /// <summary>The next one, which stays; empty at the end.</summary>
    public string Peek => Ended ? "" : _tokens[_at].Text;

    /// <summary>The one after that.</summary>
    public string PeekSecond => _at + 1 < _tokens.Count ? _tokens[_at + 1].Text : "";

    public string Next(string expected) =>
        Ended ? throw new InvalidInputException($"the file ends; expected {expected}") : _tokens[_at++].Text;

    /// <summary>Takes the next one if it is that.</summary>
    public bool Take(string token)
    {
        if (Peek != token) return false;
        _at++;
        return true;
    }

    public void Expect(string token)
    {
        string word = Next(token);
        if (word != token) throw Refuse(word, $"'{token}'");
    }

    public double Number()
    {
        string word = Next("a number");
        return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw Refuse(word, "a finite number");
    }

    public double[] Numbers(int count)
    {
        double[] numbers = new double[count];
        for (int i = 0; i < count; i++) numbers[i] = Number();
        return numbers;
    }

    /// <summary>Refuses what was last taken.</summary>
    public InvalidInputException Refuse(string found, string expected) =>
        new($"line {_tokens[Math.Clamp(_at - 1, 0, _tokens.Count - 1)].Line}: '{OneLine.Value(found)}'; expected {expected}");
}
