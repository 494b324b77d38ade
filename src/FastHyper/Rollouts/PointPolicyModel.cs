using FastHyper.Backends;
using FastHyper.Problems.Continuous;
using FastHyper.Rollouts.SupportPoints;

namespace FastHyper.Rollouts;

/// <summary>
/// A problem of continuous states under a response that is linear in features. Numbers of a step are a uniform one for the action, then
/// those of the dynamics; what is kept as actions is the action, and the noise, which pullbacks need.
/// </summary>
/// <param name="instances">The problem.</param>
/// <param name="follower">Who responds.</param>
/// <param name="instance">In which instance.</param>
internal sealed class PointPolicyModel(UngriddedInstances instances, PointFollower follower, int instance) : IContinuousModel
{
    private readonly ContinuousProblem _problem = instances.Problem.Continuous;
    private PointRows? _rows;
    private double[] _policy = [];
    private double[] _values = [];
    private int[] _actions = [];
    private bool[] _ends = [];

    public int States => _problem.Shape.Dimensions;

    public int Actions => 1 + _problem.Shape.StepNormals;

    public int StartUniforms => _problem.Shape.StartUniforms;

    public int StartNormals => 0;

    public int Uniforms => 1;

    public int Normals => _problem.Shape.StepNormals;

    public void Prepare() { }

    public void Start(SampleSpans noise, SampleSpans states) => _problem.Start(noise, states);

    public void Step(
        SampleSpans states, SampleSpans noise, SampleSpans actions, SampleSpans next, Span<double> reward, Span<double> leaderReward,
        Span<StepEnd> end)
    {
        int count = states.Count, choices = _problem.Shape.Actions;
        if (_rows is null || _actions.Length < count)
        {
            _rows = new PointRows(instances.Problem.Features, count);
            (_policy, _values) = (new double[count * choices], new double[count]);
            (_actions, _ends) = (new int[count], new bool[count]);
        }

        _rows.Write(states);
        _rows.Respond(follower.WeightsOf(instance), instances.Temperatures[instance], _policy, _values.AsSpan(0, count));
        for (int k = 0; k < count; k++)
        {
            double uniform = noise[0][k];
            int action = 0;
            while (action < choices - 1 && (uniform -= _policy[(k * choices) + action]) >= 0) action++;
            _actions[k] = action;
            actions[0][k] = action;
        }

        for (int d = 0; d < Normals; d++) noise[1 + d].CopyTo(actions[1 + d]);
        _ends.AsSpan(0, count).Clear();
        _problem.Step(instances.SettingsOf(instance), new StepSpans
        {
            States = states,
            Actions = _actions.AsSpan(0, count),
            Noise = noise.From(1),
            Next = next,
            Reward = reward,
            LeaderReward = leaderReward,
            Ends = _ends.AsSpan(0, count),
        });
        for (int k = 0; k < count; k++)
            if (_ends[k]) end[k] = StepEnd.Terminated;
    }
}
