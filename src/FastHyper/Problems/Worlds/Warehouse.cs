using FastHyper.Backends;

namespace FastHyper.Problems.Worlds;

/// <summary>
/// A robot carries goods from docks to the shelves of a warehouse, for ever; the leader prices the aisle cells so that
/// goods flow but a sensitive zone stays clear.
/// <para>
/// Cells of the H × W grid are numbered in reading order; docks stand in the last row. State s = 2·cell + carrying,
/// carrying ∈ {0, 1}: neighbours lie at s ± 2 and s ± 2W throughout, and nothing farther away, which is what the solvers
/// live on. Shelf cells keep their numbers for that, although
/// nobody enters them: their rows of P are empty, so that an episode there would end at once, and V = τ log 4.
/// </para>
/// <para>
/// Actions up, right, down, left; with <see cref="WarehouseOptions.Slip"/> another move is made, and a move into a border or a
/// shelf stays. The action taken in a dock picks goods up, and the action taken with goods in a delivery cell delivers
/// them. A block's delivery cell, where it has one, is the aisle cell above one of the shelves of its upper row.
/// </para>
/// <para>
/// Price of aisle cell i: y_i = low + (high − low) σ(x_i), P = number of aisle cells, in reading order. In aisle cell i,
/// r(s,a; x) = delivery reward · [delivers] + pick-up reward · [picks up] − step cost − y_i, and
/// l(s,a; x) = throughput reward · [delivers] − congestion cost · [i in the zone] − price weight · y_i.
/// </para>
/// </summary>
public sealed class Warehouse : IncentiveProblem, IGridProblem
{
    /// <summary>Cells along a side at the most, so that 32 bits number the stored transitions.</summary>
    public const int LongestSide = 4000;

    private Warehouse(Builder builder)
        : base(
            "warehouse", builder.Transitions, builder.CellOfPrice.Length,
            new LinkMap(LinkKind.Sigmoid, builder.Options.PriceRange[0], builder.Options.PriceRange[1]),
            [new IncentiveContext(1, builder.Reward, builder.LeaderReward, builder.Initial)], builder.InitialParameters,
            builder.Options.Gamma, builder.Options.GammaLeader, builder.Options.Temperature)
    {
        Options = builder.Options;
        Grid = builder.Grid;
    }

    /// <summary>The constants.</summary>
    public WarehouseOptions Options { get; }

    /// <inheritdoc/>
    public GridWorld Grid { get; }

    /// <summary>Builds the problem.</summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static Warehouse Create(WarehouseOptions? options = null) => new(new Builder(options ?? new WarehouseOptions()));

    private sealed class Builder
    {
        private readonly WarehouseLayout _layout;
        private readonly int _cells;

        public Builder(WarehouseOptions options)
        {
            Options = options;
            _layout = new WarehouseLayout(options);
            _cells = _layout.Rows * _layout.Columns;
            CellOfPrice = new int[_layout.Aisles];
            for (int cell = 0, price = 0; cell < _cells; cell++)
                if (!IsShelf(cell)) CellOfPrice[price++] = cell;
            Transitions = new WarehouseMoves(_layout, options.Slip).Create();
            SparseMatrix paid = Paid();
            Reward = new AffineMap(Constant(-options.StepCost, options.DeliveryReward, options.PickUpReward), paid, -1);
            double[] constant = Constant(0, options.ThroughputReward, 0);
            AddCongestion(constant);
            LeaderReward = new AffineMap(constant, paid, -options.PriceWeight);
            Initial = new double[2 * _cells];
            int[] starts = options.Start == WarehouseStart.Docks ? _layout.Docks : CellOfPrice;
            foreach (int cell in starts) Initial[2 * cell] = 1.0 / starts.Length;
            Grid = Draw();
        }

        public WarehouseOptions Options { get; }

        public GridWorld Grid { get; }

        public int[] CellOfPrice { get; }

        public Transitions Transitions { get; }

        public AffineMap Reward { get; }

        public AffineMap LeaderReward { get; }

        public double[] Initial { get; }

        public void InitialParameters(ulong seed, Span<double> x)
        {
            for (int i = 0; i < x.Length; i += 2)
            {
                (double first, double second) = Philox.Normals((uint)i, Philox.Purpose.Parameters, 0, 0, seed);
                x[i] = Options.WeightMean + (Options.WeightDeviation * first);
                if (i + 1 < x.Length) x[i + 1] = Options.WeightMean + (Options.WeightDeviation * second);
            }
        }

        private bool IsShelf(int cell) => _layout.IsShelf(cell / _layout.Columns, cell % _layout.Columns);

        /// <summary>Which price is paid in each state, (2·H·W) × P: both rewards take multiples of it.</summary>
        private SparseMatrix Paid()
        {
            int prices = CellOfPrice.Length;
            long[] offsets = new long[(2 * _cells) + 1];
            int[] columns = new int[2 * prices];
            double[] values = new double[2 * prices];
            values.AsSpan().Fill(1);
            for (int s = 0; s < 2 * _cells; s++)
            {
                offsets[s + 1] = offsets[s];
                if (!IsShelf(s / 2)) columns[offsets[s + 1]++] = (int)(offsets[s] / 2);
            }

            return new SparseMatrix(prices, offsets, columns, values);
        }

        /// <summary>A reward's part without prices, (2·H·W).</summary>
        private double[] Constant(double step, double delivery, double pickUp)
        {
            double[] constant = new double[2 * _cells];
            foreach (int cell in CellOfPrice) constant[2 * cell] = constant[(2 * cell) + 1] = step;
            foreach (int cell in _layout.Docks) constant[2 * cell] += pickUp;
            foreach (int cell in _layout.Deliveries) constant[(2 * cell) + 1] += delivery;
            return constant;
        }

        private void AddCongestion(double[] constant)
        {
            GridArea zone = _layout.Zone;
            for (int row = zone.Row; row < zone.Row + zone.Rows; row++)
            {
                for (int column = zone.Column; column < zone.Column + zone.Columns; column++)
                {
                    if (_layout.IsShelf(row, column)) continue;
                    int first = 2 * ((row * _layout.Columns) + column);
                    constant[first] -= Options.CongestionCost;
                    constant[first + 1] -= Options.CongestionCost;
                }
            }
        }

        private GridWorld Draw()
        {
            int[] cellOfState = new int[2 * _cells];
            cellOfState.AsSpan().Fill(-1);
            foreach (int cell in CellOfPrice) cellOfState[2 * cell] = cellOfState[(2 * cell) + 1] = cell;
            return new GridWorld(
                _layout.Rows, _layout.Columns, cellOfState, [.. Labels(_layout.Docks, "P"), .. Labels(_layout.Deliveries, "D")])
            {
                CellOfIncentive = CellOfPrice,
                Incentive = "price",
                Layers = ["to fetch goods", "to deliver them"],
                Areas = [_layout.Zone],
                Legend = "P dock where goods are picked up, D delivery cell, framed the sensitive zone",
            };
        }

        private IEnumerable<GridLabel> Labels(int[] cells, string label) =>
            cells.Select(cell => new GridLabel(cell / _layout.Columns, cell % _layout.Columns, label));
    }
}
