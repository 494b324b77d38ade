using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Rollouts;

/// <summary>How large a batch of samples is.</summary>
[Options]
public partial record BatchOptions
{
    /// <summary>Environment steps for each instance and leader iteration.</summary>
    [Range(Min = 1)]
    public int Steps { get; init => field = InRange.Of<SamplingOptions>(value); } = 100;

    /// <summary>Steps after which an episode is cut (truncated, not terminated).</summary>
    [Range(Min = 1)]
    public int EpisodeLimit { get; init => field = InRange.Of<SamplingOptions>(value); } = 200;
}

/// <summary>How many samples a leader sees in each iteration.</summary>
[Options]
public sealed partial record SamplingOptions : BatchOptions
{
    /// <summary>Independent streams of episodes that the steps are divided among; must divide steps.</summary>
    [Range(Min = 1)]
    public int Streams { get; init => field = InRange.Of<SamplingOptions>(value); } = 1;

    /// <summary>The shape of the buffer.</summary>
    /// <exception cref="InvalidInputException">The streams do not divide the steps.</exception>
    public RolloutShape ToShape()
    {
        if (Steps % Streams != 0)
            throw new InvalidInputException($"sampling: {Steps} steps in {Streams} streams; expected streams that divide the steps");
        return new RolloutShape(Streams, Steps / Streams, EpisodeLimit);
    }
}

/// <summary>Rolls the response in a finite MDP out.</summary>
public sealed class EpisodeSampler : RolloutSampler
{
    private readonly Mdp _mdp;
    private readonly DeviceArray _initial;
    private readonly double[] _returns;
    private DeviceArray? _powers;

    /// <summary>Creates the sampler and its one buffer.</summary>
    /// <param name="mdp">The configured MDP.</param>
    /// <param name="options">How many samples.</param>
    /// <param name="initial">Where episodes start, (S) for each instance, owned by the caller; null for the MDP's own μ.</param>
    public EpisodeSampler(Mdp mdp, SamplingOptions options, DeviceArray? initial = null)
    {
        ArgumentNullException.ThrowIfNull(mdp);
        ArgumentNullException.ThrowIfNull(options);
        _mdp = mdp;
        _initial = initial ?? mdp.Initial;
        _returns = new double[mdp.Engine.Instances];
        Buffer = mdp.Engine.AllocateRollouts(options.ToShape());
    }

    /// <summary>The last samples.</summary>
    public RolloutBuffer Buffer { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The response is no table.</exception>
    public override void Sample(Follower response, ReadOnlySpan<ulong> seeds, uint iteration)
    {
        if (response is not TabularFollower table) throw new ArgumentException("expected a tabular follower", nameof(response));
        _mdp.Engine.Rollout(Buffer, table.Policy, _initial, _mdp.Reward, _mdp.LeaderReward, seeds, iteration);
    }

    /// <inheritdoc/>
    public override void MeanReturns(Span<double> returns)
    {
        _powers ??= _mdp.Engine.AllocateSteps(Buffer.Shape);
        _mdp.Engine.Scale(Buffer, null, _powers, discount: _mdp.Problem.LeaderDiscount);
        _mdp.Engine.MeanOverEpisodes(Buffer, _powers, Buffer.LeaderReward, _returns);
        _mdp.AverageContexts(_returns, returns);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _powers?.Dispose();
        Buffer.Dispose();
    }
}
