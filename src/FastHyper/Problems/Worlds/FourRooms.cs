using FastHyper.Backends;

namespace FastHyper.Problems.Worlds;

/// <summary>
/// Four rooms whose leader puts incentives on cells so that the follower, on its way to a goal, passes a target cell
/// (Thoma et al., arXiv 2406.01575; Kudo et al., arXiv 2603.14867). Each goal, with each combination of closed doors,
/// is a context. The action taken in the goal cell ends the episode.
/// </summary>
public sealed class FourRooms : IncentiveProblem, IGridProblem
{
    private static readonly (int Row, int Column)[] Moves = [(-1, 0), (0, 1), (1, 0), (0, -1)];

    private FourRooms(Builder builder)
        : base(
            "four-rooms", builder.Transitions, builder.ParameterCount, builder.Link, builder.Contexts, builder.InitialParameters,
            builder.Options.Gamma, builder.Options.GammaLeader, builder.Options.Temperature)
    {
        Options = builder.Options;
        Grid = builder.Grid;
    }

    /// <summary>The constants.</summary>
    public FourRoomsOptions Options { get; }

    /// <inheritdoc/>
    public GridWorld Grid { get; }

    /// <summary>Builds the problem.</summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static FourRooms Create(FourRoomsOptions? options = null) => new(new Builder(options ?? new FourRoomsOptions()));

    private sealed class Builder
    {
        private readonly int[,] _stateOf;

        public Builder(FourRoomsOptions options)
        {
            Options = options;
            Check(options);
            int columns = options.Map[0].Length;
            _stateOf = new int[options.Map.Count, columns];
            List<int> cells = [];
            for (int row = 0; row < options.Map.Count; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    _stateOf[row, column] = options.Map[row][column] == 'x' ? -1 : cells.Count;
                    if (_stateOf[row, column] >= 0) cells.Add((row * columns) + column);
                }
            }

            int start = State("start", options.Start);
            int target = State("target", options.Target);
            int[] goals = [.. options.Goals.Select((cell, i) => State($"goals[{i}]", cell))];
            int[] doors = [.. options.Doors.Select((cell, i) => State($"doors[{i}]", cell))];
            Grid = new GridWorld(options.Map.Count, columns, [.. cells],
            [
                new GridLabel(options.Start[0], options.Start[1], "S"),
                new GridLabel(options.Target[0], options.Target[1], "T"),
                .. options.Goals.Select(cell => new GridLabel(cell[0], cell[1], "G")),
            ])
            {
                Legend = "S start, G goal, T the leader's target",
            };

            bool softmax = options.Incentive == IncentiveKind.Softmax;
            (double low, double high) = softmax ? (0, options.IncentiveScale) : (options.IncentiveRange[0], options.IncentiveRange[1]);
            bool mixedSigns = !softmax && low < 0 && high > 0;
            ParameterCount = softmax ? cells.Count + 1 : cells.Count;
            Link = new LinkMap(softmax ? LinkKind.Softmax : LinkKind.Sigmoid, low, high, mixedSigns);

            // Which contexts there are: goals times the states of doors that chance decides.
            List<(double Probability, int Goal, int Closed)> combinations = [];
            for (int closed = 0; closed < 1 << doors.Length; closed++)
            {
                double probability = 1;
                for (int door = 0; door < doors.Length; door++)
                    probability *= (closed >> door & 1) != 0 ? options.DoorsClosed[door] : 1 - options.DoorsClosed[door];
                if (probability > 0)
                    combinations.AddRange(goals.Select(goal => (probability / goals.Length, goal, closed)));
            }

