namespace FastHyper.Problems.Worlds;

/// <summary>Where a warehouse's robot begins.</summary>
public enum WarehouseStart
{
    /// <summary>At a dock, each equally likely, with empty hands.</summary>
    Docks,

    /// <summary>In any aisle cell, each equally likely, with empty hands.</summary>
    Aisles,
}

/// <summary>Every constant of <see cref="Warehouse"/>.</summary>
[Options]
public sealed partial record WarehouseOptions
{
    /// <summary>Rows H of the grid, from the wall opposite the docks (row 0) to the docks.</summary>
    [Range(Min = 1, Max = Warehouse.LongestSide)]
    public int Rows { get; init => field = InRange.Of<WarehouseOptions>(value); } = 20;

    /// <summary>Columns W of the grid.</summary>
    [Range(Min = 1, Max = Warehouse.LongestSide)]
    public int Columns { get; init => field = InRange.Of<WarehouseOptions>(value); } = 20;

    /// <summary>Rows of a shelf block.</summary>
    [Range(Min = 1, Max = Warehouse.LongestSide)]
    public int ShelfRows { get; init => field = InRange.Of<WarehouseOptions>(value); } = 2;

    /// <summary>Columns of a shelf block.</summary>
    [Range(Min = 1, Max = Warehouse.LongestSide)]
    public int ShelfColumns { get; init => field = InRange.Of<WarehouseOptions>(value); } = 6;

    /// <summary>Free cells between neighbouring blocks, and at least as many between a block and a border.</summary>
    [Range(Min = 1, Max = Warehouse.LongestSide)]
    public int AisleWidth { get; init => field = InRange.Of<WarehouseOptions>(value); } = 2;

    /// <summary>Free rows before the docks, theirs included, that blocks and their aisles leave.</summary>
    [Range(Min = 1, Max = Warehouse.LongestSide)]
    public int ApronRows { get; init => field = InRange.Of<WarehouseOptions>(value); } = 2;

    /// <summary>Columns from one dock to the next; the first stands half of them from the left border.</summary>
    [Range(Min = 1, Max = 2 * Warehouse.LongestSide)]
    public int DockSpacing { get; init => field = InRange.Of<WarehouseOptions>(value); } = 10;

    /// <summary>Probability that a block has a delivery cell, drawn by <see cref="DemandSeed"/>.</summary>
    [Range(Min = 0, Max = 1)]
    public double Demand { get; init => field = InRange.Of<WarehouseOptions>(value); } = 1;

    /// <summary>Seed of the delivery cells.</summary>
    [Range(Min = 0)]
    public long DemandSeed { get; init => field = InRange.Of<WarehouseOptions>(value); } = 1;

    /// <summary>Where the robot begins.</summary>
    public WarehouseStart Start { get; init; } = WarehouseStart.Docks;

    /// <summary>Probability that another move than the chosen one is made, each other equally likely.</summary>
    [Range(Min = 0, Max = 1)]
    public double Slip { get; init => field = InRange.Of<WarehouseOptions>(value); } = 0.1;

    /// <summary>Follower's reward for a delivery.</summary>
    [Range]
    public double DeliveryReward { get; init => field = InRange.Of<WarehouseOptions>(value); } = 1;

    /// <summary>Follower's reward for picking goods up.</summary>
    [Range]
    public double PickUpReward { get; init => field = InRange.Of<WarehouseOptions>(value); }

    /// <summary>Follower's cost of a step: it lowers V by cost/(1 − γ), and as the robot never stops, changes no policy.</summary>
    [Range]
    public double StepCost { get; init => field = InRange.Of<WarehouseOptions>(value); } = 0.01;

    /// <summary>Range of each cell's price, [low, high].</summary>
    public double[] PriceRange { get; init; } = [0, 0.1];

    /// <summary>Leader's reward for a delivery.</summary>
    [Range]
    public double ThroughputReward { get; init => field = InRange.Of<WarehouseOptions>(value); } = 1;

    /// <summary>
    /// The sensitive zone [top row, left column, rows, columns]; null for the middle fifth of the columns, from half-way
    /// up to the apron.
    /// </summary>
    public int[]? Zone { get; init; }

    /// <summary>Leader's cost of a step in the zone.</summary>
    [Range]
    public double CongestionCost { get; init => field = InRange.Of<WarehouseOptions>(value); } = 0.4;

    /// <summary>Leader's cost of a unit of price that the follower pays.</summary>
    [Range]
    public double PriceWeight { get; init => field = InRange.Of<WarehouseOptions>(value); } = 0.1;

    /// <summary>Mean of the initial parameters: where a price begins in its range.</summary>
    [Range]
    public double WeightMean { get; init => field = InRange.Of<WarehouseOptions>(value); } = -2;

    /// <summary>Standard deviation of the initial parameters.</summary>
    [Range(Min = 0)]
    public double WeightDeviation { get; init => field = InRange.Of<WarehouseOptions>(value); } = 0.01;

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1)]
    public double Gamma { get; init => field = InRange.Of<WarehouseOptions>(value); } = 0.99;

    /// <summary>Leader's discount γ_L.</summary>
    [Range(Min = 0, Max = 1)]
    public double GammaLeader { get; init => field = InRange.Of<WarehouseOptions>(value); } = 0.99;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0)]
    public double Temperature { get; init => field = InRange.Of<WarehouseOptions>(value); } = 0.02;
}
