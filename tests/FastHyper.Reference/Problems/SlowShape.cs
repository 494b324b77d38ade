namespace FastHyper.Reference.Problems;

/// <summary>Whether an episode ends, and where.</summary>
public enum Ending
{
    /// <summary>Nowhere: rows sum to one.</summary>
    Never,

    /// <summary>In some states or rows, which can be reached from all.</summary>
    AtGoals,

    /// <summary>By chance at every step.</summary>
    Everywhere,
}

/// <summary>A family of transitions.</summary>
/// <param name="Name">Its name, as the bench command takes it.</param>
/// <param name="Ending">Whether episodes end: where they do, nothing need be discounted.</param>
/// <param name="FewestStates">The smallest S.</param>
/// <param name="MostStates">The largest S.</param>
/// <param name="FewestActions">The smallest A.</param>
/// <param name="Write">Writes rows for the S and A that are given.</param>
public sealed record SlowShape(
    string Name, Ending Ending, int FewestStates, int MostStates, int FewestActions, Action<SlowDraws, SlowRows> Write)
{
    /// <summary>All families.</summary>
    public static IReadOnlyList<SlowShape> All { get; } =
    [
        new("random", Ending.Never, 1, 400, 1, Random),
        new("chain-return", Ending.Never, 2, 400, 2, ChainWithReturn),
        new("chain-reflecting", Ending.Never, 2, 400, 1, ReflectingChain),
        new("chain-one-way", Ending.Never, 2, 400, 1, (draws, rows) => OneWayChain(draws, rows, ends: false)),
        new("chain-to-the-end", Ending.AtGoals, 2, 400, 1, (draws, rows) => OneWayChain(draws, rows, ends: true)),
        new("ring-leak", Ending.Never, 3, 400, 1, RingWithLeak),
        new("ring-both-ways", Ending.Never, 3, 400, 1, RingBothWays),
        new("corridor", Ending.Never, 4, 400, 1, Corridor),
        new("cycle", Ending.Never, 2, 400, 1, Cycle),
        new("permutation", Ending.Never, 1, 400, 1, Permutation),
        new("sticky", Ending.Never, 1, 400, 1, Sticky),
        new("leak", Ending.Never, 3, 200, 1, Leak),
        new("blocks", Ending.Never, 4, 200, 1, Blocks),
        new("grid-goal", Ending.AtGoals, 4, 400, 2, GridWithGoal),
        new("ends", Ending.AtGoals, 1, 200, 1, Ends),
        new("long-episodes", Ending.Everywhere, 1, 200, 1, LongEpisodes),
        new("deterministic", Ending.Never, 1, 200, 1, Deterministic),
        new("few-states", Ending.Never, 1, 5, 1, FewStates),
    ];

    /// <summary>The family of a name.</summary>
    public static SlowShape Named(string name) => All.FirstOrDefault(shape => shape.Name == name)
        ?? throw new InvalidInputException($"family: '{name}'; expected one of {string.Join(", ", All.Select(shape => shape.Name))}");

    /// <summary>A probability that is small by orders of magnitude.</summary>
    private static double Small(SlowDraws draws, params ReadOnlySpan<double> magnitudes) => draws.Of(magnitudes) * draws.Uniform(0.5, 1);

    private static void Random(SlowDraws draws, SlowRows rows)
    {
        for (int s = 0; s < rows.States; s++)
            for (int a = 0; a < rows.Actions; a++) Scatter(draws, rows, s, a, 0, rows.States - 1, draws.Integer(1, 4), 1);
    }

    /// <summary>A share of a row over a few successors among those of a range.</summary>
    private static void Scatter(SlowDraws draws, SlowRows rows, int s, int a, int first, int last, int successors, double share)
    {
        double[] weights = [.. Enumerable.Range(0, successors).Select(_ => draws.Uniform(0.05, 1))];
        double sum = weights.Sum();
        foreach (double weight in weights) rows.Add(s, a, draws.Integer(first, last), share * (weight / sum));
    }

    /// <summary>Forward, or back to the start.</summary>
    private static void ChainWithReturn(SlowDraws draws, SlowRows rows)
    {
        for (int s = 0; s < rows.States; s++)
        {
            rows.Add(s, 0, Math.Min(s + 1, rows.States - 1), 1);
            for (int a = 1; a < rows.Actions; a++) rows.Add(s, a, a == 1 ? 0 : draws.Integer(0, s), 1);
        }
    }

    private static void ReflectingChain(SlowDraws draws, SlowRows rows)
    {
        double slip = draws.Of(0, 0.1, 0.3, 0.499);
        for (int s = 0; s < rows.States; s++)
        {
            for (int a = 0; a < rows.Actions; a++)
            {
                int step = a % 2 == 0 ? 1 : -1;
                rows.Add(s, a, Math.Clamp(s + step, 0, rows.States - 1), 1 - slip);
                rows.Add(s, a, Math.Clamp(s - step, 0, rows.States - 1), slip);
            }
        }
    }

    private static void OneWayChain(SlowDraws draws, SlowRows rows, bool ends)
    {
        for (int s = 0; s < rows.States; s++)
        {
            for (int a = 0; a < rows.Actions; a++)
            {
                double stay = s == rows.States - 1 ? 0 : draws.Of(0, 0.5, 0.9, 0.99);
                rows.Add(s, a, s, stay);
                rows.Add(s, a, Math.Min(s + 1, rows.States - 1), 1 - stay);
            }
        }

        if (ends) rows.End(rows.States - 1);
    }

    private static void RingWithLeak(SlowDraws draws, SlowRows rows)
    {
        int ring = rows.States - 1;
        double leak = draws.Of(0.1, 0.01, 0.01, 1e-3, 1e-5);
        for (int a = 0; a < rows.Actions; a++)
        {
            for (int s = 0; s < ring; s++)
            {
                rows.Add(s, a, (s + 1 + a) % ring, 1 - leak);
                rows.Add(s, a, ring, leak);
            }

            rows.Add(ring, a, ring, 1);
        }
    }

    private static void RingBothWays(SlowDraws draws, SlowRows rows)
    {
        double stay = draws.Of(0, 0.1, 0.9), across = draws.Of(0, 0.1);
        for (int s = 0; s < rows.States; s++)
        {
            for (int a = 0; a < rows.Actions; a++)
            {
                int step = a % 2 == 0 ? 1 : rows.States - 1;
                rows.Add(s, a, s, stay);
                rows.Add(s, a, (s + step) % rows.States, (1 - stay) * (1 - across));
                rows.Add(s, a, (s + rows.States - step) % rows.States, (1 - stay) * across);
            }
        }
    }

    /// <summary>Rooms side by side, each two states wide, with one way from a room to the next; bumping into a wall stays.</summary>
    private static void Corridor(SlowDraws draws, SlowRows rows)
    {
        double slip = draws.Of(0, 0.05, 0.2);
        int columns = (rows.States + 1) / 2;
        for (int s = 0; s < rows.States; s++)
        {
            for (int a = 0; a < rows.Actions; a++)
            {
                rows.Add(s, a, Step(s, a % 4), 1 - slip);
                rows.Add(s, a, Step(s, (a + 1) % 4), slip);
            }
        }

        int Step(int s, int direction)
        {
            (int row, int column) = (s / columns, s % columns);
            (int r, int c) = direction switch { 0 => (row, column + 1), 1 => (row, column - 1), 2 => (row + 1, column), _ => (row - 1, column) };
            // Only the upper side is open between every other pair of columns.
            bool wall = r is < 0 or > 1 || c < 0 || c >= columns || (row == 1 && c != column && Math.Max(c, column) % 2 == 0);
            int next = (r * columns) + c;
            return wall || next >= rows.States ? s : next;
        }
    }

    private static void Cycle(SlowDraws draws, SlowRows rows)
    {
        for (int s = 0; s < rows.States; s++)
            for (int a = 0; a < rows.Actions; a++) rows.Add(s, a, (s + 1 + a) % rows.States, 1);
    }

    private static void Permutation(SlowDraws draws, SlowRows rows)
    {
        for (int a = 0; a < rows.Actions; a++)
        {
            int[] order = [.. Enumerable.Range(0, rows.States)];
            for (int i = rows.States - 1; i > 0; i--)
            {
                int j = draws.Integer(0, i);
                (order[i], order[j]) = (order[j], order[i]);
            }

            for (int s = 0; s < rows.States; s++) rows.Add(s, a, order[s], 1);
        }
    }

    private static void Sticky(SlowDraws draws, SlowRows rows)
    {
        double leave = draws.Of(0.5, 0.1, 0.01, 1e-3, 1e-5);
        for (int s = 0; s < rows.States; s++)
        {
            for (int a = 0; a < rows.Actions; a++)
            {
                double e = leave * draws.Uniform();
                rows.Add(s, a, s, 1 - e);
                rows.Add(s, a, draws.Integer(0, rows.States - 1), e);
            }
        }
    }

    /// <summary>Random moves that once in a while lead into one of two states that nothing leaves.</summary>
    private static void Leak(SlowDraws draws, SlowRows rows)
    {
        double leak = draws.Of(0.1, 1e-3, 1e-5, 1e-7, 1e-9);
        for (int s = 0; s < rows.States; s++)
        {
            for (int a = 0; a < rows.Actions; a++)
            {
                if (s < 2)
                {
                    rows.Add(s, a, s, 1);
                    continue;
                }

                double e = leak * draws.Uniform();
                Scatter(draws, rows, s, a, 2, rows.States - 1, draws.Integer(1, 3), 1 - e);
                rows.Add(s, a, draws.Integer(0, 1), e);
            }
        }
    }

    /// <summary>Nearly decomposable: moves within a block, and seldom to any other.</summary>
    private static void Blocks(SlowDraws draws, SlowRows rows)
    {
        int count = draws.Integer(2, Math.Min(4, rows.States / 2));
        double coupling = draws.Of(1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12);
        for (int s = 0; s < rows.States; s++)
        {
            int block = (int)((long)s * count / rows.States);
            int first = ((block * rows.States) + count - 1) / count, last = ((((block + 1) * rows.States) + count - 1) / count) - 1;
            for (int a = 0; a < rows.Actions; a++)
            {
                double e = coupling * draws.Uniform();
                Scatter(draws, rows, s, a, first, last, draws.Integer(1, 3), 1 - e);
                rows.Add(s, a, draws.Integer(0, rows.States - 1), e);
            }
        }
    }

    /// <summary>A grid of moves that slip sideways, and a corner in which the episode ends; perhaps a few holes.</summary>
    private static void GridWithGoal(SlowDraws draws, SlowRows rows)
    {
        int width = Math.Max(2, (int)Math.Sqrt(rows.States));
        double slip = draws.Of(0, 0.1, 1.0 / 3), hole = draws.Of(0, 0.05, 0.2);
        for (int s = 0; s < rows.States; s++)
        {
            for (int a = 0; a < rows.Actions; a++)
            {
                rows.Add(s, a, Step(s, a % 4), 1 - (2 * slip));
                rows.Add(s, a, Step(s, (a + 1) % 4), slip);
                rows.Add(s, a, Step(s, (a + 3) % 4), slip);
            }

            if (s == rows.States - 1 || (s > 0 && draws.Chance(hole))) rows.End(s);
        }

        // The last row may be short: right and down lead to its end from everywhere else.
        int Step(int s, int direction)
        {
            (int row, int column) = (s / width, s % width);
            (int r, int c) = direction switch { 0 => (row, column + 1), 1 => (row + 1, column), 2 => (row, column - 1), _ => (row - 1, column) };
            int next = (r * width) + c;
            if (direction == 1 && next >= rows.States) return Math.Min(s + 1, rows.States - 1);
            return r < 0 || c < 0 || c >= width || next >= rows.States ? s : next;
        }
    }

    /// <summary>Random moves, now and then towards the state in which the episode ends.</summary>
    private static void Ends(SlowDraws draws, SlowRows rows)
    {
        Random(draws, rows);
        double share = draws.Of(0.2, 0.01, 1e-4);
        rows.Shrink(1 - share);
        for (int s = 0; s < rows.States - 1; s++)
            for (int a = 0; a < rows.Actions; a++) rows.Add(s, a, draws.Integer(s + 1, rows.States - 1), share);
        rows.End(rows.States - 1);
    }

    /// <summary>Moves of another family, each with a small chance of being the last.</summary>
    private static void LongEpisodes(SlowDraws draws, SlowRows rows)
    {
        switch (draws.Integer(0, 3))
        {
            case 0: Random(draws, rows); break;
            case 1: Sticky(draws, rows); break;
            case 2: Cycle(draws, rows); break;
            default: ReflectingChain(draws, rows); break;
        }

        rows.Shrink(1 - Small(draws, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8));
    }

    private static void Deterministic(SlowDraws draws, SlowRows rows)
    {
        for (int s = 0; s < rows.States; s++)
            for (int a = 0; a < rows.Actions; a++) rows.Add(s, a, draws.Integer(0, rows.States - 1), 1);
    }

    private static void FewStates(SlowDraws draws, SlowRows rows)
    {
        if (draws.Chance(0.5)) Deterministic(draws, rows);
        else Sticky(draws, rows);
    }
}
