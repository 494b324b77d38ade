using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

/// <summary>Grids as sliced matrices like them: four moves, slips to the other three, a move into a wall stays.</summary>
internal static class Grids
{
    /// <param name="side">Cells a side.</param>
    /// <param name="slip">Slip of a cell.</param>
    /// <param name="mass">Sum of a row: below one, episodes may end.</param>
    public static Transitions Create(int side, Func<int, double> slip, double mass = 1)
    {
        int states = side * side;
        long[] offsets = new long[(4 * states) + 1];
        List<int> columns = [];
        List<double> values = [];
        for (int s = 0; s < states; s++)
        {
            (int row, int column) = Math.DivRem(s, side);
            int[] to = [row > 0 ? s - side : s, column < side - 1 ? s + 1 : s, row < side - 1 ? s + side : s, column > 0 ? s - 1 : s];
            for (int a = 0; a < 4; a++)
            {
                foreach (IGrouping<int, int> moves in Enumerable.Range(0, 4).GroupBy(move => to[move]).OrderBy(moves => moves.Key))
                {
                    columns.Add(moves.Key);
                    values.Add(mass * moves.Sum(move => move == a ? 1 - slip(s) : slip(s) / 3));
                }

                offsets[(4 * s) + a + 1] = columns.Count;
            }
        }

        return new Transitions(states, 4, new SparseMatrix(states, offsets, [.. columns], [.. values]));
    }

    /// <summary>The same with its states in random order; the columns of a row ascend.</summary>
    public static Transitions Shuffled(Transitions transitions, int seed)
    {
        int[] order = [.. Enumerable.Range(0, transitions.States)], places = new int[order.Length],
            columns = new int[transitions.LongestRow];
        double[] values = new double[transitions.LongestRow];
        new Random(seed).Shuffle(order);
        for (int s = 0; s < order.Length; s++) places[order[s]] = s;
        List<long> offsets = [0];
        List<(int Column, double Value)> entries = [];
        foreach (int s in order)
        {
            for (int a = 0; a < transitions.Actions; a++)
            {
                int length = transitions.CopyRow(s, a, columns, values);
                entries.AddRange(
                    columns.Take(length).Zip(values, (column, value) => (places[column], value)).OrderBy(entry => entry.Item1));
                offsets.Add(entries.Count);
            }
        }

        return new Transitions(
            order.Length, transitions.Actions,
            new SparseMatrix(
                order.Length, [.. offsets], [.. entries.Select(entry => entry.Column)], [.. entries.Select(entry => entry.Value)]));
    }

    public static double[] Numbers(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
    }
}
