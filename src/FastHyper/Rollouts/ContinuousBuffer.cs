using FastHyper.Backends;
using FastHyper.Problems.Continuous;

namespace FastHyper.Rollouts;

/// <summary>
/// Steps of an instance of continuous states: for each dimension a span over time and streams, step t of stream w at t · streams + w.
/// </summary>
/// <param name="shape">What is rolled out each time.</param>
/// <param name="states">State dimensions.</param>
/// <param name="actions">Action dimensions.</param>
internal sealed class ContinuousBuffer(RolloutShape shape, int states, int actions)
{
    private readonly double[] _states = new double[checked(states * shape.Steps * shape.Streams)];
    private readonly double[] _next = new double[states * shape.Steps * shape.Streams];
    private readonly double[] _actions = new double[checked(actions * shape.Steps * shape.Streams)];

    /// <summary>What is rolled out each time.</summary>
    public RolloutShape Shape => shape;

    /// <summary>Samples N.</summary>
    public int Count { get; } = shape.Steps * shape.Streams;

    /// <summary>Episodes that began.</summary>
    public int Episodes { get; set; }

    /// <summary>s of all samples.</summary>
    public SampleSpans States => new(_states, Count);

    /// <summary>s' of all samples.</summary>
    public SampleSpans Next => new(_next, Count);

    /// <summary>Actions of all samples.</summary>
    public SampleSpans Actions => new(_actions, Count);

    /// <summary>r, (N).</summary>
    public double[] Reward { get; } = new double[shape.Steps * shape.Streams];

    /// <summary>l, (N).</summary>
    public double[] LeaderReward { get; } = new double[shape.Steps * shape.Streams];

    /// <summary>Time within the episode, (N).</summary>
    public int[] Time { get; } = new int[shape.Steps * shape.Streams];

    /// <summary>Whether and how the episode ended with the step, (N).</summary>
    public StepEnd[] End { get; } = new StepEnd[shape.Steps * shape.Streams];

    /// <summary>The streams' states at a step.</summary>
    public SampleSpans StatesAt(int step) => At(_states, step);

    /// <summary>The streams' next states at a step.</summary>
    public SampleSpans NextAt(int step) => At(_next, step);

    /// <summary>The streams' actions at a step.</summary>
    public SampleSpans ActionsAt(int step) => At(_actions, step);

    /// <summary>The streams' part of an array of all samples.</summary>
    public Span<T> At<T>(T[] samples, int step) => samples.AsSpan(step * shape.Streams, shape.Streams);

    private SampleSpans At(double[] samples, int step) =>
        samples.Length == 0 ? default : new(samples.AsSpan(step * shape.Streams), Count, shape.Streams);
}
