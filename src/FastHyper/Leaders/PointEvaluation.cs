using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems.Continuous;
using FastHyper.Rollouts;
using FastHyper.Rollouts.SupportPoints;

namespace FastHyper.Leaders;

/// <summary>
/// The leader's return where there is no model but samples: a response from zero, and episodes with the same draws whatever x is. Each
/// stream counts until its first episode ends, or what is left has been discounted away.
/// </summary>
internal sealed class PointEvaluation : Evaluation
{
    // An episode is cut where what it still could add has fallen to this share.
    private const double NegligibleWeight = 1e-4;
    private const int MaxSteps = 10_000;
    private const ulong EvaluationKey = 0x27D4EB2F165667C5;
    private readonly UngriddedInstances _instances;
    private readonly PointFollower _follower;
    private readonly ContinuousSampler _sampler;
    private readonly double _discount;
    private readonly double[] _returns;
    private readonly double[] _entropies;
    private readonly ulong[] _seeds;

    public PointEvaluation(UngriddedInstances instances, SolveOptions options, FiniteReturnOptions? finite)
    {
        _instances = instances;
        _follower = new PointFollower(instances, options);
        _discount = finite?.Horizon is null ? instances.Problem.LeaderDiscount : finite.Discount ?? instances.Problem.LeaderDiscount;
        int limit = finite?.Horizon ?? (int)Math.Clamp(
            Math.Ceiling(Math.Log(NegligibleWeight) / Math.Log(Math.Max(_discount, 1e-9))), 1, MaxSteps);
        int episodes = instances.Problem.Points.Episodes;
        _sampler = new ContinuousSampler(
            instances, new SamplingOptions { Steps = checked(episodes * limit), Streams = episodes, EpisodeLimit = limit },
            instance => new PointPolicyModel(instances, _follower, instance));
        (_returns, _entropies) = (new double[instances.Engine.Instances], new double[instances.Engine.Instances]);
        _seeds = new ulong[instances.Engine.Leaders];
        _seeds.AsSpan().Fill(EvaluationKey);
    }

    public override Follower Follower => _follower;

    /// <summary>The episodes of the last evaluation.</summary>
    public ContinuousSampler Sampler => _sampler;

    public override void Evaluate(Span<double> objectives)
    {
        _follower.Reset();
        _follower.Respond(_seeds, 0);
        _sampler.Sample(_follower, _seeds, 0);
        for (int i = 0; i < _returns.Length; i++) _returns[i] = _follower.HasFailed(i) ? double.NaN : ReturnOf(_sampler.Buffers[i]);
        _instances.AverageContexts(_returns, objectives);
    }

    public override void Entropies(Span<double> entropies)
    {
        for (int i = 0; i < _entropies.Length; i++) _entropies[i] = _follower.MeanEntropy(i);
        _instances.AverageContexts(_entropies, entropies);
    }

    public override void Dispose()
    {
        _sampler.Dispose();
        _follower.Dispose();
    }

    private double ReturnOf(ContinuousBuffer buffer)
    {
        int streams = buffer.Shape.Streams;
        double sum = 0;
        for (int w = 0; w < streams; w++)
        {
            double weight = 1;
            for (int k = w; k < buffer.Count; k += streams, weight *= _discount)
            {
                sum += weight * buffer.LeaderReward[k];
                if (buffer.End[k] != StepEnd.None) break;
            }
        }

        return sum / streams;
    }
}
