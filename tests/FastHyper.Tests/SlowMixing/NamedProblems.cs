using FastHyper.Problems;
using FastHyper.Reference.Problems;

namespace FastHyper.Tests.SlowMixing;

/// <summary>Problems on which solves have been seen to go wrong, or that others know by name.</summary>
internal static class NamedProblems
{
    /// <summary>Forward, or back to the start; reward 1 at the end.</summary>
    public static ProblemData Chain(int states, double gamma)
    {
        SlowRows rows = new(states, 2);
        for (int s = 0; s < states; s++)
        {
            rows.Add(s, 0, Math.Min(s + 1, states - 1), 1);
            rows.Add(s, 1, 0, 1);
        }

        double[] reward = new double[2 * states];
        reward[^2] = 1;
        return SlowProblem.OfRows(rows, reward, Uniform(1, 2 * states), Even(states), gamma, gamma, 0.1);
    }

    /// <summary>A ring of which a share leaks into a state that nothing leaves.</summary>
    public static ProblemData RingWithLeak(int ring, double gamma, double leak = 0.01)
    {
        SlowRows rows = new(ring + 1, 2);
        for (int a = 0; a < 2; a++)
        {
            for (int s = 0; s < ring; s++)
            {
                rows.Add(s, a, (s + 1 + a) % ring, 1 - leak);
                rows.Add(s, a, ring, leak);
            }

            rows.Add(ring, a, ring, 1);
        }

        return SlowProblem.OfRows(rows, Uniform(2, 2 * (ring + 1)), Uniform(3, 2 * (ring + 1)), [.. Even(ring), 0], gamma, gamma, 0.1);
    }

    /// <summary>Five states of two actions that stay where they are nearly always.</summary>
    public static ProblemData StickyFive(double gamma)
    {
        (double Leave, int Next)[] moves =
        [
            (0.051182162470025674, 3), (0.014415961271963373, 4), (0, 1), (0, 1), (0.08277025938204419, 1),
            (0, 2), (0.002755911324306837, 4), (0, 3), (0.03297317164990922, 2), (0.0303194829291645, 3),
        ];
        SlowRows rows = new(5, 2);
        for (int row = 0; row < moves.Length; row++)
        {
            rows.Add(row / 2, row % 2, row / 2, 1 - moves[row].Leave);
            rows.Add(row / 2, row % 2, moves[row].Next, moves[row].Leave);
        }

        return SlowProblem.OfRows(
            rows,
            [
                0.5988462126346276, 0.03972210748165899, -0.2924567509650886, -0.7819084623568421, -0.2571922406188707,
                0.008142180518343508, -0.2756029052993704, 1.2940638143982073, 1.0067243153057943, -2.7111624789659685,
            ],
            [
                -1.8890132459676727, -0.17477209205516195, -0.42219041157635356, 0.2136429974986111, 0.21733193102256359,
                2.1178387550510482, -1.1120207626922813, -0.37760500712699807, 2.0427716074923303, 0.6467029962018469,
            ],
            Even(5), gamma, gamma, 1);
    }

    /// <summary>States that are left seldom, for one other state each.</summary>
    public static ProblemData Sticky(int states, int actions, double gamma, ulong seed)
    {
        SlowDraws draws = new(seed);
        SlowRows rows = new(states, actions);
        for (int row = 0; row < states * actions; row++)
        {
            double leave = 0.1 * draws.Uniform();
            rows.Add(row / actions, row % actions, row / actions, 1 - leave);
            rows.Add(row / actions, row % actions, draws.Integer(0, states - 1), leave);
        }

        return SlowProblem.OfRows(
            rows, Uniform(seed + 1, states * actions), Uniform(seed + 2, states * actions), Even(states), gamma, gamma, 1);
    }

    /// <summary>One or two states on, round and round.</summary>
    public static ProblemData Cycle(int states, double gamma, double gammaLeader, double temperature, ulong seed = 4)
    {
        SlowRows rows = new(states, 2);
        for (int row = 0; row < 2 * states; row++) rows.Add(row / 2, row % 2, ((row / 2) + 1 + (row % 2)) % states, 1);
        return SlowProblem.OfRows(
            rows, Uniform(seed, 2 * states), Uniform(seed + 1, 2 * states), Even(states), gamma, gammaLeader, temperature);
    }

    /// <summary>One step, in which anything ends the episode.</summary>
    public static ProblemData OneStep(double reward, double temperature) =>
        SlowProblem.OfRows(new SlowRows(1, 2), [reward, reward - temperature], [1, 2], [1], 1, 1, temperature);

