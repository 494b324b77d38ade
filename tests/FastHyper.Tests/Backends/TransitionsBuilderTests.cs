using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

public class TransitionsBuilderTests
{
    [Fact]
    public void EntriesAreWhereTransitionsStand()
    {
        TransitionsBuilder builder = new(3, 2);
        (int, int, int, double)[] added = [(2, 1, 0, 0.5), (0, 0, 2, 0.25), (0, 0, 1, 0.75), (2, 1, 2, 0.25), (1, 0, 1, 1)];
        int[] numbers = [.. added.Select(t => builder.Add(t.Item1, t.Item2, t.Item3, t.Item4))];
        SparseMatrix matrix = builder.Build().Matrix;
        Assert.Equal([0, 2, 2, 3, 3, 3, 5], matrix.Offsets);
        for (int k = 0; k < added.Length; k++)
        {
            int entry = builder.Entry(numbers[k]), row = (added[k].Item1 * 2) + added[k].Item2;
            Assert.Equal((added[k].Item3, added[k].Item4), (matrix.Columns[entry], matrix.Values[entry]));
            Assert.InRange(entry, matrix.Offsets[row], matrix.Offsets[row + 1] - 1);
        }
    }

    [Fact]
    public void DenseOnesAreThoseThatAreNotZero()
    {
        SparseMatrix matrix = Transitions.Dense(2, 1, [0.5, 0.5, 0, 0.9]).Matrix;
        Assert.Equal([0, 2, 3], matrix.Offsets);
        Assert.Equal([0, 1, 1], matrix.Columns);
        Assert.Equal([0.5, 0.5, 0.9], matrix.Values);
        Assert.Equal("transitions: 3 probabilities; expected 4, (S, A, S)", Refusal(() => Transitions.Dense(2, 1, [1, 0, 1])));
    }

    [Fact]
    public void WhatIsWrongIsNamed()
    {
        TransitionsBuilder builder = new(2, 1);
        builder.Add(0, 0, 1, 0.5);
        Assert.Equal("transitions: state 2; expected 0 to 1", Refusal(() => builder.Add(2, 0, 0, 1)));
        Assert.Equal("transitions: action 1; expected 0 to 0", Refusal(() => builder.Add(0, 1, 0, 1)));
        Assert.Equal("transitions: next state -1; expected 0 to 1", Refusal(() => builder.Add(0, 0, -1, 1)));
        Assert.Equal("transitions: from state 0 by action 0 to state 1 twice; expected once", Refusal(() => builder.Add(0, 0, 1, 0.5)));
        Assert.Contains("not built", Assert.Throws<InvalidOperationException>(() => builder.Entry(0)).Message);
        builder.Add(0, 0, 0, 0.7);
        Assert.Contains("expected", Refusal(builder.Build));
    }

    private static string Refusal(Func<object> action) => Assert.Throws<InvalidInputException>(() => action()).Message;
}
