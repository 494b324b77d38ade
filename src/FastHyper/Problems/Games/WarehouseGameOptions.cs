namespace FastHyper.Problems.Games;

/// <summary>Every constant of <see cref="WarehouseGame"/>.</summary>
public sealed record WarehouseGameOptions
{
    /// <summary>Rows H of the grid, at least 3.</summary>
    public int Rows { get; init; } = 7;

    /// <summary>Columns W of the grid, at least 2.</summary>
    public int Columns { get; init; } = 9;

    /// <summary>Columns of shelves between two aisles.</summary>
    public int ShelfColumns { get; init; } = 3;

    /// <summary>Where the leader's cart picks up, row and column from 0; null for the left end of the top row.</summary>
    public int[]? LeaderPickUp { get; init; }

    /// <summary>Where the leader's cart delivers; null for the left end of the bottom row.</summary>
    public int[]? LeaderDelivery { get; init; }

    /// <summary>Where the follower's cart picks up; null for the second cell of the bottom row.</summary>
    public int[]? FollowerPickUp { get; init; }

    /// <summary>Where the follower's cart delivers; null for the second cell of the top row.</summary>
    public int[]? FollowerDelivery { get; init; }

    /// <summary>Probability that a move is not made.</summary>
    public double Slip { get; init; } = 0.05;

    /// <summary>Reward for a delivery.</summary>
    public double DeliveryReward { get; init; } = 1;

    /// <summary>Cost of a move, to whoever moves.</summary>
    public double MoveCost { get; init; } = 0.01;

    /// <summary>Share of the follower's deliveries in the leader's reward: 1 for throughput, 0 for his own alone.</summary>
    public double Throughput { get; init; } = 1;

    /// <summary>Discount γ of the follower.</summary>
    public double Gamma { get; init; } = 0.95;

    /// <summary>Discount γ_L of the leader.</summary>
    public double GammaLeader { get; init; } = 0.95;

    /// <summary>Entropy temperature τ.</summary>
    public double Temperature { get; init; } = 0.02;

    /// <summary>Standard deviation of the initial θ.</summary>
    public double WeightDeviation { get; init; } = 0.01;
}
