namespace FastHyper.Problems.Worlds;

/// <summary>The worlds of Gymnasium's toy text as <see cref="ToyWorld"/>s.</summary>
public static class ToyWorlds
{
    private const double StepReward = -1;
    private const double CliffReward = -100;
    private const double DeliveryReward = 20;
    private const double RefusalReward = -10;

    /// <summary>
    /// Frozen lake: actions left, down, right, up; 1 for entering the goal, which ends the episode, as a hole does. The chosen
    /// move is made with 1 − slip.
    /// </summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static ToyGrid FrozenLake(FrozenLakeOptions? options = null)
    {
        FrozenLakeOptions o = options ?? new FrozenLakeOptions();
        o.Check("frozen-lake");
        CheckMap(o.Map);
        int rows = o.Map.Count, columns = o.Map[0].Length;
        (int, int)[] moves = [(0, -1), (1, 0), (0, 1), (-1, 0)];
        ToyTable table = new(rows * columns, moves.Length);
        List<GridLabel> labels = [];
        for (int s = 0; s < table.States; s++)
        {
            (int row, int column) = (s / columns, s % columns);
            char tile = o.Map[row][column];
            if (tile == 'S') table.Start(s);
            if (tile != 'F') labels.Add(new GridLabel(row, column, $"{tile}"));
            if (tile is 'H' or 'G') continue;
            Slippery(
                table, s, moves, o.Slip, (row, column), (rows, columns),
                (r, c) => ((r * columns) + c, o.Map[r][c] == 'G' ? 1 : 0, o.Map[r][c] is 'G' or 'H'));
        }

        return new ToyGrid("frozen-lake", table, o, new GridWorld(rows, columns, [.. Enumerable.Range(0, table.States)], labels)
        {
            ActionOfDirection = [3, 2, 1, 0],
            Legend = "S start, G goal, H hole",
        });
    }

    /// <summary>
    /// Cliff walking (Sutton and Barto, example 6.6): actions up, right, down, left; −1 a step, −100 and back to the start, at the
    /// lower left, for stepping off the cliff between it and the goal, at the lower right, which ends the episode.
    /// </summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static ToyGrid CliffWalking(CliffWalkingOptions? options = null)
    {
        CliffWalkingOptions o = options ?? new CliffWalkingOptions();
        o.Check("cliff-walking");
        if ((long)o.Rows * o.Columns > 1 << 24)
            throw new InvalidInputException($"cliff-walking: {o.Rows} rows, {o.Columns} columns; expected at most {1 << 24} cells");
        (int, int)[] moves = [(-1, 0), (0, 1), (1, 0), (0, -1)];
        ToyTable table = new(o.Rows * o.Columns, moves.Length);
        int last = o.Rows - 1, start = last * o.Columns, goal = table.States - 1;
        table.Start(start);
        for (int s = 0; s < table.States; s++)
        {
            Slippery(table, s, moves, o.Slip, (s / o.Columns, s % o.Columns), (o.Rows, o.Columns), (r, c) =>
            {
                int to = (r * o.Columns) + c;
                return to > start && to < goal ? (start, CliffReward, false) : (to, StepReward, to == goal);
            });
        }

        return new ToyGrid("cliff-walking", table, o, new GridWorld(o.Rows, o.Columns, [.. Enumerable.Range(0, table.States)],
            [new GridLabel(last, 0, "S"), .. Enumerable.Range(1, o.Columns - 2).Select(column => new GridLabel(last, column, "C")),
                new GridLabel(last, o.Columns - 1, "G")])
        {
            Legend = "S start, G goal, C cliff",
        });
    }

