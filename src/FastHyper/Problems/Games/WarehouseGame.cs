using FastHyper.Backends;
using FastHyper.Problems.Worlds;

namespace FastHyper.Problems.Games;

/// <summary>
/// Two carts in narrow aisles. Corridors along the top and the bottom of a grid are joined by aisles one cell wide; each cart carries
/// goods from its pick-up to its delivery and comes back for more. In each step the leader's cart is dispatched first: up, right, down,
/// left or wait; the follower sees it and moves, or waits, too. A cart does not enter a wall or the cell where the other one is. The
/// follower wants its own deliveries, the leader's throughput counts both carts'. A state is the cells of both carts and what they
/// carry, 4 n² of them for n free cells.
/// </summary>
public sealed class WarehouseGame : MarkovGame, IGridGame
{
    private const int Moves = 5, Wait = 4;
    private static readonly (int Row, int Column)[] Steps = [(-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)];

    private WarehouseGame(Builder builder)
        : base("warehouse-game", builder.Data, (seed, x) => ProblemDraws.InitialParameters(seed, builder.Options.WeightDeviation, x))
    {
        Options = builder.Options;
        Grid = builder.Grid;
        Players = builder.Players;
    }

    /// <summary>The constants.</summary>
    public WarehouseGameOptions Options { get; }

    /// <inheritdoc/>
    public GridWorld Grid { get; }

