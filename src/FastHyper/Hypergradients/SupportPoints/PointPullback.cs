using FastHyper.Backends;
using FastHyper.Problems.Continuous;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.SupportPoints;

/// <summary>
/// Rollouts of a problem of continuous states as its pullback takes them: each sample with the weights of what its step wrote.
/// </summary>
internal sealed class PointPullback
{
    private readonly UngriddedInstances _instances;
    private readonly ContinuousBuffer _buffer;
    private readonly int _instance;
    private readonly bool[] _ends;
    private readonly double[] _slopes;

    public PointPullback(UngriddedInstances instances, ContinuousBuffer buffer, int instance)
    {
        (_instances, _buffer, _instance) = (instances, buffer, instance);
        (Actions, _ends, GoesOn) = (new int[buffer.Count], new bool[buffer.Count], new double[buffer.Count]);
        (Reward, LeaderReward) = (new double[buffer.Count], new double[buffer.Count]);
        _slopes = new double[instances.Problem.Continuous.Shape.Dimensions * buffer.Count];
    }

    /// <summary>a, (N).</summary>
    public int[] Actions { get; }

    /// <summary>0 where the environment ended the episode, 1 elsewhere, (N).</summary>
    public double[] GoesOn { get; }

    /// <summary>Weights of r, (N).</summary>
    public double[] Reward { get; }

    /// <summary>Weights of l, (N).</summary>
    public double[] LeaderReward { get; }

    /// <summary>Weights of s'.</summary>
    public SampleSpans Next => new(_slopes, _buffer.Count);

    /// <summary>Takes the samples, with no weights.</summary>
    public void Take()
    {
        for (int k = 0; k < Actions.Length; k++)
        {
            Actions[k] = (int)_buffer.Actions[0][k];
            _ends[k] = _buffer.End[k] == StepEnd.Terminated;
            GoesOn[k] = _ends[k] ? 0 : 1;
        }

        Clear();
    }

    /// <summary>Forgets the weights.</summary>
    public void Clear()
    {
        Array.Clear(Reward);
        Array.Clear(LeaderReward);
        Array.Clear(_slopes);
    }

    /// <summary>Accumulates what the weights come to.</summary>
    /// <param name="gradient">(P).</param>
    public void AddTo(double[] gradient)
    {
        StepSpans steps = new()
        {
            States = _buffer.States,
            Actions = Actions,
            Noise = _buffer.Actions.From(1),
            Next = _buffer.Next,
            Reward = _buffer.Reward,
            LeaderReward = _buffer.LeaderReward,
            Ends = _ends,
        };
        StepWeights weights = new() { Reward = Reward, LeaderReward = LeaderReward, Next = Next };
        _instances.Problem.Continuous.Pullback(
            _instances.ParametersOf(_instance), _instances.Contexts[_instance], steps, weights, gradient);
    }
}
