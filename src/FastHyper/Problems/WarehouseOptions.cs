namespace FastHyper.Problems;

/// <summary>Where a warehouse's robot begins.</summary>
public enum WarehouseStart
{
    /// <summary>At a dock, each equally likely, with empty hands.</summary>
    Docks,

    /// <summary>In any aisle cell, each equally likely, with empty hands.</summary>
    Aisles,
}

/// <summary>Every constant of <see cref="Warehouse"/>.</summary>
public sealed record WarehouseOptions
{
    /// <summary>Rows H of the grid, from the wall opposite the docks (row 0) to the docks.</summary>
    public int Rows { get; init; } = 20;

    /// <summary>Columns W of the grid.</summary>
    public int Columns { get; init; } = 20;

    /// <summary>Rows of a shelf block.</summary>
    public int ShelfRows { get; init; } = 2;

    /// <summary>Columns of a shelf block.</summary>
    public int ShelfColumns { get; init; } = 6;

    /// <summary>Free cells between neighbouring blocks, and at least as many between a block and a border.</summary>
    public int AisleWidth { get; init; } = 2;

    /// <summary>Free rows before the docks, theirs included, that blocks and their aisles leave.</summary>
    public int ApronRows { get; init; } = 2;

    /// <summary>Columns from one dock to the next; the first stands half of them from the left border.</summary>
    public int DockSpacing { get; init; } = 10;

    /// <summary>Probability that a block has a delivery cell, drawn by <see cref="DemandSeed"/>.</summary>
    public double Demand { get; init; } = 1;

    /// <summary>Seed of the delivery cells.</summary>
    public long DemandSeed { get; init; } = 1;

    /// <summary>Where the robot begins.</summary>
    public WarehouseStart Start { get; init; } = WarehouseStart.Docks;

    /// <summary>Probability that another move than the chosen one is made, each other equally likely.</summary>
    public double Slip { get; init; } = 0.1;

    /// <summary>Follower's reward for a delivery.</summary>
    public double DeliveryReward { get; init; } = 1;

    /// <summary>Follower's reward for picking goods up.</summary>
    public double PickUpReward { get; init; }

    /// <summary>Follower's cost of a step: it lowers V by cost/(1 − γ), and as the robot never stops, changes no policy.</summary>
    public double StepCost { get; init; } = 0.01;

    /// <summary>Range of each cell's price, [low, high].</summary>
    public double[] PriceRange { get; init; } = [0, 0.1];

    /// <summary>Leader's reward for a delivery.</summary>
    public double ThroughputReward { get; init; } = 1;

    /// <summary>
    /// The sensitive zone [top row, left column, rows, columns]; null for the middle fifth of the columns, from half-way
    /// up to the apron.
    /// </summary>
    public int[]? Zone { get; init; }

    /// <summary>Leader's cost of a step in the zone.</summary>
    public double CongestionCost { get; init; } = 0.4;

    /// <summary>Leader's cost of a unit of price that the follower pays.</summary>
    public double PriceWeight { get; init; } = 0.1;

    /// <summary>Mean of the initial parameters: where a price begins in its range.</summary>
    public double WeightMean { get; init; } = -2;

    /// <summary>Standard deviation of the initial parameters.</summary>
    public double WeightDeviation { get; init; } = 0.01;

    /// <summary>Follower's discount γ.</summary>
    public double Gamma { get; init; } = 0.99;

    /// <summary>Leader's discount γ_L.</summary>
    public double GammaLeader { get; init; } = 0.99;

    /// <summary>Entropy temperature τ.</summary>
    public double Temperature { get; init; } = 0.02;
}