            List<SortedDictionary<int, double>[]> tables = [.. combinations.Select(c => Table(cells.Count, c.Goal, doors, c.Closed))];
            SparseMatrix structure = Union(tables, cells.Count);
            Transitions = new Transitions(cells.Count, Moves.Length, structure);
            double[] initial = new double[cells.Count];
            initial[start] = 1;
            int sign = softmax ? Math.Sign(high) : low < 0 ? -1 : 1;
            Dictionary<int, (AffineMap Follower, AffineMap Leader)> maps = goals.Distinct().ToDictionary(
                goal => goal,
                goal => (FollowerMap(cells.Count, goal), LeaderMap(cells.Count, goal, target, mixedSigns, sign)));
            Contexts = [.. combinations.Select((c, i) => new IncentiveContext(
                c.Probability,
                maps[c.Goal].Follower,
                maps[c.Goal].Leader,
                initial,
                combinations.Count == 1 ? null : Values(structure, tables[i])))];
        }

        public FourRoomsOptions Options { get; }

        public GridWorld Grid { get; }

        public int ParameterCount { get; }

        public LinkMap Link { get; }

        public Transitions Transitions { get; }

        public IReadOnlyList<IncentiveContext> Contexts { get; }

        public void InitialParameters(ulong seed, Span<double> x) => ProblemDraws.InitialParameters(seed, Options.WeightDeviation, x);

        private static void Check(FourRoomsOptions o)
        {
            if (o.Map.Count == 0 || o.Map.Any(line => line.Length != o.Map[0].Length))
                throw new InvalidInputException("four-rooms: map lines differ in length; expected a rectangle");
            for (int row = 0; row < o.Map.Count; row++)
                for (int column = 0; column < o.Map[0].Length; column++)
                    if ((row == 0 || column == 0 || row == o.Map.Count - 1 || column == o.Map[0].Length - 1) && o.Map[row][column] != 'x')
                        throw new InvalidInputException($"four-rooms: map ({row}, {column}) is free; expected walls (x) all around");
            if (o.Goals.Length == 0) throw new InvalidInputException("four-rooms: no goals; expected at least one cell");
            if (o.DoorsClosed.Length != o.Doors.Length)
                throw new InvalidInputException(
                    $"four-rooms: {o.DoorsClosed.Length} probabilities in doors_closed; expected {o.Doors.Length}, one a door");
            for (int i = 0; i < o.Doors.Length; i++)
                if (o.Doors.Take(i).Any(door => door.AsSpan().SequenceEqual(o.Doors[i])))
                    throw new InvalidInputException(
                        $"four-rooms: doors[{i}] = [{OneLine.Value(string.Join(", ", o.Doors[i]))}] is there already; expected different "
                            + "doors");
            if (o.Doors.Length > 12) throw new InvalidInputException($"four-rooms: {o.Doors.Length} doors; expected at most 12");
            for (int i = 0; i < o.DoorsClosed.Length; i++)
                if (!(o.DoorsClosed[i] >= 0 && o.DoorsClosed[i] <= 1))
                    throw new InvalidInputException(
                        $"four-rooms: doors_closed[{i}] = {o.DoorsClosed[i]}; expected a probability in [0, 1]");
            if (o.Incentive == IncentiveKind.Softmax && o.IncentiveScale == 0)
                throw new InvalidInputException($"four-rooms: incentive_scale = {o.IncentiveScale}; expected a number other than 0");
            if (o.Incentive == IncentiveKind.Sigmoid
                && !(o.IncentiveRange.Length == 2 && o.IncentiveRange[0] < o.IncentiveRange[1] && o.IncentiveRange.All(double.IsFinite)))
                throw new InvalidInputException(
                    $"four-rooms: incentive_range = [{OneLine.Value(string.Join(", ", o.IncentiveRange))}]; expected [low, high] with low "
                        + "< high");
        }

        private static SparseMatrix Union(List<SortedDictionary<int, double>[]> tables, int states)
        {
            long[] offsets = new long[tables[0].Length + 1];
            List<int> columns = [];
            for (int row = 0; row < tables[0].Length; row++)
            {
                SortedSet<int> union = [.. tables.SelectMany(table => table[row].Keys)];
                columns.AddRange(union);
                offsets[row + 1] = columns.Count;
            }

            SparseMatrix structure = new(states, offsets, [.. columns], new double[columns.Count]);
            Values(structure, tables[0]).CopyTo(structure.Values, 0);
            return structure;
        }