    /// <summary>
    /// Taxi (Dietterich's, on his 5 × 5 map): state ((row·5 + column)·5 + passenger)·4 + destination, passenger 4 in the taxi;
    /// actions down, up, right, left, pick up, drop off; −1 a step, −10 for picking up or dropping off where there is no
    /// call for it, 20 for the delivery, which ends the episode. A passenger may be dropped at another stand. Episodes start
    /// with a waiting passenger, who is not at the destination.
    /// </summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static ToyWorld Taxi(TaxiOptions? options = null)
    {
        const int size = 5, riding = 4;
        TaxiOptions o = options ?? new TaxiOptions();
        o.Check("taxi");
        (int, int)[] stands = [(0, 0), (0, 4), (4, 0), (4, 3)];

        // Walls to the right of (row, column).
        HashSet<(int, int)> walls = [(0, 1), (1, 1), (3, 0), (4, 0), (3, 2), (4, 2)];
        ToyTable table = new(size * size * 5 * 4, 6);
        for (int s = 0; s < table.States; s++)
        {
            (int destination, int passenger, int column, int row) = (s % 4, s / 4 % 5, s / 20 % 5, s / 100);
            int Index(int r, int c, int p) => (((((r * size) + c) * 5) + p) * 4) + destination;
            if (passenger != riding && passenger != destination) table.Start(s);
            table.Add(s, 0, 1, Index(Math.Min(row + 1, size - 1), column, passenger), StepReward, false);
            table.Add(s, 1, 1, Index(Math.Max(row - 1, 0), column, passenger), StepReward, false);
            table.Add(
                s, 2, 1, Index(row, walls.Contains((row, column)) ? column : Math.Min(column + 1, size - 1), passenger), StepReward, false);
            table.Add(
                s, 3, 1, Index(row, walls.Contains((row, column - 1)) ? column : Math.Max(column - 1, 0), passenger), StepReward, false);

            int stand = Array.IndexOf(stands, (row, column));
            bool waits = passenger != riding && stand == passenger;
            table.Add(s, 4, 1, waits ? Index(row, column, riding) : s, waits ? StepReward : RefusalReward, false);
            bool drops = passenger == riding && stand >= 0, delivers = drops && stand == destination;
            table.Add(
                s, 5, 1, drops ? Index(row, column, stand) : s, delivers ? DeliveryReward : drops ? StepReward : RefusalReward, delivers);
        }

        return new ToyWorld("taxi", table, o);
    }

    /// <summary>
    /// The outcomes of every action in a cell: the chosen move, and those at right angles to it; moves off the grid stay.
    /// </summary>
    private static void Slippery(
        ToyTable table, int s, (int Row, int Column)[] moves, double slip, (int Row, int Column) from, (int Rows, int Columns) size,
        Func<int, int, (int Next, double Reward, bool Terminated)> enter)
    {
        for (int a = 0; a < moves.Length; a++)
        {
            for (int turn = -1; turn <= 1; turn++)
            {
                (int row, int column) = moves[(a + turn + moves.Length) % moves.Length];
                (int next, double reward, bool terminated) = enter(
                    Math.Clamp(from.Row + row, 0, size.Rows - 1), Math.Clamp(from.Column + column, 0, size.Columns - 1));
                table.Add(s, a, turn == 0 ? 1 - slip : slip / 2, next, reward, terminated);
            }
        }
    }

    private static void CheckMap(IReadOnlyList<string> map)
    {
        if (map.Count == 0 || map[0].Length == 0 || map.Any(line => line.Length != map[0].Length))
            throw new InvalidInputException("frozen-lake: map lines differ in length, or are empty; expected a rectangle");
        for (int row = 0; row < map.Count; row++)
            for (int column = 0; column < map[0].Length; column++)
                if (!"SFHG".Contains(map[row][column], StringComparison.Ordinal))
                    throw new InvalidInputException($"frozen-lake: map ({row}, {column}) is '{map[row][column]}'; expected S, F, H or G");
        foreach (char tile in "SG")
            if (!map.Any(line => line.Contains(tile, StringComparison.Ordinal)))
                throw new InvalidInputException($"frozen-lake: map has no {tile}; expected a start (S) and a goal (G)");
    }
}
