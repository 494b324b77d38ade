namespace FastHyper.Problems.LinearQuadratic;

/// <summary>
/// Control of a building's temperature (BC-HG's experiment, arXiv 2603.14867): zones in a ring, each with a deviation from its set point.
/// The leader insulates zones, ι = sigmoid(x₁…), and opens airflow between neighbours, α = sigmoid(x…), α_i between zone i and the next;
/// the follower heats and cools. A(x)_ij = A_ij α of the pair for neighbours, A(x)_ii = A_ii + e_i(1 − ι_i) − Σ_j A_ij α. The leader pays
/// for unequal temperatures, power, insulation and airflow. Neither states nor actions are clipped.
/// </summary>
public sealed class BuildingThermal : LinearQuadraticProblem
{
    private readonly BuildingThermalOptions _options;
    private readonly int _zones;

    private BuildingThermal(BuildingThermalOptions o)
        : base(
            "building-thermal",
            new LinearQuadraticShape(o.Leak.Length, o.Control[0].Length, o.Gamma, o.GammaLeader, o.Temperature, o.Horizon),
            2 * o.Leak.Length) =>
        (_options, _zones) = (o, o.Leak.Length);

    /// <summary>Builds the problem.</summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range, or shapes disagree.</exception>
    public static BuildingThermal Create(BuildingThermalOptions? options = null)
    {
        BuildingThermalOptions o = options ?? new BuildingThermalOptions();
        int zones = o.Leak.Length;
        if (zones < 3) throw new InvalidInputException($"building-thermal: leak of {zones} zones; expected at least 3, in a ring");
        if (o.Discomfort.Length != zones)
            throw new InvalidInputException(
                $"building-thermal: discomfort has {o.Discomfort.Length} numbers; expected {zones}, one a zone as leak");
        RequireMatrix("drift", o.Drift, zones, zones);
        RequireMatrix("control", o.Control, zones, o.Control is [{ Length: > 0 } first, ..] ? first.Length : 1);
        for (int i = 0; i < zones; i++)
            for (int j = 0; j < zones; j++)
                if (o.Drift[i][j] != 0 && i != j && j != (i + 1) % zones && i != (j + 1) % zones)
                    throw new InvalidInputException(
                        $"building-thermal: drift[{i}][{j}] = {o.Drift[i][j]}; expected 0 between zones that are no neighbours in the "
                            + "ring");
        return new BuildingThermal(o);
    }

    /// <inheritdoc/>
    public override void InitialParameters(ulong seed, Span<double> x) => ProblemDraws.InitialParameters(seed, _options.Deviation, x);

    /// <inheritdoc/>
    public override void Configure(ReadOnlySpan<double> x, LinearQuadraticArrays arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        double insulation = 0, airflow = 0;
        for (int i = 0; i < _zones; i++)
        {
            double kept = 1 - Logistic.Sigmoid(x[i]), open = Logistic.Sigmoid(x[_zones + i]);
            insulation += (1 - kept) * (1 - kept);
            airflow += open * open;
            arrays.A[i, i] += _options.Drift[i][i] + (_options.Leak[i] * kept);
            int next = (i + 1) % _zones;
            Flow(arrays.A, i, next, open);
            Flow(arrays.A, next, i, open);
            for (int unit = 0; unit < arrays.Actions; unit++) arrays.B[i, unit] = _options.Control[i][unit];
            arrays.Q[i, i] = _options.Discomfort[i];
            arrays.W[i, i] = _options.Noise * _options.Noise;
            arrays.Start[i, i] = _options.StartDeviation * _options.StartDeviation;

            // Population variance: Σs²/n − (Σs)²/n².
            for (int j = 0; j < _zones; j++)
                arrays.M[i, j] = _options.VarianceCost * ((i == j ? 1.0 : 0) - (1.0 / _zones)) / _zones;
        }

        for (int unit = 0; unit < arrays.Actions; unit++)
            (arrays.R[unit, unit], arrays.U[unit, unit]) = (_options.Energy, _options.LeaderEnergy);
        arrays.Cost = (_options.InsulationCost * insulation) + (_options.AirflowCost * airflow);
    }

    /// <inheritdoc/>
    public override void Pullback(ReadOnlySpan<double> x, LinearQuadraticArrays cotangents, Span<double> gradient)
    {
        ArgumentNullException.ThrowIfNull(cotangents);
        double[,] a = cotangents.A;
        for (int i = 0; i < _zones; i++)
        {
            double insulation = Logistic.Sigmoid(x[i]), open = Logistic.Sigmoid(x[_zones + i]);
            int next = (i + 1) % _zones;
            double inInsulation = (2 * _options.InsulationCost * insulation * cotangents.Cost) - (_options.Leak[i] * a[i, i]);
            double inAirflow = (2 * _options.AirflowCost * open * cotangents.Cost)
                + (_options.Drift[i][next] * (a[i, next] - a[i, i])) + (_options.Drift[next][i] * (a[next, i] - a[next, next]));
            gradient[i] += inInsulation * insulation * (1 - insulation);
            gradient[_zones + i] += inAirflow * open * (1 - open);
        }
    }

    /// <summary>What flows from a neighbour is lost to it.</summary>
    private void Flow(double[,] a, int to, int from, double open)
    {
        a[to, from] = _options.Drift[to][from] * open;
        a[to, to] -= _options.Drift[to][from] * open;
    }

    private static void RequireMatrix(string name, double[][] matrix, int rows, int columns)
    {
        if (matrix.Length != rows || matrix.Any(row => row.Length != columns))
            throw new InvalidInputException(
                $"building-thermal: {name} has {matrix.Length} rows; expected {rows}, one a zone as leak, of {columns} numbers each");
    }
}