        private static double[] Values(SparseMatrix structure, SortedDictionary<int, double>[] table)
        {
            double[] values = new double[structure.EntryCount];
            for (int row = 0; row < structure.RowCount; row++)
                for (long k = structure.Offsets[row]; k < structure.Offsets[row + 1]; k++)
                    values[k] = table[row].GetValueOrDefault(structure.Columns[k]);
            return values;
        }

        private int State(string name, int[] cell)
        {
            if (cell.Length != 2 || (uint)cell[0] >= (uint)_stateOf.GetLength(0) || (uint)cell[1] >= (uint)_stateOf.GetLength(1)
                || _stateOf[cell[0], cell[1]] < 0)
                throw new InvalidInputException(
                    $"four-rooms: {name} = [{OneLine.Value(string.Join(", ", cell))}]; expected the row and column of a free cell");
            return _stateOf[cell[0], cell[1]];
        }

        /// <summary>P(·|s,a) of one context, row s·4+a: the chosen move with 1 − slip, each other with slip/3.</summary>
        private SortedDictionary<int, double>[] Table(int states, int goal, int[] doors, int closed)
        {
            SortedDictionary<int, double>[] rows = new SortedDictionary<int, double>[states * Moves.Length];
            for (int s = 0; s < states; s++)
            {
                (int row, int column) = Math.DivRem(Grid.CellOfState[s], Grid.Columns);
                for (int a = 0; a < Moves.Length; a++)
                {
                    SortedDictionary<int, double> successors = rows[(s * Moves.Length) + a] = [];
                    if (s == goal) continue;
                    for (int executed = 0; executed < Moves.Length; executed++)
                    {
                        int to = _stateOf[row + Moves[executed].Row, column + Moves[executed].Column];
                        int door = Array.IndexOf(doors, to);
                        if (to < 0 || (door >= 0 && (closed >> door & 1) != 0)) to = s;
                        double probability = executed == a ? 1 - Options.Slip : Options.Slip / 3;
                        if (probability > 0) successors[to] = successors.GetValueOrDefault(to) + probability;
                    }
                }
            }

            return rows;
        }

        private AffineMap FollowerMap(int states, int goal)
        {
            int actions = Moves.Length;
            double[] constant = new double[states * actions];
            long[] offsets = new long[constant.Length + 1];
            List<int> columns = [];
            for (int row = 0; row < constant.Length; row++)
            {
                if (row / actions == goal) constant[row] = Options.GoalReward;
                else columns.Add(row / actions);
                offsets[row + 1] = columns.Count;
            }

            return new AffineMap(
                constant,
                new SparseMatrix(Link.OutputLength(ParameterCount), offsets, [.. columns], [.. Enumerable.Repeat(1.0, columns.Count)]));
        }

        /// <summary>
        /// β ‖y‖₁ over all cells, the goal's included although the follower does not get it: linear in y where all
        /// incentives have one sign, in |y| where they may have both.
        /// </summary>
        private AffineMap LeaderMap(int states, int goal, int target, bool mixedSigns, int sign)
        {
            int actions = Moves.Length;
            double[] constant = new double[states * actions];
            long[] offsets = new long[constant.Length + 1];
            List<int> columns = [];
            for (int row = 0; row < constant.Length; row++)
            {
                if (row / actions == target) constant[row] = Options.TargetReward;
                if (row / actions == goal)
                    columns.AddRange(Enumerable.Range(mixedSigns ? ParameterCount : 0, states));
                offsets[row + 1] = columns.Count;
            }

            double cost = -Options.Beta * (mixedSigns ? 1 : sign);
            return new AffineMap(
                constant,
                new SparseMatrix(Link.OutputLength(ParameterCount), offsets, [.. columns], [.. Enumerable.Repeat(cost, columns.Count)]));
        }
    }
}
