using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>The steps whose return counts, where it is not that of all steps.</summary>
[Options]
public sealed partial record FiniteReturnOptions
{
    /// <summary>Steps whose return is recorded, exactly; null for the objective itself.</summary>
    [Range(Min = 1)]
    public int? Horizon { get; init => field = InRange.Of<FiniteReturnOptions>(value); }

    /// <summary>Discount of the return over so many steps; null for the leader's own, 1 for none.</summary>
    [Range(Min = 0, Max = 1), OnlyWith(nameof(Horizon))]
    public double? Discount { get; init => field = InRange.Of<FiniteReturnOptions>(value); }
}

/// <summary>
/// The leader's return over the first H steps, exactly: Σ_{t&lt;H} δ^t Σ_s d_t(s) Σ_a π(a|s) l(s,a), d_0 = μ and d_{t+1} = P_πᵀ d_t. What
/// papers report of episodes of fixed length, with or without discount. O(H · transitions).
/// </summary>
internal sealed class FiniteReturn : IDisposable
{
    private readonly Mdp _mdp;
    private readonly DeviceArray _gain;
    private readonly DeviceArray _distribution;
    private readonly DeviceArray _flows;
    private readonly SweepStatus _once;
    private readonly double[] _step;
    private readonly double[] _instances;

    /// <summary>Creates the evaluation.</summary>
    /// <param name="mdp">The configured MDP.</param>
    /// <param name="options">H and δ.</param>
    /// <exception cref="InvalidInputException">There is no H.</exception>
    public FiniteReturn(Mdp mdp, FiniteReturnOptions options)
    {
        ArgumentNullException.ThrowIfNull(mdp);
        ArgumentNullException.ThrowIfNull(options);
        Horizon = options.Horizon ?? throw new InvalidInputException("finite-return: no horizon; expected an integer of at least 1");
        Discount = options.Discount ?? mdp.Problem.LeaderDiscount;
        _mdp = mdp;
        _gain = mdp.Engine.Allocate(ArrayKind.State);
        _distribution = mdp.Engine.Allocate(ArrayKind.State);
        _flows = mdp.Engine.Allocate(ArrayKind.StateAction);
        _once = new SweepStatus(mdp.Engine.Instances);
        _step = new double[mdp.Engine.Instances];
        _instances = new double[mdp.Engine.Instances];
    }

    /// <summary>Steps whose return counts, H.</summary>
    public int Horizon { get; }

    /// <summary>Discount of the return, δ.</summary>
    public double Discount { get; }

    /// <summary>Writes the return of each leader.</summary>
    /// <param name="policy">π.</param>
    /// <param name="returns">Contexts averaged, (leaders).</param>
    public void Evaluate(DeviceArray policy, Span<double> returns)
    {
        Engine engine = _mdp.Engine;
        // Without a future a policy's value is Σ_a π l.
        _once.Begin();
        engine.EvaluationSweeps(_gain, policy, _mdp.LeaderReward, 0, new SweepLimits(1, 0, 0), _once);
        engine.Dot(_mdp.Initial, _gain, _instances);
        double weight = 1;
        for (int t = 1; t < Horizon; t++)
        {
            _mdp.Monitor.Check("steps of the return", t, Horizon);
            engine.ScaleByState(policy, t == 1 ? _mdp.Initial : _distribution, _flows, accumulate: false);
            engine.TransposedProduct(_flows, 1, _distribution);
            engine.Dot(_distribution, _gain, _step);
            weight *= Discount;
            for (int i = 0; i < _step.Length; i++) _instances[i] += weight * _step[i];
        }

        _mdp.AverageContexts(_instances, returns);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gain.Dispose();
        _distribution.Dispose();
        _flows.Dispose();
    }
}
