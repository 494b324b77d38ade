using FastHyper.Backends;
using FastHyper.Problems.Continuous;

namespace FastHyper.Rollouts.SupportPoints;

/// <summary>
/// The support points of an instance: states, actions and noise that are drawn, and where steps lead from there at the present x.
/// </summary>
internal sealed class PointSupport
{
    private readonly ContinuousProblem _problem;
    private readonly SupportPointOptions _options;
    private readonly double[] _states;
    private readonly double[] _noise;
    private readonly double[] _next;
    private readonly bool[] _ends;
    private readonly double[] _numbers;
    private readonly int[] _streams;

    public PointSupport(UngriddedProblem problem)
    {
        (_problem, _options) = (problem.Continuous, problem.Points);
        bool drawn = _options.Rows == PointOrigin.Drawn;
        long count = (long)_options.Count * (drawn ? _options.NextStates : 1);
        if (count * problem.Features.Active >= Array.MaxLength / 2)
            throw new InvalidInputException(
                $"{problem.Name}: {count} support points of {problem.Features.Active} features are too large for memory; expected fewer");
        Count = (int)count;
        ContinuousShape shape = _problem.Shape;
        (_states, _next) = (new double[shape.Dimensions * Count], new double[shape.Dimensions * Count]);
        _noise = new double[shape.StepNormals * Count];
        (Actions, _ends, Reward, LeaderReward) = (new int[Count], new bool[Count], new double[Count], new double[Count]);
        GoesOn = new double[Count];
        (Rows, NextRows) = (new PointRows(problem.Features, Count), new PointRows(problem.Features, Count));
        if (!drawn) (_numbers, _streams) = ([], []);
        else (_numbers, _streams) = (new double[(shape.Dimensions + shape.StepNormals + 1) * Count], [.. Enumerable.Range(0, Count)]);
    }

    /// <summary>Points n.</summary>
    public int Count { get; }

    /// <summary>a, (n).</summary>
    public int[] Actions { get; }

    /// <summary>r, (n).</summary>
    public double[] Reward { get; }

    /// <summary>l, (n).</summary>
    public double[] LeaderReward { get; }

    /// <summary>0 where the episode ends, 1 elsewhere, (n).</summary>
    public double[] GoesOn { get; }

    /// <summary>f(s).</summary>
    public PointRows Rows { get; }

    /// <summary>f(s').</summary>
    public PointRows NextRows { get; }

    /// <summary>Draws states evenly over the box, actions in turn, and noise.</summary>
    /// <param name="noise">Names the draws.</param>
    public void Draw(ContinuousNoise noise)
    {
        ContinuousShape shape = _problem.Shape;
        int each = _options.NextStates;
        SampleSpans numbers = new(_numbers, Count), states = new(_states, Count);
        noise.Write(
            Philox.Purpose.Step, 0, shape.Dimensions, shape.StepNormals, _streams, numbers,
            _numbers.AsSpan((shape.Dimensions + shape.StepNormals) * Count));
        for (int d = 0; d < shape.Dimensions; d++)
            for (int i = 0; i < Count; i++)
                states[d][i] = shape.Low[d] + ((shape.High[d] - shape.Low[d]) * numbers[d][i - (i % each)]);
        for (int i = 0; i < Count; i++) Actions[i] = i / each % shape.Actions;
        for (int d = 0; d < shape.StepNormals; d++) numbers[shape.Dimensions + d].CopyTo(new SampleSpans(_noise, Count)[d]);
        Rows.Write(states);
    }

    /// <summary>Takes the states, actions and noise of rollouts.</summary>
    /// <param name="buffer">As many samples as there are points.</param>
    public void Take(ContinuousBuffer buffer)
    {
        SampleSpans states = new(_states, Count), noise = new(_noise, Count);
        for (int d = 0; d < _problem.Shape.Dimensions; d++) buffer.States[d].CopyTo(states[d]);
        for (int i = 0; i < Count; i++) Actions[i] = (int)buffer.Actions[0][i];
        for (int d = 0; d < _problem.Shape.StepNormals; d++) buffer.Actions[1 + d].CopyTo(noise[d]);
        Rows.Write(states);
    }

    /// <summary>Does the steps.</summary>
    /// <param name="settings">As x configured them.</param>
    /// <exception cref="InvalidInputException">What they wrote is not finite.</exception>
    public void Step(ReadOnlySpan<double> settings)
    {
        CheckedSteps.Step(_problem, settings, new StepSpans
        {
            States = new SampleSpans(_states, Count),
            Actions = Actions,
            Noise = new SampleSpans(_noise, Count),
            Next = new SampleSpans(_next, Count),
            Reward = Reward,
            LeaderReward = LeaderReward,
            Ends = _ends,
        });
        for (int i = 0; i < Count; i++) GoesOn[i] = _ends[i] ? 0 : 1;
        NextRows.Write(new SampleSpans(_next, Count));
    }
}
