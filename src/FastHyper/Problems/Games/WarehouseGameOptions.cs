namespace FastHyper.Problems.Games;

/// <summary>Every constant of <see cref="WarehouseGame"/>.</summary>
[Options]
public sealed partial record WarehouseGameOptions
{
    /// <summary>Rows H of the grid, at least 3.</summary>
    [Range(Min = 3)]
    public int Rows { get; init => field = InRange.Of<WarehouseGameOptions>(value); } = 7;

    /// <summary>Columns W of the grid, at least 2.</summary>
    [Range(Min = 2)]
    public int Columns { get; init => field = InRange.Of<WarehouseGameOptions>(value); } = 9;

    /// <summary>Columns of shelves between two aisles.</summary>
    [Range(Min = 1)]
    public int ShelfColumns { get; init => field = InRange.Of<WarehouseGameOptions>(value); } = 3;

    /// <summary>Where the leader's cart picks up, row and column from 0; null for the left end of the top row.</summary>
    public int[]? LeaderPickUp { get; init; }

    /// <summary>Where the leader's cart delivers; null for the left end of the bottom row.</summary>
    public int[]? LeaderDelivery { get; init; }

    /// <summary>Where the follower's cart picks up; null for the second cell of the bottom row.</summary>
    public int[]? FollowerPickUp { get; init; }

    /// <summary>Where the follower's cart delivers; null for the second cell of the top row.</summary>
    public int[]? FollowerDelivery { get; init; }

    /// <summary>Probability that a move is not made.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double Slip { get; init => field = InRange.Of<WarehouseGameOptions>(value); } = 0.05;

    /// <summary>Reward for a delivery.</summary>
    [Range]
    public double DeliveryReward { get; init => field = InRange.Of<WarehouseGameOptions>(value); } = 1;

    /// <summary>Cost of a move, to whoever moves.</summary>
    [Range]
    public double MoveCost { get; init => field = InRange.Of<WarehouseGameOptions>(value); } = 0.01;

    /// <summary>Share of the follower's deliveries in the leader's reward: 1 for throughput, 0 for its own alone.</summary>
    [Range]
    public double Throughput { get; init => field = InRange.Of<WarehouseGameOptions>(value); } = 1;

    /// <summary>Discount γ of the follower.</summary>
    [Range(Min = 0, Max = 1)]
    public double Gamma { get; init => field = InRange.Of<WarehouseGameOptions>(value); } = 0.95;

    /// <summary>Discount γ_L of the leader.</summary>
    [Range(Min = 0, Max = 1)]
    public double GammaLeader { get; init => field = InRange.Of<WarehouseGameOptions>(value); } = 0.95;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0)]
    public double Temperature { get; init => field = InRange.Of<WarehouseGameOptions>(value); } = 0.02;

    /// <summary>Standard deviation of the initial θ.</summary>
    [Range(Min = 0)]
    public double WeightDeviation { get; init => field = InRange.Of<WarehouseGameOptions>(value); } = 0.01;
}
