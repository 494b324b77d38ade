namespace FastHyper.Problems.Continuous;

/// <summary>
/// The classic cart with a pole, four dimensions: position p, its speed, the pole's angle θ, its speed. The follower pushes to the left or
/// right and balances: it has 1 a step, less what the angle and the way from the middle cost it. The leader makes a wind at each of
/// several positions, max_wind · tanh(x_j), which pushes the cart, too, and has 1 a step while the cart is well in its target,
/// less a cost of the wind's square. Episodes end where the cart leaves the track or the pole falls.
/// </summary>
public sealed class GuidedCartPole : ContinuousProblem
{
    private readonly GuidedCartPoleOptions _options;

    private GuidedCartPole(GuidedCartPoleOptions o)
        : base(
            "guided-cart-pole",
            new ContinuousShape(
                [-o.MaxPosition, -3, -o.MaxAngle, -3], [o.MaxPosition, 3, o.MaxAngle, 3], Actions: 2, StepNormals: 1, StartUniforms: 4),
            new double[o.WindPoints], o.Gamma, o.GammaLeader, o.Temperature) =>
        _options = o;

    /// <inheritdoc/>
    public override bool ControlsTransitions => true;

    /// <summary>Builds the problem.</summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static GuidedCartPole Create(GuidedCartPoleOptions? options = null)
    {
        GuidedCartPoleOptions o = options ?? new GuidedCartPoleOptions();
        if (!(o.TargetLow < o.TargetHigh))
            throw new InvalidInputException(
                $"guided-cart-pole: target from {o.TargetLow} to {o.TargetHigh}; expected target_low < target_high");
        if (!(o.StartWidth < o.MaxAngle && o.StartWidth < o.MaxPosition))
            throw new InvalidInputException(
                $"guided-cart-pole: start_width = {o.StartWidth}; expected less than max_angle = {o.MaxAngle} and max_position = " +
                    $"{o.MaxPosition}");
        return new GuidedCartPole(o);
    }

    /// <inheritdoc/>
    public override void Start(SampleSpans uniforms, SampleSpans states)
    {
        for (int d = 0; d < 4; d++)
            for (int k = 0; k < states.Count; k++) states[d][k] = _options.StartWidth * ((2 * uniforms[d][k]) - 1);
    }

    /// <inheritdoc/>
    public override void Configure(ReadOnlySpan<double> x, int context, Span<double> settings)
    {
        for (int j = 0; j < x.Length; j++) settings[j] = _options.MaxWind * Math.Tanh(x[j]);
    }

    /// <inheritdoc/>
    public override void Step(ReadOnlySpan<double> settings, StepSpans steps)
    {
        GuidedCartPoleOptions o = _options;
        Span<double> position = steps.States[0], speed = steps.States[1], angle = steps.States[2], turn = steps.States[3],
            noise = steps.Noise[0];
        double mass = o.CartMass + o.PoleMass, moment = o.PoleMass * o.HalfLength;
        for (int k = 0; k < steps.Count; k++)
        {
            (int point, double part) = Place(position[k]);
            double wind = settings[point] + (part * (settings[point + 1] - settings[point]));
            double sine = Math.Sin(angle[k]), cosine = Math.Cos(angle[k]);
            double force = wind + (steps.Actions[k] == 0 ? -o.Force : o.Force);
            double pushed = (force + (moment * turn[k] * turn[k] * sine)) / mass;
            double turned = ((o.Gravity * sine) - (cosine * pushed)) / Inertia(cosine);
            steps.Next[0][k] = position[k] + (o.TimeStep * speed[k]);
            steps.Next[1][k] = speed[k] + (o.TimeStep * (pushed - (moment * turned * cosine / mass)));
            steps.Next[2][k] = angle[k] + (o.TimeStep * turn[k]);
            steps.Next[3][k] = turn[k] + (o.TimeStep * turned) + (o.Noise * noise[k]);
            double away = position[k] / o.MaxPosition, leaning = angle[k] / o.MaxAngle;
            steps.Reward[k] = 1 - (o.PositionCost * away * away) - (o.AngleCost * leaning * leaning);
            double inside = 1 / (1 + Math.Exp((o.TargetLow - position[k]) / o.TargetEdge))
                / (1 + Math.Exp((position[k] - o.TargetHigh) / o.TargetEdge));
            steps.LeaderReward[k] = inside - (o.WindCost * wind * wind);
            steps.Ends[k] = Math.Abs(steps.Next[0][k]) > o.MaxPosition || Math.Abs(steps.Next[2][k]) > o.MaxAngle;
        }
    }

    /// <inheritdoc/>
    public override void Pullback(ReadOnlySpan<double> x, int context, StepSpans steps, StepWeights weights, Span<double> gradient)
    {
        GuidedCartPoleOptions o = _options;
        double mass = o.CartMass + o.PoleMass, moment = o.PoleMass * o.HalfLength;
        for (int k = 0; k < steps.Count; k++)
        {
            (int point, double part) = Place(steps.States[0][k]);
            double low = o.MaxWind * Math.Tanh(x[point]), high = o.MaxWind * Math.Tanh(x[point + 1]);
            double cosine = Math.Cos(steps.States[2][k]);
            double inTurned = -cosine / (mass * Inertia(cosine));
            double inWind = (o.TimeStep * weights.Next[1][k] * ((1 / mass) - (moment * inTurned * cosine / mass)))
                + (o.TimeStep * weights.Next[3][k] * inTurned)
                - (2 * o.WindCost * (low + (part * (high - low))) * weights.LeaderReward[k]);
            gradient[point] += inWind * (1 - part) * (o.MaxWind - (low * low / o.MaxWind));
            gradient[point + 1] += inWind * part * (o.MaxWind - (high * high / o.MaxWind));
        }
    }

    private double Inertia(double cosine) =>
        _options.HalfLength * ((4.0 / 3) - (_options.PoleMass * cosine * cosine / (_options.CartMass + _options.PoleMass)));

    /// <summary>The wind's point on the left of a position, and how far it is from there to the next.</summary>
    private (int Point, double Part) Place(double position)
    {
        double at = Math.Clamp((position / _options.MaxPosition) + 1, 0, 2) / 2 * (_options.WindPoints - 1);
        int point = Math.Min((int)at, _options.WindPoints - 2);
        return (point, at - point);
    }
}
