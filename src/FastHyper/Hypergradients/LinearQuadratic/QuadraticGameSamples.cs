using System.Numerics.Tensors;
using CommunityToolkit.HighPerformance;
using FastHyper.Backends;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.LinearQuadratic;

/// <summary>
/// Where the leader's reward is that of a goal, no critic of few features holds its values: slopes of the return go back through each
/// episode instead, by the dynamics' matrices, as slopes of a simulator would. With q_k = Σ ∂J/∂u_k/τ, by Gaussian integration by parts,
/// <code>Cov(Q_L, y_i ε_j)/τ = E y_i q_j,   Cov(Q_L, ε_i ε_j)/τ = ½ E (q_i ε_j + q_j ε_i)</code>
/// is the cotangent c of the follower's weights, and e = DΦ A⁻ᵀ c/N; the leader's own policy in V(s') counts as
/// e γ ∂V(s', a)/∂a s'ᵀ, a at its mean.
/// </summary>
internal sealed class QuadraticGameSamples : QuadraticSamples
{
    private readonly LinearQuadraticGameGradient _form;
    private readonly LinearQuadraticGameArrays _cotangents;
    private readonly double[] _inActions;
    private readonly double[] _inStates;
    private readonly double[,] _square;
    private readonly double[,] _leaderSlope;

    public QuadraticGameSamples(
        ClosedFormInstances instances, ClosedFormFollower follower, LinearQuadraticGameGradient form, ContinuousBuffer buffer,
        QuadraticOptions options, int leader)
        : base(instances, follower, buffer, options, leader)
    {
        _form = form;
        _cotangents = new LinearQuadraticGameArrays(System.States, System.Actions, System.LeaderActions);
        _inActions = new double[(System.LeaderActions + System.Actions) * buffer.Count];
        _inStates = new double[2 * System.States * buffer.Shape.Streams];
        (_square, _leaderSlope) = (new double[System.States, System.States], new double[System.LeaderActions, System.States]);
    }

    /// <summary>∂J/∂a and ∂J/∂u of each sample.</summary>
    private SampleSpans InActions => new(_inActions, Buffer.Count);

    protected override void EstimateParts()
    {
        RunBack();
        AddDirect();
        if (Options.Response == QuadraticResponse.None) return;
        Accumulate();
        WriteCovariances();
        if (!Solve(Discount, Vector, transposed: true, "the fit")) return;
        Fit.Shares(Vector, FollowerWeights);
        AddResponse();
    }

