using FastHyper.Backends;

namespace FastHyper.Tests.Backends.Cpu.States;

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

    public static double[] Numbers(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
    }
}