    /// <inheritdoc/>
    public IReadOnlyList<GridPlayer> Players { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> LeaderActionNames { get; } = ["up", "right", "down", "left", "wait"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FollowerActionNames => LeaderActionNames;

    /// <summary>Builds the game.</summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static WarehouseGame Create(WarehouseGameOptions? options = null) => new(new Builder(options ?? new WarehouseGameOptions()));

    /// <summary>Both carts: their cells, and whether they carry.</summary>
    private readonly record struct Carts(int Leader, int Follower, bool LeaderCarries, bool FollowerCarries)
    {
        public static Carts Of(int state, int cells) => new(state / 4 / cells, state / 4 % cells, (state & 2) != 0, (state & 1) != 0);

        public int State(int cells) => (((Leader * cells) + Follower) * 4) + (LeaderCarries ? 2 : 0) + (FollowerCarries ? 1 : 0);
    }

    private sealed class Builder
    {
        private static readonly string[] Labels = ["L", "l", "F", "f"];
        private readonly int[] _cellOf;
        private readonly int[,] _next;
        private readonly int _leaderPickUp, _leaderDelivery, _followerPickUp, _followerDelivery;

        public Builder(WarehouseGameOptions options)
        {
            Options = options;
            Check(options);
            int[] freeOf = new int[options.Rows * options.Columns];
            List<int> cells = [];
            for (int cell = 0; cell < freeOf.Length; cell++)
            {
                (int row, int column) = Math.DivRem(cell, options.Columns);
                bool free = row == 0 || row == options.Rows - 1 || column % (options.ShelfColumns + 1L) == 0;
                freeOf[cell] = free ? cells.Count : -1;
                if (free) cells.Add(cell);
            }

            _cellOf = [.. cells];
            _next = Neighbours(freeOf);
            int bottom = options.Rows - 1;
            int[][] stations =
            [
                options.LeaderPickUp ?? [0, 0], options.LeaderDelivery ?? [bottom, 0],
                options.FollowerPickUp ?? [bottom, 1], options.FollowerDelivery ?? [0, 1],
            ];
            string[] names = ["leader_pick_up", "leader_delivery", "follower_pick_up", "follower_delivery"];
            int[] at = [.. stations.Select((station, i) => Free(names[i], station, freeOf))];
            (_leaderPickUp, _leaderDelivery, _followerPickUp, _followerDelivery) = (at[0], at[1], at[2], at[3]);
            if (_leaderPickUp == _leaderDelivery || _followerPickUp == _followerDelivery || _leaderPickUp == _followerPickUp)
                throw new InvalidInputException(
                    "warehouse-game: a cart's pick-up is its delivery, or both carts' pick-up; expected different cells");
            Data = Game();
            Grid = new GridWorld(
                options.Rows, options.Columns, [.. cells],
                [.. stations.Zip(Labels, (station, label) => new GridLabel(station[0], station[1], label))])
            {
                Legend = "L, F where the leader's and the follower's cart pick up, l, f where they deliver",
            };
            int states = Data.Transitions.States, free4 = _cellOf.Length;
            Players =
            [
                new GridPlayer("leader's cart", [.. Enumerable.Range(0, states).Select(s => _cellOf[Carts.Of(s, free4).Leader])]),
                new GridPlayer("follower's cart", [.. Enumerable.Range(0, states).Select(s => _cellOf[Carts.Of(s, free4).Follower])]),
            ];
        }

        public WarehouseGameOptions Options { get; }

        public GameData Data { get; }

        public GridWorld Grid { get; }

        public IReadOnlyList<GridPlayer> Players { get; }

        private static void Check(WarehouseGameOptions o)
        {
            // 4 n² states of 25 pairs of moves are an array for fewer than 4634 cells.
            const int most = 4633;
            long cells = (2L * o.Columns) + ((o.Rows - 2L) * (((o.Columns - 1) / (o.ShelfColumns + 1L)) + 1));
            if (cells > most || (long)o.Rows * o.Columns >= Array.MaxLength)
                throw new InvalidInputException($"warehouse-game: {cells} free cells; expected at most {most}, for 4 n² states");
        }

        private int Free(string name, int[] cell, int[] freeOf) =>
            cell.Length == 2 && (uint)cell[0] < (uint)Options.Rows && (uint)cell[1] < (uint)Options.Columns
                && freeOf[(cell[0] * Options.Columns) + cell[1]] is >= 0 and int free
                ? free
                : throw new InvalidInputException(
                    $"warehouse-game: {name} = [{OneLine.Value(string.Join(", ", cell))}]; expected the row and column of a free cell");

        /// <summary>The free cell that each move leads to from each, the same one where a wall is in the way.</summary>
        private int[,] Neighbours(int[] freeOf)
        {
            int[,] next = new int[_cellOf.Length, Moves];
            for (int cell = 0; cell < _cellOf.Length; cell++)
            {
                (int row, int column) = Math.DivRem(_cellOf[cell], Options.Columns);
                for (int move = 0; move < Moves; move++)
                {
                    int r = row + Steps[move].Row, c = column + Steps[move].Column;
                    bool inside = (uint)r < (uint)Options.Rows && (uint)c < (uint)Options.Columns;
                    next[cell, move] = inside && freeOf[(r * Options.Columns) + c] is >= 0 and int free ? free : cell;
                }
            }

            return next;
        }

        private GameData Game()
        {
            int cells = _cellOf.Length, states = 4 * cells * cells;
            double[] reward = new double[states * Moves * Moves], leaderReward = new double[reward.Length];
            for (int s = 0, row = 0; s < states; s++)
            {
                Carts carts = Carts.Of(s, cells);
                double leaderDelivers = carts.LeaderCarries && carts.Leader == _leaderDelivery ? Options.DeliveryReward : 0;
                double followerDelivers = carts.FollowerCarries && carts.Follower == _followerDelivery ? Options.DeliveryReward : 0;
                for (int pair = 0; pair < Moves * Moves; pair++, row++)
                {
                    reward[row] = followerDelivers - (pair % Moves == Wait ? 0 : Options.MoveCost);
                    leaderReward[row] =
                        leaderDelivers + (Options.Throughput * followerDelivers) - (pair / Moves == Wait ? 0 : Options.MoveCost);
                }
            }

            double[] initial = new double[states];
            initial[new Carts(_leaderPickUp, _followerPickUp, false, false).State(cells)] = 1;
            return new GameData
            {
                Transitions = Transitions.FromRows(states, Moves * Moves, 4, WriteRow),
                LeaderActions = Moves,
                Followers = [new GameFollower(reward, leaderReward)],
                Initial = initial,
                Gamma = Options.Gamma,
                GammaLeader = Options.GammaLeader,
                Temperature = Options.Temperature,
            };
        }

        private int WriteRow(int state, int pair, Span<int> successors, Span<double> probabilities)
        {
            int cells = _cellOf.Length;
            Carts carts = Carts.Of(state, cells);
            // Goods change hands where the carts stand, whatever they do next.
            bool leaderCarries = carts.LeaderCarries ? carts.Leader != _leaderDelivery : carts.Leader == _leaderPickUp;
            bool followerCarries = carts.FollowerCarries ? carts.Follower != _followerDelivery : carts.Follower == _followerPickUp;
            int count = 0;
            foreach ((int leader, double p) in Outcomes(carts.Leader, pair / Moves, carts.Follower))
            {
                foreach ((int follower, double q) in Outcomes(carts.Follower, pair % Moves, leader))
                {
                    if (p * q == 0) continue;
                    successors[count] = new Carts(leader, follower, leaderCarries, followerCarries).State(cells);
                    probabilities[count++] = p * q;
                }
            }

            return count;
        }

        /// <summary>Where a cart may be after a move, given where the other one stands; each place once.</summary>
        private (int Cell, double Probability)[] Outcomes(int cell, int move, int other)
        {
            int to = _next[cell, move];
            return to == cell || to == other ? [(cell, 1)] : [(to, 1 - Options.Slip), (cell, Options.Slip)];
        }
    }
}
