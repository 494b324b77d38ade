namespace FastHyper.Problems.LinearQuadratic;

/// <summary>Every constant of <see cref="BuildingThermal"/>; the defaults are the published experiment's.</summary>
[Options]
public sealed partial record BuildingThermalOptions
{
    /// <summary>
    /// Base dynamics, (zones, zones): how much of its own deviation from the set point a zone keeps, and what each neighbour in the ring
    /// adds; other entries are zero.
    /// </summary>
    [Range]
    public double[][] Drift { get; init; } = [[1, 0.05, 0, 0.05], [0.03, 1, 0.04, 0], [0, 0.04, 1, 0.06], [0.05, 0, 0.03, 1]];

    /// <summary>What each heating or cooling unit does to a zone, (zones, units).</summary>
    [Range]
    public double[][] Control { get; init; } = [[0.1, 0], [0.6, 0], [0, 0.55], [0, 0.3]];

    /// <summary>What leaks from a zone without insulation is added to what it keeps, (zones).</summary>
    [Range]
    public double[] Leak { get; init; } = [0.04, 0.03, 0.06, 0.05];

    /// <summary>Follower's cost of a squared deviation, (zones).</summary>
    [Range(Min = 0)]
    public double[] Discomfort { get; init; } = [8, 1, 5, 6];

    /// <summary>Follower's cost of a unit's squared power.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Energy { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 0.01;

    /// <summary>Standard deviation of a step's noise in a zone.</summary>
    [Range(Min = 0)]
    public double Noise { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 0.02;

    /// <summary>Standard deviation of the deviations that episodes start with.</summary>
    [Range(Min = 0)]
    public double StartDeviation { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 5;

    /// <summary>Leader's cost of the population variance over zones.</summary>
    [Range]
    public double VarianceCost { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 1;

    /// <summary>Leader's cost of a unit's squared power.</summary>
    [Range]
    public double LeaderEnergy { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 0.5;

    /// <summary>Leader's cost of ‖insulation‖², every step.</summary>
    [Range]
    public double InsulationCost { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 0.1;

    /// <summary>Leader's cost of ‖airflow‖², every step.</summary>
    [Range]
    public double AirflowCost { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 0.1;

    /// <summary>Standard deviation of the initial x.</summary>
    [Range(Min = 0)]
    public double Deviation { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 0.01;

    /// <summary>Steps of an episode; none for episodes without end.</summary>
    [Range(Min = 1)]
    public int? Horizon { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 100;

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1)]
    public double Gamma { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 0.9;

    /// <summary>Leader's discount γ_L.</summary>
    [Range(Min = 0, Max = 1)]
    public double GammaLeader { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 0.9;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Temperature { get; init => field = InRange.Of<BuildingThermalOptions>(value); } = 0.1;
}