    /// <summary>
    /// Gymnasium's FrozenLake, slippery: each move goes a third of the time to either side of where it should. Holes and the goal end the
    /// episode, and so rows that lead there fall short of one; what is done in them ends it, too.
    /// </summary>
    public static ProblemData FrozenLake(string[] map, double gamma, double temperature)
    {
        (int height, int width) = (map.Length, map[0].Length);
        SlowRows rows = new(height * width, 4);
        double[] reward = new double[4 * height * width], initial = new double[height * width];
        for (int s = 0; s < height * width; s++)
        {
            if (map[s / width][s % width] == 'S') initial[s] = 1;
            if (Ends(s)) continue;
            for (int a = 0; a < 4; a++)
            {
                foreach (int direction in (int[])[(a + 3) % 4, a, (a + 1) % 4])
                {
                    // Left, down, right, up.
                    int row = Math.Clamp((s / width) + (direction == 1 ? 1 : direction == 3 ? -1 : 0), 0, height - 1);
                    int column = Math.Clamp((s % width) + (direction == 2 ? 1 : direction == 0 ? -1 : 0), 0, width - 1);
                    int next = (row * width) + column;
                    if (map[row][column] == 'G') reward[(4 * s) + a] += 1.0 / 3;
                    if (!Ends(next)) rows.Add(s, a, next, 1.0 / 3);
                }
            }
        }

        return SlowProblem.OfRows(rows, reward, reward, initial, gamma, gamma, temperature);

        bool Ends(int s) => map[s / width][s % width] is 'H' or 'G';
    }

    public static string[] FourByFour { get; } = ["SFFF", "FHFH", "FFFH", "HFFG"];

    public static string[] EightByEight { get; } =
        ["SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG"];

    /// <summary>
    /// Gymnasium's Taxi of 500 states. Where the passenger is where he wants to be, the episode is over: the states are kept, and nothing
    /// leaves them, or nothing leads there and the drop ends the episode.
    /// </summary>
    public static ProblemData Taxi(double gamma, double temperature, bool kept)
    {
        string[] map = ["|R: | : :G|", "| : | : : |", "| : : : : |", "| | : | : |", "|Y| : |B: |"];
        (int Row, int Column)[] stands = [(0, 0), (0, 4), (4, 0), (4, 3)];
        SlowRows rows = new(500, 6);
        double[] reward = new double[3000], initial = new double[500];
        for (int s = 0; s < 500; s++)
        {
            (int taxiRow, int taxiColumn, int passenger, int destination) = (s / 100, s / 20 % 5, s / 4 % 5, s % 4);
            int stand = Array.IndexOf(stands, (taxiRow, taxiColumn));
            if (passenger < 4 && passenger != destination) initial[s] = 1.0 / 300;
            for (int a = 0; a < 6; a++)
            {
                (int row, int column, int now) = (taxiRow, taxiColumn, passenger);
                double gain = -1;
                bool ends = false;
                switch (a)
                {
                    case 0: row = Math.Min(row + 1, 4); break;
                    case 1: row = Math.Max(row - 1, 0); break;
                    case 2: column += map[row][(2 * column) + 2] == ':' ? 1 : 0; break;
                    case 3: column -= map[row][2 * column] == ':' ? 1 : 0; break;
                    case 4: (now, gain) = passenger < 4 && stand == passenger ? (4, -1) : (passenger, -10); break;
                    default:
                        if (passenger == 4 && stand >= 0) (now, gain, ends) = (stand, stand == destination ? 20 : -1, stand == destination);
                        else gain = -10;
                        break;
                }

                if (kept && passenger == destination)
                {
                    rows.Add(s, a, s, 1);
                    continue;
                }

                reward[(6 * s) + a] = gain;
                if (kept || !ends) rows.Add(s, a, (((((row * 5) + column) * 5) + now) * 4) + destination, 1);
            }
        }

        return SlowProblem.OfRows(rows, reward, Uniform(9, 3000), initial, gamma, gamma, temperature);
    }

    /// <summary>Cassandra's maze of eleven states: moves that do not slip, and from the cheese anywhere else.</summary>
    public static ProblemData Cheese(double gamma, double temperature)
    {
        // Three corridors of two states hang below the first, third and fifth of a corridor of five; the cheese ends the middle one.
        (int Row, int Column)[] cells = [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (1, 2), (1, 4), (2, 0), (2, 2), (2, 4)];
        const int cheese = 9;
        SlowRows rows = new(11, 4);
        double[] reward = new double[44];
        for (int s = 0; s < 11; s++)
        {
            for (int a = 0; a < 4; a++)
            {
                if (s == cheese)
                {
                    for (int next = 0; next < 11; next++) rows.Add(s, a, next, next == cheese ? 0 : 0.1);
                    continue;
                }

                (int row, int column) = cells[s];
                int found = Array.IndexOf(
                    cells, a switch { 0 => (row - 1, column), 1 => (row + 1, column), 2 => (row, column + 1), _ => (row, column - 1) });
                int to = found < 0 ? s : found;
                rows.Add(s, a, to, 1);
                reward[(4 * s) + a] = to == cheese ? 1 : 0;
            }
        }

        return SlowProblem.OfRows(rows, reward, Uniform(10, 44), Even(11), gamma, gamma, temperature);
    }

    private static double[] Even(int states) => [.. Enumerable.Repeat(1.0 / states, states)];

    private static double[] Uniform(ulong seed, int count)
    {
        SlowDraws draws = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => draws.Uniform())];
    }
}
