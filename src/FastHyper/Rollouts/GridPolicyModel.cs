using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;

namespace FastHyper.Rollouts;

/// <summary>
/// A problem of continuous states, rolled out as it is under the response over its grid: between points, probabilities are interpolated as
/// values are. Numbers of a step are a uniform one for the action, then those of the dynamics.
/// </summary>
internal sealed class GridPolicyModel : IContinuousModel
{
    private readonly TabularFollower _follower;
    private readonly Mdp _mdp;
    private readonly ContinuousProblem _problem;
    private readonly StateGrid _grid;
    private readonly int _instance;
    private readonly double[] _policy;
    private readonly double[] _settings;
    private readonly double[] _x;
    private int[] _actions = [];
    private bool[] _ends = [];

    /// <summary>Allocates the model.</summary>
    /// <param name="mdp">The discretised problem.</param>
    /// <param name="follower">Who responds to it.</param>
    /// <param name="instance">In which instance.</param>
    public GridPolicyModel(Mdp mdp, TabularFollower follower, int instance)
    {
        DiscretisedProblem discretised = (DiscretisedProblem)mdp.Problem;
        (_follower, _mdp, _problem, _grid, _instance) = (follower, mdp, discretised.Problem, discretised.Grid, instance);
        _policy = new double[_grid.States * _problem.Shape.Actions];
        (_settings, _x) = (new double[_problem.Settings], new double[_problem.ParameterCount]);
    }

    public int States => _grid.Dimensions;

    public int Actions => 1;

    public int StartUniforms => _problem.Shape.StartUniforms;

    public int StartNormals => 0;

    public int Uniforms => 1;

    public int Normals => _problem.Shape.StepNormals;

    public void Prepare()
    {
        _mdp.Engine.Download(_follower.Policy, _instance, _policy);
        _mdp.Engine.Download(_mdp.X, _instance / _mdp.Engine.Options.InstancesPerLeader, _x);
        _problem.Configure(_x, _mdp.Contexts[_instance], _settings);
    }

    public void Start(SampleSpans noise, SampleSpans states) => _problem.Start(noise, states);

    public void Step(
        SampleSpans states, SampleSpans noise, SampleSpans actions, SampleSpans next, Span<double> reward, Span<double> leaderReward,
        Span<StepEnd> end)
    {
        int count = states.Count;
        if (_actions.Length < count) (_actions, _ends) = (new int[count], new bool[count]);
        for (int k = 0; k < count; k++)
        {
            _actions[k] = Draw(states, k, noise[0][k]);
            actions[0][k] = _actions[k];
        }

        _ends.AsSpan(0, count).Clear();
        _problem.Step(_settings, new StepSpans
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

    /// <summary>The action that a uniform number falls in, at a sample's state.</summary>
    private int Draw(SampleSpans states, int sample, double uniform)
    {
        int dimensions = _grid.Dimensions, count = _problem.Shape.Actions, corners = 1 << dimensions;
        Span<int> cells = stackalloc int[dimensions];
        Span<double> parts = stackalloc double[dimensions];
        for (int d = 0; d < dimensions; d++) (cells[d], parts[d]) = _grid.Find(d, states[d][sample], out _);
        for (int action = 0; action < count - 1; action++)
        {
            for (int corner = 0; corner < corners; corner++)
            {
                int point = 0;
                double weight = 1;
                for (int d = 0; d < dimensions; d++)
                {
                    int high = (corner >> d) & 1;
                    point = (point * _grid.Points[d]) + cells[d] + high;
                    weight *= high == 1 ? parts[d] : 1 - parts[d];
                }

                uniform -= weight * _policy[(point * count) + action];
            }

            if (uniform < 0) return action;
        }

        return count - 1;
    }
}
