using System.Numerics.Tensors;
using FastHyper.Backends;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Rollouts;

/// <summary>
/// Linear dynamics under a Gaussian response: numbers of a step are the leader's, the follower's and those of the dynamics; actions the
/// leader's, then the follower's.
/// </summary>
/// <param name="follower">Who responds.</param>
/// <param name="problem">To what.</param>
/// <param name="instance">In which instance.</param>
internal sealed class LinearQuadraticModel(ClosedFormFollower follower, ClosedFormProblem problem, int instance) : IContinuousModel
{
    private double[] _scratch = [];

    /// <summary>What streams run through.</summary>
    public LinearQuadraticSystem System { get; } = new(problem);

    public int States => System.States;

    public int Actions => System.LeaderActions + System.Actions;

    public int StartUniforms => 0;

    public int StartNormals => System.States;

    public int Uniforms => 0;

    public int Normals => System.LeaderActions + System.Actions + System.States;

    public void Prepare() => follower.Form(instance).Describe(System);

    public void Start(SampleSpans noise, SampleSpans states)
    {
        for (int i = 0; i < States; i++)
        {
            states[i].Fill(System.StartMean[i]);
            AddRow(System.StartFactor, i, noise, 0, states[i]);
        }
    }

    public void Step(
        SampleSpans states, SampleSpans noise, SampleSpans actions, SampleSpans next, Span<double> reward, Span<double> leaderReward,
        Span<StepEnd> end)
    {
        (int n, int m, int p, int count) = (System.States, System.Actions, System.LeaderActions, states.Count);
        if (_scratch.Length < (p + 1) * count) _scratch = new double[(p + 1) * count];
        // What the leader's action adds to its mean.
        SampleSpans seen = new(_scratch.AsSpan(count), count);
        for (int j = 0; j < p; j++)
        {
            seen[j].Clear();
            AddRow(System.LeaderFactor, j, noise, 0, seen[j]);
            seen[j].CopyTo(actions[j]);
            AddRow(System.LeaderGain, j, states, 0, actions[j]);
        }

        for (int j = 0; j < m; j++)
        {
            Span<double> action = actions[p + j];
            action.Clear();
            AddRow(System.Gain, j, states, 0, action, -1);
            AddRow(System.SeenGain, j, seen, 0, action, -1);
            AddRow(System.ActionFactor, j, noise, p, action);
        }

        for (int i = 0; i < n; i++)
        {
            next[i].Clear();
            AddRow(System.A, i, states, 0, next[i]);
            AddRow(System.B, i, actions, p, next[i]);
            AddRow(System.C, i, actions, 0, next[i]);
            AddRow(System.NoiseFactor, i, noise, p + m, next[i]);
        }

        reward.Clear();
        AddForm(System.Q, states, 0, reward, -1);
        AddForm(System.R, actions, p, reward, -1);
        if (!System.HasGoal)
        {
            leaderReward.Fill(-System.LeaderCost);
            AddForm(System.LeaderStateCost, states, 0, leaderReward, -1);
            AddForm(System.LeaderActionCost, actions, p, leaderReward, -1);
            return;
        }

        // (s − g)ᵀY(s − g) = sᵀYs − 2gᵀYs + gᵀYg.
        double constant = 0;
        leaderReward.Clear();
        for (int i = 0; i < n; i++)
        {
            double slope = 0;
            for (int j = 0; j < n; j++) slope += System.Precision[i, j] * System.Goal[j];
            constant += slope * System.Goal[i];
            TensorPrimitives.MultiplyAdd(states[i], slope, leaderReward, leaderReward);
        }

        AddForm(System.Precision, states, 0, leaderReward, -0.5);
        foreach (ref double value in leaderReward) value = Math.Exp(value - (constant / 2));
    }

    /// <summary>to += scale · Σ_j matrix[row, j] from[first + j].</summary>
    private static void AddRow(double[,] matrix, int row, SampleSpans from, int first, Span<double> to, double scale = 1)
    {
        for (int j = 0; j < matrix.GetLength(1); j++)
            if (matrix[row, j] != 0) TensorPrimitives.MultiplyAdd(from[first + j], scale * matrix[row, j], to, to);
    }

    /// <summary>to += scale · zᵀ matrix z.</summary>
    private void AddForm(double[,] matrix, SampleSpans from, int first, Span<double> to, double scale)
    {
        Span<double> row = _scratch.AsSpan(0, from.Count);
        for (int i = 0; i < matrix.GetLength(0); i++)
        {
            row.Clear();
            AddRow(matrix, i, from, first, row, scale);
            TensorPrimitives.MultiplyAdd(row, from[first + i], to, to);
        }
    }
}
