namespace FastHyper.Problems.Continuous;

/// <summary>Every constant of <see cref="GuidedCartPole"/>; dynamics are those of the classic task.</summary>
[Options]
public sealed partial record GuidedCartPoleOptions
{
    /// <summary>Gravity.</summary>
    [Range(Min = 0)]
    public double Gravity { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 9.8;

    /// <summary>Mass of the cart.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double CartMass { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 1;

    /// <summary>Mass of the pole.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double PoleMass { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.1;

    /// <summary>Half the length of the pole.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double HalfLength { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.5;

    /// <summary>Force that the follower pushes with, to either side.</summary>
    [Range(Min = 0)]
    public double Force { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 10;

    /// <summary>Time of a step.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double TimeStep { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.02;

    /// <summary>Position to either side at which an episode ends.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double MaxPosition { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 2.4;

    /// <summary>Angle of the pole to either side at which an episode ends, in radians: 12 degrees.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double MaxAngle { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 12 * Math.PI / 180;

    /// <summary>Standard deviation of the noise in the pole's speed, a step, in radians a second.</summary>
    [Range(Min = 0)]
    public double Noise { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.05;

    /// <summary>Half the width of starts in each dimension, around the middle of the track with the pole upright and at rest.</summary>
    [Range(Min = 0, Max = 0.2)]
    public double StartWidth { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.05;

    /// <summary>What the follower's distance from the middle costs it, times the square of its part of the way to the edge.</summary>
    [Range(Min = 0)]
    public double PositionCost { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.5;

    /// <summary>What the pole's angle costs it, times the square of its part of the largest.</summary>
    [Range(Min = 0)]
    public double AngleCost { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.5;

    /// <summary>Positions, evenly over the track, at which the leader sets the wind; between them it is interpolated.</summary>
    [Range(Min = 2, Max = 1024)]
    public int WindPoints { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 9;

    /// <summary>Force of the largest wind: tanh(x) of it.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double MaxWind { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 5;

    /// <summary>What wind costs the leader, times the square of its force where the cart is.</summary>
    [Range(Min = 0)]
    public double WindCost { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.002;

    /// <summary>Where the leader's target begins.</summary>
    [Range(Min = -100, Max = 100)]
    public double TargetLow { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.25;

    /// <summary>Where the leader's target ends.</summary>
    [Range(Min = -100, Max = 100)]
    public double TargetHigh { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.75;

    /// <summary>Width of the target's edges, over which the leader's reward falls off: e of 1/(1 + exp(−distance/e)).</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double TargetEdge { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.1;

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double Gamma { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.95;

    /// <summary>Leader's discount γ_L.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double GammaLeader { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.98;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Temperature { get; init => field = InRange.Of<GuidedCartPoleOptions>(value); } = 0.1;
}
