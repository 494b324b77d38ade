namespace FastHyper.Problems.Worlds;

/// <summary>What the worlds of <see cref="ToyWorld"/> have in common.</summary>
public record ToyWorldOptions
{
    /// <summary>Range [low, high] of the incentive of each state.</summary>
    public double[] IncentiveRange { get; init; } = [-1, 1];

    /// <summary>What an incentive costs the leader, for each unit of its magnitude, whenever the follower acts in its state.</summary>
    [Range]
    public double Cost { get; init => field = InRange.Of<ToyWorldOptions>(value); } = 0.1;

    /// <summary>Standard deviation of the initial weights.</summary>
    [Range(Min = 0)]
    public double WeightDeviation { get; init => field = InRange.Of<ToyWorldOptions>(value); } = 0.1;

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1)]
    public double Gamma { get; init => field = InRange.Of<ToyWorldOptions>(value); } = 0.95;

    /// <summary>Leader's discount γ_L.</summary>
    [Range(Min = 0, Max = 1)]
    public double GammaLeader { get; init => field = InRange.Of<ToyWorldOptions>(value); } = 0.99;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0)]
    public double Temperature { get; init => field = InRange.Of<ToyWorldOptions>(value); } = 1;

    internal void Check(string name)
    {
        if (!(IncentiveRange.Length == 2 && IncentiveRange[0] < IncentiveRange[1] && IncentiveRange.All(double.IsFinite)))
            throw new InvalidInputException(
                $"{name}: incentive_range = [{OneLine.Value(string.Join(", ", IncentiveRange))}]; expected [low, high] with low < high");
    }
}

/// <summary>Every constant of frozen-lake.</summary>
[Options]
public sealed partial record FrozenLakeOptions : ToyWorldOptions
{
    /// <summary>The defaults: the slippery 4 × 4 lake.</summary>
    public FrozenLakeOptions() => (IncentiveRange, Temperature) = ([-0.1, 0.1], 0.02);

    /// <summary>The map: S start (several are equally likely), F frozen, H hole, G goal; all lines of equal length.</summary>
    public IReadOnlyList<string> Map { get; init; } = ["SFFF", "FHFH", "FFFH", "HFFG"];

    /// <summary>Probability of a move at right angles to the chosen one, half of it to each side.</summary>
    [Range(Min = 0, Max = 1)]
    public double Slip { get; init => field = InRange.Of<FrozenLakeOptions>(value); } = 2.0 / 3;
}

/// <summary>Every constant of cliff-walking.</summary>
[Options]
public sealed partial record CliffWalkingOptions : ToyWorldOptions
{
    /// <summary>The defaults: no slip. At temperatures above 1/log 4 walking about is worth more than arriving.</summary>
    public CliffWalkingOptions() => Temperature = 0.2;

    /// <summary>Number of rows; the cliff is in the last.</summary>
    [Range(Min = 2)]
    public int Rows { get; init => field = InRange.Of<CliffWalkingOptions>(value); } = 4;

    /// <summary>Number of columns.</summary>
    [Range(Min = 3)]
    public int Columns { get; init => field = InRange.Of<CliffWalkingOptions>(value); } = 12;

    /// <summary>Probability of a move at right angles to the chosen one, half of it to each side.</summary>
    [Range(Min = 0, Max = 1)]
    public double Slip { get; init => field = InRange.Of<CliffWalkingOptions>(value); }
}

/// <summary>Every constant of taxi.</summary>
[Options]
public sealed partial record TaxiOptions : ToyWorldOptions;
