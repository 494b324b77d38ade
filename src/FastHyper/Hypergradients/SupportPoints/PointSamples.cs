using System.Numerics.Tensors;
using FastHyper.Backends;
using FastHyper.Problems.Continuous;
using FastHyper.Rollouts;
using FastHyper.Rollouts.SupportPoints;

namespace FastHyper.Hypergradients.SupportPoints;

/// <summary>
/// One instance's estimate from its rollouts, with d_k = γ_L^{t_k}/N_e and u_k = d_k Â_L(s_k,a_k)/τ:
/// <code>direct = Σ_k d_k [∂l_k + γ_L ∇V_L(s'_k)·∂s'_k],   response = Σ_k e_k [∂r_k + γ ∇V(s'_k)·∂s'_k]</code>
/// where V_L's slope takes in that of the policy, and e is the fit's adjoint, e_k = φ_k·z/N with Aᵀz = Σ_k u_k (φ_k − Σ_b π φ(s_k,b)), or
/// a trace e_k = u_k + γ e_{k−1}. O(N k²/A + k³).
/// </summary>
internal sealed class PointSamples
{
    private readonly UngriddedInstances _instances;
    private readonly PointFollower _follower;
    private readonly ContinuousBuffer _buffer;
    private readonly PointOptions _options;
    private readonly int _instance;
    private readonly PointPullback _pullback;
    private readonly PointTables _own;
    private readonly PointTables _fit;
    private readonly PointTables _critic;
    private readonly PointSystem _system;
    private readonly PointSystem? _criticSystem;
    private readonly double[] _theta;
    private readonly double[] _z;
    private readonly double[] _mixed;
    private readonly double[] _traces;
    private readonly bool _moves;

    public PointSamples(
        UngriddedInstances instances, PointFollower follower, ContinuousBuffer buffer, PointFeatures features, PointFeatures critic,
        PointOptions options, int instance)
    {
        (_instances, _follower, _buffer, _options, _instance) = (instances, follower, buffer, options, instance);
        _pullback = new PointPullback(instances, buffer, instance);
        _own = new PointTables(instances.Problem.Features, buffer.Count);
        _fit = features == instances.Problem.Features ? _own : new PointTables(features, buffer.Count);
        _critic = critic == features ? _fit : critic == instances.Problem.Features ? _own : new PointTables(critic, buffer.Count);
        _system = new PointSystem(features, buffer.Count);
        if (critic != features) _criticSystem = new PointSystem(critic, buffer.Count);
        (_theta, _z) = (new double[critic.Weights], new double[features.Weights]);
        _mixed = new double[Math.Max(critic.Count, instances.Problem.Features.Count)];
        _traces = new double[buffer.Count];
        int parameters = instances.Problem.ParameterCount;
        (Direct, Response) = (new double[parameters], new double[parameters]);
        _moves = instances.Problem.Continuous.ControlsTransitions;
    }

    /// <summary>Direct part, (P).</summary>
    public double[] Direct { get; }

    /// <summary>Part through the response, (P).</summary>
    public double[] Response { get; }

    /// <summary>Why there is no estimate; null where there is one.</summary>
    public string? Obstacle { get; private set; }

    private int Count => _buffer.Count;

    private double Temperature => _instances.Temperatures[_instance];

    private ReadOnlySpan<double> Weights => _follower.WeightsOf(_instance);

    /// <summary>Writes both parts.</summary>
    public void Estimate()
    {
        Obstacle = null;
        Array.Clear(Direct);
        Array.Clear(Response);
        _pullback.Take();
        foreach (PointTables tables in (ReadOnlySpan<PointTables>)[_own, _fit, _critic]) tables.IsWritten = false;
        foreach (PointTables tables in (ReadOnlySpan<PointTables>)[_own, _fit, _critic]) tables.Write(_buffer);
        _own.Respond(Weights, Temperature);
        if ((_moves || _options.Term != PointTerm.None) && !Learn()) return;
        AddDirect();
        if (_options.Term == PointTerm.None || !WriteTraces()) return;
        _pullback.Clear();
        _traces.CopyTo(_pullback.Reward, 0);
        double discount = _instances.Problem.Discount;
        for (int k = 0; _moves && k < Count; k++)
            if (_pullback.GoesOn[k] > 0) AddSlope(k, discount * _traces[k], null);
        _pullback.AddTo(Response);
    }

    /// <summary>θ of LSTD-Q.</summary>
    private bool Learn()
    {
        PointSystem system = _criticSystem ?? _system;
        int each = _critic.Features.Count;
        if (!system.Factorise(
            _critic.Rows, _pullback.Actions, _critic.Next, _pullback.GoesOn, _own.NextPolicy, _instances.Problem.LeaderDiscount,
            _options.Critic.Ridge))
            return Fail("the leader's critic", _critic.Features.Weights, _options.Critic.Ridge);
        Array.Clear(_theta);
        for (int k = 0; k < Count; k++)
            _critic.Rows.AddTo(k, _buffer.LeaderReward[k] / Count, _theta.AsSpan(_pullback.Actions[k] * each, each));
        system.Solve(_theta);
        return true;
    }

    private void AddDirect()
    {
        double discount = _instances.Problem.LeaderDiscount;
        for (int k = 0; k < Count; k++) _pullback.LeaderReward[k] = Math.Pow(discount, _buffer.Time[k]) / _buffer.Episodes;
        for (int k = 0; _moves && k < Count; k++)
            if (_pullback.GoesOn[k] > 0) AddSlope(k, discount * _pullback.LeaderReward[k], _theta);
        _pullback.AddTo(Direct);
    }

