using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems.Continuous;

namespace FastHyper.Rollouts.SupportPoints;

/// <summary>
/// The follower of a problem of continuous states without a grid: soft values linear in features, fitted to support points, and the
/// Boltzmann policy of them. Instances are solved on the host's threads, each from its last answer.
/// </summary>
internal sealed class PointFollower : Follower
{
    // Any constant parts these draws from the leader's.
    private const ulong SupportKey = 0x5D8E3AC1974B60F2;
    private readonly UngriddedInstances _instances;
    private readonly PointResponse[] _responses;
    private readonly string?[] _failures;
    private readonly ContinuousSampler? _sampler;
    private readonly DeviceArray _weights;
    private readonly ulong[] _keys;
    private readonly Action<int> _solve;
    private uint _iteration;
    private bool _draws;
    private bool _isDrawn;

    /// <summary>Allocates the points of each instance.</summary>
    /// <param name="instances">What the follower responds to.</param>
    /// <param name="options">When solves stop.</param>
    /// <param name="payment">ε: rewards are r + ε l.</param>
    public PointFollower(UngriddedInstances instances, SolveOptions? options = null, double payment = 0)
        : base(instances, options)
    {
        _instances = instances;
        Payment = payment;
        int count = instances.Engine.Instances;
        _responses = [.. Enumerable.Range(0, count).Select(_ => new PointResponse(instances.Problem))];
        _failures = new string?[count];
        _keys = new ulong[instances.Engine.Leaders];
        _weights = instances.Engine.Allocate(ArrayKind.State);
        SupportPointOptions points = instances.Problem.Points;
        _solve = Solve;
        if (points.Rows != PointOrigin.Rollouts) return;
        int streams = Math.Max(1, points.Count / points.EpisodeLimit);
        if (points.Count % streams != 0)
            throw new InvalidInputException(
                $"{instances.Problem.Name}: {points.Count} support points of episodes of {points.EpisodeLimit} steps; expected as many as "
                    + $"" +
                    $"{streams} episodes divide");
        _sampler = new ContinuousSampler(
            instances, new SamplingOptions { Steps = points.Count, Streams = streams, EpisodeLimit = points.EpisodeLimit },
            instance => new PointPolicyModel(instances, this, instance));
    }

    /// <summary>ε.</summary>
    public double Payment { get; }

    /// <summary>w: the next response begins there.</summary>
    public override IEnumerable<(string Name, DeviceArray Array)> State => [("weights", _weights)];

    /// <summary>w of an instance, (k).</summary>
    public ReadOnlySpan<double> WeightsOf(int instance) => _responses[instance].Weights;

    /// <summary>Mean over an instance's points of the entropy of its policy in their next states, in nats.</summary>
    public double MeanEntropy(int instance) => _responses[instance].MeanEntropy();

    /// <summary>Whether an instance has no answer.</summary>
    public bool HasFailed(int instance) => _failures[instance] is not null;

    /// <summary>Forgets the last answer, so that the next is a function of x and the draws alone.</summary>
    public void Reset() => _instances.Engine.Fill(_weights, 0);

    /// <inheritdoc/>
    public override void Respond(ReadOnlySpan<ulong> seeds, uint iteration)
    {
        bool same = _instances.Problem.Points.SameDraws;
        _iteration = same ? 0 : iteration;
        _draws = !same || !_isDrawn;
        for (int leader = 0; leader < _keys.Length; leader++) _keys[leader] = seeds[leader] ^ SupportKey;
        for (int i = 0; i < _responses.Length; i++) _instances.Engine.Download(_weights, i, _responses[i].Weights);
        if (_draws) _sampler?.Sample(this, _keys, _iteration);
        _instances.Engine.OnHost(_responses.Length, _solve);
        _isDrawn = true;
        for (int i = 0; i < _responses.Length; i++)
        {
            if (_failures[i] is string failure)
            {
                _responses[i].Weights.AsSpan().Clear();
                _instances.Fail(i, _responses[i].Outcome, failure);
            }

            _instances.Engine.Upload(_weights, i, _responses[i].Weights);
        }
    }

    /// <inheritdoc/>
    public override void Certify(Span<Certificate> certificates)
    {
        for (int i = 0; i < certificates.Length; i++)
        {
            PointResponse response = _responses[i];
            certificates[i] = new Certificate(
                response.Outcome, response.Passes, response.Residual, response.Bound, SolveMethod.PolicyIteration, 0);
        }
    }

    /// <inheritdoc/>
    public override double PolicyError(int instance, Certificate certificate) => certificate.Bound / _instances.Temperatures[instance];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _weights.Dispose();
        _sampler?.Dispose();
    }

    private void Solve(int instance)
    {
        PointResponse response = _responses[instance];
        int each = _instances.Engine.Options.InstancesPerLeader;
        _failures[instance] = null;
        try
        {
            if (_draws)
            {
                if (_sampler is not null) response.Support.Take(_sampler.Buffers[instance]);
                else response.Support.Draw(new ContinuousNoise(
                    _keys[instance / each], _iteration, (uint)(instance % each * response.Support.Count)));
                response.Begin();
            }

            response.Support.Step(_instances.SettingsOf(instance));
            response.Solve(
                _instances.Temperatures[instance], Options.Tolerance, Math.Min(Options.MaxSweeps, PointResponse.MaxPasses), Payment);
            if (response.Outcome is not (Outcome.Converged or Outcome.AtRounding)) _failures[instance] = response.Failure(instance);
        }
        catch (InvalidInputException e)
        {
            response.Outcome = Outcome.BadInput;
            _failures[instance] = e.Message;
        }
    }
}
