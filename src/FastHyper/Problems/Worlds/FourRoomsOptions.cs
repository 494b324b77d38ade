namespace FastHyper.Problems.Worlds;

/// <summary>How four-rooms' weights become incentives.</summary>
public enum IncentiveKind
{
    /// <summary>scale · softmax over the cells and one unused slot: P = cells + 1.</summary>
    Softmax,

    /// <summary>A sigmoid for each cell, scaled to [low, high]: P = cells.</summary>
    Sigmoid,
}

/// <summary>Every constant of <see cref="FourRooms"/>; the defaults are the published one-goal experiment's.</summary>
[Options]
public sealed partial record FourRoomsOptions
{
    /// <summary>The map: x wall, anything else free; all lines of equal length, with walls around.</summary>
    public IReadOnlyList<string> Map { get; init; } =
    [
        "xxxxxxxxxxxxx",
        "x     x     x",
        "x     x     x",
        "x           x",
        "x     x     x",
        "x     x     x",
        "xx xxxx     x",
        "x     xxx xxx",
        "x     x     x",
        "x     x     x",
        "x           x",
        "x     x     x",
        "xxxxxxxxxxxxx",
    ];

    /// <summary>Start cell, row and column.</summary>
    public int[] Start { get; init; } = [4, 1];

    /// <summary>Goal cells, each (row, column): one context each, equally likely.</summary>
    public int[][] Goals { get; init; } = [[1, 9]];

    /// <summary>Cell where the leader is rewarded, row and column.</summary>
    public int[] Target { get; init; } = [8, 4];

    /// <summary>Doors that may be closed, each (row, column).</summary>
    public int[][] Doors { get; init; } = [[3, 6], [6, 2], [7, 9], [10, 6]];

    /// <summary>Probability that each door is closed, independently; none by default.</summary>
    public double[] DoorsClosed { get; init; } = [0, 0, 0, 0];

    /// <summary>Probability that another action than the chosen one is executed.</summary>
    [Range(Min = 0, Max = 1)]
    public double Slip { get; init => field = InRange.Of<FourRoomsOptions>(value); } = 0.44;

    /// <summary>Leader's reward in the target cell.</summary>
    [Range]
    public double TargetReward { get; init => field = InRange.Of<FourRoomsOptions>(value); } = 1;

    /// <summary>Follower's reward for the action in the goal cell.</summary>
    [Range]
    public double GoalReward { get; init => field = InRange.Of<FourRoomsOptions>(value); } = 1;

    /// <summary>Leader's cost of incentives, paid at the goal: β ‖incentives‖₁.</summary>
    [Range]
    public double Beta { get; init => field = InRange.Of<FourRoomsOptions>(value); } = 5;

    /// <summary>How weights become incentives.</summary>
    public IncentiveKind Incentive { get; init; } = IncentiveKind.Softmax;

    /// <summary>Softmax: the sum of all incentives, the unused slot's included.</summary>
    [Range, OnlyWith(nameof(Incentive), IncentiveKind.Softmax)]
    public double IncentiveScale { get; init => field = InRange.Of<FourRoomsOptions>(value); } = -0.2;

    /// <summary>Sigmoid: range of each incentive.</summary>
    [OnlyWith(nameof(Incentive), IncentiveKind.Sigmoid)]
    public double[] IncentiveRange { get; init; } = [-0.2, 0];

    /// <summary>Standard deviation of the initial weights.</summary>
    [Range(Min = 0)]
    public double WeightDeviation { get; init => field = InRange.Of<FourRoomsOptions>(value); } = 0.01;

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1)]
    public double Gamma { get; init => field = InRange.Of<FourRoomsOptions>(value); } = 0.99;

    /// <summary>Leader's discount γ_L.</summary>
    [Range(Min = 0, Max = 1)]
    public double GammaLeader { get; init => field = InRange.Of<FourRoomsOptions>(value); } = 0.99;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0)]
    public double Temperature { get; init => field = InRange.Of<FourRoomsOptions>(value); } = 0.005;
}