    /// <summary>
    /// Adds factor · ∇V(s'_k) to the weights of the next state: ∇V = Σ_b π ∇Q_b of the follower, and of the leader with critic θ
    /// Σ_b π (∇Q_L + (Q_L − V_L) ∇Q_b/τ).
    /// </summary>
    private void AddSlope(int k, double factor, double[]? theta)
    {
        PointFeatures own = _own.Features;
        int actions = own.Actions;
        ReadOnlySpan<double> policy = _own.NextPolicy.AsSpan(k * actions, actions);
        Span<double> slopes = stackalloc double[own.Dimensions], values = stackalloc double[actions];
        Span<double> mixed = _mixed.AsSpan(0, own.Count);
        double mean = 0;
        if (theta is not null)
        {
            _critic.Next.ActionValues(k, theta, values);
            for (int b = 0; b < actions; b++) mean += policy[b] * values[b];
        }

        mixed.Clear();
        for (int b = 0; b < actions; b++)
        {
            double share = theta is null ? policy[b] : policy[b] * (values[b] - mean) / Temperature;
            TensorPrimitives.MultiplyAdd(Weights.Slice(b * own.Count, own.Count), share, mixed, mixed);
        }

        _own.Next.Slopes(k, mixed, slopes);
        for (int d = 0; d < slopes.Length; d++) _pullback.Next[d][k] += factor * slopes[d];
        if (theta is null) return;
        mixed = _mixed.AsSpan(0, _critic.Features.Count);
        mixed.Clear();
        for (int b = 0; b < actions; b++)
            TensorPrimitives.MultiplyAdd(theta.AsSpan(b * mixed.Length, mixed.Length), policy[b], mixed, mixed);
        _critic.Next.Slopes(k, mixed, slopes);
        for (int d = 0; d < slopes.Length; d++) _pullback.Next[d][k] += factor * slopes[d];
    }

    /// <summary>e.</summary>
    private bool WriteTraces()
    {
        int actions = _own.Features.Actions, each = _fit.Features.Count;
        double leaderDiscount = _instances.Problem.LeaderDiscount, discount = _instances.Problem.Discount;
        bool fits = _options.Term is PointTerm.Fitted or PointTerm.RegressedTraces;
        Span<double> values = stackalloc double[actions];
        Array.Clear(_z);
        for (int k = 0; k < Count; k++)
        {
            ReadOnlySpan<double> policy = _own.Policy.AsSpan(k * actions, actions);
            _critic.Rows.ActionValues(k, _theta, values);
            double mean = 0;
            for (int b = 0; b < actions; b++) mean += policy[b] * values[b];
            double u = Math.Pow(leaderDiscount, _buffer.Time[k]) / _buffer.Episodes * (values[_pullback.Actions[k]] - mean) / Temperature;
            _traces[k] = u;
            if (!fits) continue;
            for (int b = 0; b < actions; b++)
                _fit.Rows.AddTo(k, u * ((b == _pullback.Actions[k] ? 1 : 0) - policy[b]), _z.AsSpan(b * each, each));
        }

        if (fits)
        {
            double solved = _options.Term == PointTerm.Fitted ? discount : 0;
            if (!Factorise(solved)) return Fail("the fit", _fit.Features.Weights, _options.Ridge);
            _system.SolveTransposed(_z);
            for (int k = 0; k < Count; k++)
                _traces[k] = _fit.Rows.Dot(k, _z.AsSpan(_pullback.Actions[k] * each, each)) / Count;
        }
        else if (_options.Traces?.Centred != false && !Centre())
        {
            return Fail("the traces' regression", _fit.Features.Weights, _options.Ridge);
        }

        int streams = _buffer.Shape.Streams;
        for (int k = streams; _options.Term != PointTerm.Fitted && k < Count; k++)
            if (_buffer.End[k - streams] == StepEnd.None) _traces[k] += discount * _traces[k - streams];
        return true;
    }

    private bool Factorise(double discount) => _system.Factorise(
        _fit.Rows, _pullback.Actions, _fit.Next, _pullback.GoesOn, _own.NextPolicy, discount, _options.Ridge);

    /// <summary>Takes out of u what functions of the state can hold of it: its mean is zero in each state.</summary>
    private bool Centre()
    {
        // All samples count as of one action: the first block of the matrix is the least squares of f.
        int each = _fit.Features.Count;
        int[] none = _fit.NoActions;
        if (!_system.Factorise(
            _fit.Rows, none, _fit.Next, _pullback.GoesOn, _own.NextPolicy, 0, Math.Max(_options.Ridge, 1e-12))) return false;
        Array.Clear(_z);
        for (int k = 0; k < Count; k++) _fit.Rows.AddTo(k, _traces[k] / Count, _z.AsSpan(0, each));
        _system.Solve(_z);
        for (int k = 0; k < Count; k++) _traces[k] -= _fit.Rows.Dot(k, _z.AsSpan(0, each));
        return true;
    }

    private bool Fail(string what, int weights, double ridge)
    {
        Obstacle = $"{_instances.Problem.Name}: {what} of instance {_instance} has no solution: {Count} samples do not tell {weights} " +
            $"features apart with ridge {ridge}; expected more, or a larger ridge";
        Direct.AsSpan().Fill(double.NaN);
        return false;
    }
}