    /// <summary>
    /// λ' of each sample, the slope of its episode's return in its next state, over N_e: λ_t = γ_Lᵗ∂l + Aᵀλ' + Lᵀā − (K − K_a L)ᵀū with
    /// ū = Bᵀλ' and ā = Cᵀλ' − K_aᵀū.
    /// </summary>
    private void RunBack()
    {
        (int n, int p, int m, int streams) = (System.States, System.LeaderActions, System.Actions, Buffer.Shape.Streams);
        SampleSpans coming = new(_inStates, streams), here = new(_inStates.AsSpan(n * streams), streams);
        for (int t = Buffer.Shape.Steps - 1; t >= 0; t--)
        {
            Span<StepEnd> ends = Buffer.At(Buffer.End, t);
            for (int i = 0; i < n; i++)
            {
                Span<double> slope = Slopes[i].Slice(t * streams, streams);
                if (t == Buffer.Shape.Steps - 1) slope.Clear();
                else coming[i].CopyTo(slope);
                for (int w = 0; w < streams; w++)
                    if (ends[w] != StepEnd.None) slope[w] = 0;
                here[i].Clear();
            }

            for (int j = p + m - 1; j >= 0; j--)
            {
                Span<double> action = InActions[j].Slice(t * streams, streams);
                action.Clear();
                for (int i = 0; i < n; i++)
                    TensorPrimitives.MultiplyAdd(
                        Slopes[i].Slice(t * streams, streams), j < p ? System.C[i, j] : System.B[i, j - p], action, action);
                for (int b = 0; j < p && b < m; b++)
                    TensorPrimitives.MultiplyAdd(InActions[p + b].Slice(t * streams, streams), -System.SeenGain[b, j], action, action);
                for (int i = 0; i < n; i++)
                    TensorPrimitives.MultiplyAdd(action, j < p ? System.LeaderGain[j, i] : -OwnGain(j - p, i), here[i], here[i]);
            }

            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                    TensorPrimitives.MultiplyAdd(Slopes[j].Slice(t * streams, streams), System.A[j, i], here[i], here[i]);
                AddReward(t, i, here[i]);
            }

            for (int i = 0; i < n; i++) here[i].CopyTo(coming[i]);
        }
    }

    /// <summary>K − K_a L: what the follower makes of the state where it sees a, too.</summary>
    private double OwnGain(int row, int column)
    {
        double gain = System.Gain[row, column];
        for (int j = 0; j < System.LeaderActions; j++) gain -= System.SeenGain[row, j] * System.LeaderGain[j, column];
        return gain;
    }

    /// <summary>Adds γ_Lᵗ ∂l/∂s_i / N_e = −γ_Lᵗ l Y(s − g)/N_e.</summary>
    private void AddReward(int t, int i, Span<double> to)
    {
        Span<double> reward = Buffer.At(Buffer.LeaderReward, t);
        Span<int> time = Buffer.At(Buffer.Time, t);
        SampleSpans states = Buffer.StatesAt(t);
        for (int w = 0; w < to.Length; w++)
        {
            double pull = 0;
            for (int j = 0; j < System.States; j++) pull += System.Precision[i, j] * (states[j][w] - System.Goal[j]);
            to[w] -= Math.Pow(LeaderDiscount, time[w]) * reward[w] * pull / Buffer.Episodes;
        }
    }

    private void AddDirect()
    {
        _cotangents.Clear();
        AddTransitions();
        AddProducts(InActions, Buffer.States, 0, _cotangents.Gain);
        _form.Pullback(X, _cotangents, Direct);
    }

    private void AddTransitions()
    {
        AddProducts(Slopes, Buffer.States, 0, _cotangents.A);
        AddProducts(Slopes, Buffer.Actions, System.LeaderActions, _cotangents.B);
        AddProducts(Slopes, Buffer.Actions, 0, _cotangents.C);
    }

    /// <summary>c, in the units of the coordinates as the fit has scaled them.</summary>
    private void WriteCovariances()
    {
        (int n, int p, int m) = (System.States, System.LeaderActions, System.Actions);
        Products.AsSpan2D().Clear();
        for (int j = 0; j < m; j++)
        {
            Span<double> q = Scratch;
            q.Clear();
            for (int b = 0; b < m; b++) TensorPrimitives.MultiplyAdd(InActions[p + b], System.Covariance[j, b] / Temperature, q, q);
            for (int i = 0; i < n + p + m; i++)
            {
                double sum = LaneSums.Dot(Fit.Y[i], q) * Fit.Scale(i);
                int at = n + p + j;
                if (i < n + p) Products[i, at] = Products[at, i] = sum;
                else
                {
                    Products[i, at] += sum / 2;
                    Products[at, i] += sum / 2;
                }
            }
        }

        Fit.Moments(Products, 0, Vector);
    }

    private void AddResponse()
    {
        (int n, int p) = (System.States, System.LeaderActions);
        _cotangents.Clear();
        WriteSlopes(FollowerWeights, System.P, -2 * Discount);
        AddTransitions();
        AddMoments(FollowerWeights, -1, Buffer.States, 0, _cotangents.Q);
        AddMoments(FollowerWeights, -1, Buffer.Actions, p, _cotangents.R);

        // ∂V(s', a)/∂a at the mean is −2γ CᵀPF s'.
        _square.AsSpan2D().Clear();
        AddMoments(FollowerWeights, -2 * Discount * Discount, Buffer.Next, 0, _square);
        for (int a = 0; a < p; a++)
        {
            for (int i = 0; i < n; i++)
            {
                _leaderSlope[a, i] = 0;
                for (int j = 0; j < n; j++)
                    for (int k = 0; k < n; k++) _leaderSlope[a, i] += System.C[j, a] * System.P[j, k] * System.ClosedLoop[k, i];
            }

            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) _cotangents.Gain[a, i] += _leaderSlope[a, j] * _square[j, i];
        }

        _form.Pullback(X, _cotangents, Response);
    }
}
