using CommunityToolkit.HighPerformance.Buffers;
using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>Episodes under the policy.</summary>
internal sealed partial class OpenClEngine
{
    private readonly SmallVector<ulong> _seeds;
    private DeviceMemory? _cumulative;
    private DeviceMemory? _lastStarts;
    private OpenClArray? _startsOf;
    private int _startsVersion;

    protected override RolloutBuffer AllocateRolloutsCore(RolloutShape shape) =>
        DeviceMemories.AllOrNothing(Queue, memories => new OpenClRollouts(this, memories, shape, Instances));

    public override void Rollout(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray initial, DeviceArray reward, DeviceArray leaderReward,
        ReadOnlySpan<ulong> seeds, uint iteration)
    {
        OpenClRollouts buffer = Checked(rollouts);
        RequireLength(seeds.Length, Leaders, "seeds", "leader");
        PrepareStarts(Checked(initial, ArrayKind.State));
        Queue.Run(
            WithModel("rollouts", "rollout").With(_model.Exact)
                .With(Read(policy, ArrayKind.StateAction)).With(Read(reward, ArrayKind.StateAction)).With(
                    Read(leaderReward, ArrayKind.StateAction))
                .With(_cumulative).With(_lastStarts).With(_seeds.Set(seeds)).With(iteration)
                .With(buffer.Shape.Streams).With(Options.InstancesPerLeader).With(buffer.Shape.Steps).With(buffer.Shape.EpisodeLimit).With(
                    RoundingDeficit)
                .With(buffer.Integers).With(Steps(buffer.Reward)).With(Steps(buffer.LeaderReward)).With(buffer.Ends).With(buffer.Episodes),
            buffer.Trajectories);
    }

    /// <summary>Running sums of a changed initial distribution; 4 bytes an instance come back to see that there is one.</summary>
    private void PrepareStarts(OpenClArray initial)
    {
        if (ReferenceEquals(initial, _startsOf) && initial.Version == _startsVersion) return;
        _startsOf = null;
        Scratch(ref _cumulative, 8 * Values, "initial distributions");
        Scratch(ref _lastStarts, 4L * Instances, "initial distributions");
        Queue.Run(
            Kernel("rollouts", "start_tables").With(States).With(Instances).With(initial.Memory).With(_cumulative).With(_lastStarts),
            Instances);
        using SpanOwner<int> last = SpanOwner<int>.Allocate(Instances);
        Queue.Read(_lastStarts!, 0, last.Span);
        int impossible = last.Span.IndexOf(-1);
        if (impossible >= 0)
            throw new InvalidInputException(
                $"initial distribution of instance {impossible} is zero everywhere; expected probabilities that sum to 1");
        _startsOf = initial;
        _startsVersion = initial.Version;
    }

    private OpenClRollouts Checked(RolloutBuffer rollouts)
    {
        if (rollouts is not OpenClRollouts own || own.Queue != Queue) throw new ArgumentException("a rollout buffer of another engine");
        ObjectDisposedException.ThrowIf(own.IsDisposed, typeof(RolloutBuffer));
        return own;
    }
}
