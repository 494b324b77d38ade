namespace FastHyper.Problems.Continuous;

/// <summary>Every constant of <see cref="Pendulum"/>; dynamics are those of the classic task.</summary>
[Options]
public sealed partial record PendulumOptions
{
    /// <summary>Gravity.</summary>
    [Range(Min = 0)]
    public double Gravity { get; init => field = InRange.Of<PendulumOptions>(value); } = 10;

    /// <summary>Mass.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Mass { get; init => field = InRange.Of<PendulumOptions>(value); } = 1;

    /// <summary>Length.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Length { get; init => field = InRange.Of<PendulumOptions>(value); } = 1;

    /// <summary>Time of a step.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double TimeStep { get; init => field = InRange.Of<PendulumOptions>(value); } = 0.1;

    /// <summary>Largest speed.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double MaxSpeed { get; init => field = InRange.Of<PendulumOptions>(value); } = 8;

    /// <summary>Torques that the follower chooses from.</summary>
    public double[] Torques { get; init; } = [-5, -2, 0, 2, 5];

    /// <summary>Standard deviation of the noise in the speed, a step.</summary>
    [Range(Min = 0)]
    public double Noise { get; init => field = InRange.Of<PendulumOptions>(value); } = 0.2;

    /// <summary>What a torque u costs the follower by itself, times u².</summary>
    [Range(Min = 0)]
    public double Effort { get; init => field = InRange.Of<PendulumOptions>(value); } = 0.2;

    /// <summary>Largest payment for a torque, either way: tanh(x) of it.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double MaxPayment { get; init => field = InRange.Of<PendulumOptions>(value); } = 2;

    /// <summary>What payments cost the leader, times their squares.</summary>
    [Range(Min = 0)]
    public double PaymentCost { get; init => field = InRange.Of<PendulumOptions>(value); } = 0.02;

    /// <summary>Half the width of starts around hanging down, in radians.</summary>
    [Range(Min = 0, Max = 3)]
    public double StartWidth { get; init => field = InRange.Of<PendulumOptions>(value); } = 0.3;

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double Gamma { get; init => field = InRange.Of<PendulumOptions>(value); } = 0.95;

    /// <summary>Leader's discount γ_L.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double GammaLeader { get; init => field = InRange.Of<PendulumOptions>(value); } = 0.95;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Temperature { get; init => field = InRange.Of<PendulumOptions>(value); } = 0.1;

    /// <summary>The grid of angle and speed that it is solved over.</summary>
    public DiscretisationOptions Grid { get; init; } = new() { Points = [41, 41], Nodes = 3 };
}
