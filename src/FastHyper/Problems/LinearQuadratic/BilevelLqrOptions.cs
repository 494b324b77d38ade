namespace FastHyper.Problems.LinearQuadratic;

/// <summary>Every constant of <see cref="BilevelLqr"/>; the defaults are the published experiment's.</summary>
[Options]
public sealed partial record BilevelLqrOptions
{
    /// <summary>A, (2, 2).</summary>
    [ItemLength(2)]
    public double[][] Drift { get; init; } = [[0, 1], [0, 0]];

    /// <summary>B, what the follower's action adds to the state.</summary>
    public double[] Control { get; init; } = [0, 0.1];

    /// <summary>C, what the leader's action adds to the state.</summary>
    public double[] LeaderControl { get; init; } = [0.1, 0];

    /// <summary>Follower's cost of ‖s‖².</summary>
    [Range(Min = 0)]
    public double StateCost { get; init => field = InRange.Of<BilevelLqrOptions>(value); } = 1;

    /// <summary>Follower's cost of u².</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double ActionCost { get; init => field = InRange.Of<BilevelLqrOptions>(value); } = 1;

    /// <summary>Standard deviation of the leader's action.</summary>
    [Range(Min = 0)]
    public double LeaderNoise { get; init => field = InRange.Of<BilevelLqrOptions>(value); } = 1e-3;

    /// <summary>The state that episodes start in.</summary>
    public double[] Start { get; init; } = [1, 0];

    /// <summary>g, where the leader wants the state.</summary>
    public double[] Goal { get; init; } = [-0.8, 0];

    /// <summary>σ, how far from its goal the leader still is rewarded.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double[] Width { get; init; } = [0.2, 0.01];

    /// <summary>Standard deviation of the initial x, the leader's gain.</summary>
    [Range(Min = 0)]
    public double Deviation { get; init => field = InRange.Of<BilevelLqrOptions>(value); } = 1;

    /// <summary>Steps of an episode.</summary>
    [Range(Min = 1, Max = 1_000_000)]
    public int Horizon { get; init => field = InRange.Of<BilevelLqrOptions>(value); } = 100;

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1)]
    public double Gamma { get; init => field = InRange.Of<BilevelLqrOptions>(value); } = 0.95;

    /// <summary>Leader's discount γ_L.</summary>
    [Range(Min = 0, Max = 1)]
    public double GammaLeader { get; init => field = InRange.Of<BilevelLqrOptions>(value); } = 0.99;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Temperature { get; init => field = InRange.Of<BilevelLqrOptions>(value); } = 0.1;
}
