namespace FastHyper.Problems.Continuous;

/// <summary>
/// The classic pendulum that a torque swings up, with a leader who shapes what torques cost: θ̈ = (3g/2l) sin θ + (3/ml²) u, θ = 0
/// upright, by steps of the speed, then of the angle. The follower has (1 + cos θ)/2 less effort · u², and is paid max_payment · tanh(x_k)
/// for torque k; the leader has (1 + cos θ)/2 less a cost of each payment's square. Left alone, the follower finds the effort too large.
/// </summary>
public sealed class Pendulum : ContinuousProblem
{
    private readonly PendulumOptions _options;

    private Pendulum(PendulumOptions o)
        : base(
            "pendulum",
            new ContinuousShape([-Math.PI, -o.MaxSpeed], [Math.PI, o.MaxSpeed], o.Torques.Length, StepNormals: 1, StartUniforms: 1),
            new double[o.Torques.Length], o.Gamma, o.GammaLeader, o.Temperature) =>
        _options = o;

    /// <inheritdoc/>
    public override DiscretisationOptions Discretisation => _options.Grid;

    /// <summary>Builds the problem.</summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static Pendulum Create(PendulumOptions? options = null)
    {
        PendulumOptions o = options ?? new PendulumOptions();
        if (o.Torques.Length == 0 || o.Torques.Any(torque => !double.IsFinite(torque)))
            throw new InvalidInputException(
                $"pendulum: torques = [{OneLine.Value(string.Join(", ", o.Torques))}]; expected finite " +
                $"numbers, at least one");
        return new Pendulum(o);
    }

    /// <inheritdoc/>
    public override void Start(SampleSpans uniforms, SampleSpans states)
    {
        for (int k = 0; k < states.Count; k++)
        {
            states[0][k] = Wrap(Math.PI + (_options.StartWidth * ((2 * uniforms[0][k]) - 1)));
            states[1][k] = 0;
        }
    }

    /// <inheritdoc/>
    public override void Configure(ReadOnlySpan<double> x, int context, Span<double> settings)
    {
        for (int k = 0; k < x.Length; k++) settings[k] = _options.MaxPayment * Math.Tanh(x[k]);
    }

    /// <inheritdoc/>
    public override void Step(ReadOnlySpan<double> settings, StepSpans steps)
    {
        Span<double> angle = steps.States[0], speed = steps.States[1], noise = steps.Noise[0], nextAngle = steps.Next[0],
            nextSpeed = steps.Next[1];
        double fall = 1.5 * _options.Gravity / _options.Length, push = 3 / (_options.Mass * _options.Length * _options.Length);
        for (int k = 0; k < steps.Count; k++)
        {
            double torque = _options.Torques[steps.Actions[k]], payment = settings[steps.Actions[k]];
            double upright = (1 + Math.Cos(angle[k])) / 2;
            double turned = speed[k] + (_options.TimeStep * ((fall * Math.Sin(angle[k])) + (push * torque))) + (_options.Noise * noise[k]);
            nextSpeed[k] = Math.Clamp(turned, -_options.MaxSpeed, _options.MaxSpeed);
            nextAngle[k] = Wrap(angle[k] + (_options.TimeStep * nextSpeed[k]));
            steps.Reward[k] = upright - (_options.Effort * torque * torque) + payment;
            steps.LeaderReward[k] = upright - (_options.PaymentCost * payment * payment);
        }
    }

    /// <inheritdoc/>
    public override void Pullback(ReadOnlySpan<double> x, int context, StepSpans steps, StepWeights weights, Span<double> gradient)
    {
        for (int k = 0; k < steps.Count; k++)
        {
            int action = steps.Actions[k];
            double bent = Math.Tanh(x[action]), slope = _options.MaxPayment * (1 - (bent * bent));
            double inPayment = weights.Reward[k] - (2 * _options.PaymentCost * _options.MaxPayment * bent * weights.LeaderReward[k]);
            gradient[action] += slope * inPayment;
        }
    }

    private static double Wrap(double angle) => angle - (2 * Math.PI * Math.Floor((angle + Math.PI) / (2 * Math.PI)));
}
