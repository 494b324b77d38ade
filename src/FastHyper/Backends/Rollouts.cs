namespace FastHyper.Backends;

/// <summary>How an environment step ended.</summary>
public enum StepEnd : byte
{
    /// <summary>The episode goes on.</summary>
    None = 0,

    /// <summary>The episode ended in the environment: there is no value after it.</summary>
    Terminated = 1,

    /// <summary>The episode was cut: value goes on after it, unseen.</summary>
    Truncated = 2,
}

/// <summary>What is rolled out each time.</summary>
/// <param name="Streams">Independent streams of episodes for each instance.</param>
/// <param name="Steps">Environment steps of each stream; when an episode ends, the stream's next one begins.</param>
/// <param name="EpisodeLimit">Steps after which an episode is cut.</param>
public sealed record RolloutShape(int Streams, int Steps, int EpisodeLimit);

/// <summary>
/// Environment steps of every stream of every instance in structure-of-arrays form, time-major: step t of stream w of
/// instance i stands at t·N + i·Streams + w, N = instances · Streams. One buffer is refilled for ever; what is computed from its
/// steps is kept in arrays of their own (<see cref="Engine.AllocateSteps"/>).
/// </summary>
public abstract class RolloutBuffer : IDisposable
{
    /// <summary>Creates the handle.</summary>
    /// <param name="shape">What is rolled out each time.</param>
    /// <param name="instances">Number of instances.</param>
    protected RolloutBuffer(RolloutShape shape, int instances)
    {
        Shape = shape;
        Instances = instances;
    }

    /// <summary>What is rolled out each time.</summary>
    public RolloutShape Shape { get; }

    /// <summary>Number of instances.</summary>
    public int Instances { get; }

    /// <summary>N, the number of streams over all instances.</summary>
    public int Trajectories => Instances * Shape.Streams;

    /// <summary>The follower's reward r(s_k,a_k) of each step: a <see cref="ArrayKind.Step"/> array, read only.</summary>
    public abstract DeviceArray Reward { get; }

    /// <summary>The leader's reward l(s_k,a_k) of each step: a <see cref="ArrayKind.Step"/> array, read only.</summary>
    public abstract DeviceArray LeaderReward { get; }

    /// <summary>Copies the steps to the host, (steps · N) each; for logs and tests.</summary>
    public abstract RolloutRecord Download();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}

/// <summary>A host copy of a <see cref="RolloutBuffer"/>, every array (steps · N), time-major.</summary>
/// <param name="State">s.</param>
/// <param name="Action">a.</param>
/// <param name="Slot">Which stored successor of row (s, a) followed; −1 where the episode terminated.</param>
/// <param name="Reward">Follower's reward r(s, a).</param>
/// <param name="LeaderReward">Leader's reward l(s, a).</param>
/// <param name="Time">Time within the episode.</param>
/// <param name="End">Whether and how the episode ended with this step.</param>
public sealed record RolloutRecord(
    int[] State, int[] Action, int[] Slot, double[] Reward, double[] LeaderReward, int[] Time, StepEnd[] End);
