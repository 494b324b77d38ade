using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>What a leader who acts does with its own actions (<c>kernels/leaders.cl</c>).</summary>
internal sealed partial class OpenClEngine
{
    /// <summary>f of each instance, or null where the leader does not act.</summary>
    private DeviceMemory? Shares => _leaderPolicy?.Memory;

    internal override void LeaderSoftmax(DeviceArray rows) => Queue.Run(
        Kernel("leaders", "leader_softmax").With(States).With(LeaderActions).With(Instances).With(Written(rows, ArrayKind.LeaderAction)),
        Values);

    internal override void LeaderSoftmaxPullback(DeviceArray leaderPolicy, DeviceArray cotangent, DeviceArray target) => Queue.Run(
        Kernel("leaders", "leader_softmax_pullback").With(States).With(LeaderActions).With(Instances)
            .With(Read(leaderPolicy, ArrayKind.LeaderAction)).With(Read(cotangent, ArrayKind.LeaderAction)).With(
                Written(target, ArrayKind.LeaderAction)),
        Values);

    public override void LeaderActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray target) => Queue.Run(
        WithModel("leaders", "leader_action_values")
            .With(Read(v, ArrayKind.State)).With(Read(reward, ArrayKind.StateAction)).With(Temperatures).With(discount).With(
                Written(target, ArrayKind.LeaderAction)),
        Values,
        LeaderActions);

    public override void LeaderActionMeans(DeviceArray policy, DeviceArray q, bool entropy, DeviceArray target) => Queue.Run(
        Kernel("leaders", "leader_action_means").With(States).With(Actions).With(FollowerActions).With(Instances)
            .With(Read(policy, ArrayKind.StateAction)).With(Read(q, ArrayKind.StateAction)).With(entropy ? Temperatures : null).With(
                Written(target, ArrayKind.LeaderAction)),
        Values,
        LeaderActions);

    private OpenClArray UniformLeaderPolicy()
    {
        OpenClArray policy = (OpenClArray)Allocate(ArrayKind.LeaderAction);
        Fill(policy, 1.0 / LeaderActions);
        return policy;
    }

    /// <summary>The leader's actions, where it acts.</summary>
    private int RequireLeader() =>
        LeaderActions > 0
            ? LeaderActions
            : throw new ArgumentException("an array of the leader's actions in an engine where it does not act");
}
