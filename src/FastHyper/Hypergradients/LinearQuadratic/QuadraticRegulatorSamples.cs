using System.Numerics.Tensors;
using CommunityToolkit.HighPerformance;
using FastHyper.Backends;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.LinearQuadratic;

/// <summary>
/// Where the leader's reward is quadratic, so are its values, which LSTD-Q finds: Q_L = yᵀΘy + constant, y = (s, ε). The follower's policy
/// is known, so that actions count in expectation: with weights d of the samples, X = Σ d s sᵀ and mass Σ d,
/// <code>Cov(Q_L, s_i ε_j)/τ = 2(X Θ_sε Σ)_ij/τ,   Cov(Q_L, ε_i ε_j)/τ = 2(Σ Θ_εε Σ)_ij mass/τ</code>
/// is the cotangent c of the follower's weights, and e = DΦ A⁻ᵀ c/N. Starts as expected: d = DΦ A_L⁻ᵀ ν/N with ν = E φ(s₀, ε) takes the
/// place of γ_Lᵗ/N_e, X = X₀ + γ_L Σ d s's'ᵀ, and mass likewise; what is drawn then tells of the dynamics alone.
/// </summary>
internal sealed class QuadraticRegulatorSamples(
    ClosedFormInstances instances, ClosedFormFollower follower, LinearQuadraticGradient form, ContinuousBuffer buffer,
        QuadraticOptions options, int leader)
    : QuadraticSamples(instances, follower, buffer, options, leader)
{
    private readonly LinearQuadraticArrays _cotangents = new(instances.Problem.Shape.States, instances.Problem.Shape.Actions);
    private readonly double[,] _visits = new double[instances.Problem.Shape.States, instances.Problem.Shape.States];
    private readonly double[,] _critic = new double[
        instances.Problem.Shape.States + instances.Problem.Shape.Actions, instances.Problem.Shape.States + instances.Problem.Shape.Actions];

    protected override void EstimateParts()
    {
        Accumulate();
        Fit.Sum(Buffer.LeaderReward, Vector);
        if (!Solve(LeaderDiscount, Vector, transposed: false, "the leader's critic")) return;
        Fit.Form(Vector, _critic);
        if (!WriteLeaderWeights(out double mass)) return;
        AddDirect();
        if (Options.Response == QuadraticResponse.None) return;
        if (Options.Response == QuadraticResponse.Fitted)
        {
            WriteCovariances(mass);
            if (!Solve(Discount, Vector, transposed: true, "the fit")) return;
            Fit.Shares(Vector, FollowerWeights);
        }
        else
        {
            WriteTraces();
        }

        AddResponse();
    }

    /// <summary>d, X and the mass.</summary>
    private bool WriteLeaderWeights(out double mass)
    {
        int n = System.States;
        _visits.AsSpan2D().Clear();
        mass = 0;
        if (!Options.ExpectedStarts)
        {
            for (int k = 0; k < LeaderWeights.Length; k++) LeaderWeights[k] = Math.Pow(LeaderDiscount, Buffer.Time[k]) / Buffer.Episodes;
            AddMoments(LeaderWeights, 1, Buffer.States, 0, _visits);
            foreach (double weight in LeaderWeights) mass += weight;
            return true;
        }

        Products.AsSpan2D().Clear();
        form.Model.Start.AsSpan2D().CopyTo(Products.AsSpan2D()[..n, ..n]);
        System.Covariance.AsSpan2D().CopyTo(Products.AsSpan2D()[n.., n..]);
        Fit.Moments(Products, 1, Vector);
        if (!Solve(LeaderDiscount, Vector, transposed: true, "the leader's visits")) return false;
        Fit.Shares(Vector, LeaderWeights);
        form.Model.Start.AsSpan2D().CopyTo(_visits);
        AddMoments(LeaderWeights, LeaderDiscount, Buffer.Next, 0, _visits);
        foreach (double weight in LeaderWeights) mass += LeaderDiscount * weight;
        mass += 1;
        return true;
    }

    private void AddDirect()
    {
        int n = System.States;
        Span2D<double> values = _critic.AsSpan2D()[..n, ..n];
        _cotangents.Clear();
        if (Options.Traces.Transitions == TransitionTerm.Pathwise) WriteSlopes(LeaderWeights, values, 2 * LeaderDiscount);
        else WriteScores(LeaderWeights, values, LeaderDiscount);
        AddTransitions();
        AddMoments(LeaderWeights, -1, Buffer.States, 0, _cotangents.M);
        AddMoments(LeaderWeights, -1, Buffer.Actions, 0, _cotangents.U);
        double sum = 0;
        foreach (double weight in LeaderWeights) sum += weight;
        _cotangents.Cost = -sum;
        values.CopyTo(_cotangents.Start);
        AddNoise(sum * LeaderDiscount, values);
        form.Pullback(X, _cotangents, Direct);
    }

    private void AddResponse()
    {
        _cotangents.Clear();
        if (Options.Traces.Transitions == TransitionTerm.Pathwise) WriteSlopes(FollowerWeights, System.P, -2 * Discount);
        else WriteScores(FollowerWeights, System.P, -Discount);
        AddTransitions();
        AddMoments(FollowerWeights, -1, Buffer.States, 0, _cotangents.Q);
        AddMoments(FollowerWeights, -1, Buffer.Actions, 0, _cotangents.R);
        double sum = 0;
        foreach (double weight in FollowerWeights) sum += weight;
        AddNoise(-sum * Discount, System.P);
        form.Pullback(X, _cotangents, Response);
    }

    private void AddTransitions()
    {
        AddProducts(Slopes, Buffer.States, 0, _cotangents.A);
        AddProducts(Slopes, Buffer.Actions, 0, _cotangents.B);
    }

    private void AddNoise(double factor, ReadOnlySpan2D<double> form)
    {
        for (int i = 0; i < form.Height; i++)
            for (int j = 0; j < form.Width; j++) _cotangents.W[i, j] += factor * form[i, j];
    }

    /// <summary>c.</summary>
    private void WriteCovariances(double mass)
    {
        (int n, int m) = (System.States, System.Actions);
        Products.AsSpan2D().Clear();
        for (int i = 0; i < n + m; i++)
        {
            for (int j = n; j < n + m; j++)
            {
                double sum = 0;
                for (int a = 0; a < m; a++)
                {
                    double row = 0;
                    if (i < n) for (int b = 0; b < n; b++) row += _visits[i, b] * _critic[b, n + a];
                    else for (int b = 0; b < m; b++) row += mass * System.Covariance[i - n, b] * _critic[n + b, n + a];
                    sum += row * System.Covariance[a, j - n];
                }

                Products[i, j] = Products[j, i] = 2 * sum / Temperature;
            }
        }

        Fit.Moments(Products, 0, Vector);
    }

    /// <summary>e_j = u_j + γ e_{j−1} within an episode, u_k = d_k Â_L(s_k, a_k)/τ.</summary>
    private void WriteTraces()
    {
        (int n, int m) = (System.States, System.Actions);
        // What the state alone says of Q_L goes.
        double mean = 0;
        Products.AsSpan2D().Clear();
        for (int i = 0; i < n + m; i++)
        {
            for (int j = 0; j < n + m; j++)
            {
                if (i >= n || j >= n) Products[i, j] = _critic[i, j];
                if (i >= n && j >= n) mean += _critic[i, j] * System.Covariance[i - n, j - n];
            }
        }

        Fit.Coefficients(Products, -mean, Vector);
        Fit.Values(Vector, 1 / Temperature, FollowerWeights);
        TensorPrimitives.Multiply(FollowerWeights, LeaderWeights, FollowerWeights);
        if (Options.Traces.Centred && !Fit.Centre(FollowerWeights))
        {
            Obstacle = $"{ProblemName}: the traces of leader {Leader} cannot be centred: {Buffer.Count} samples do not tell quadratic " +
                $"features of the state apart";
            return;
        }

        int streams = Buffer.Shape.Streams;
        for (int k = streams; k < FollowerWeights.Length; k++)
            if (Buffer.End[k - streams] == StepEnd.None) FollowerWeights[k] += Discount * FollowerWeights[k - streams];
    }

    /// <summary>λ = weight · factor · (v(s') − E v(s')) W⁻¹(s' − E s') for v(s) = sᵀ form s; with a mean of zero unless centred.</summary>
    private void WriteScores(ReadOnlySpan<double> weights, ReadOnlySpan2D<double> values, double factor)
    {
        int n = System.States;
        Span<double> mean = stackalloc double[n], deviation = stackalloc double[n];
        SampleSpans states = Buffer.States, actions = Buffer.Actions, next = Buffer.Next, slopes = Slopes;
        double spread = 0;
        for (int i = 0; i < n; i++)
        {
            if (System.NoiseFactor[i, i] == 0)
            {
                Obstacle = $"{ProblemName}: scores of transitions without noise in dimension {i}; expected transitions = pathwise";
                return;
            }

            for (int j = 0; j < n; j++)
                for (int k = 0; k < n; k++) spread += values[i, j] * System.NoiseFactor[i, k] * System.NoiseFactor[j, k];
        }

        for (int k = 0; k < weights.Length; k++)
        {
            double value = 0, expected = spread;
            for (int i = 0; i < n; i++)
            {
                mean[i] = 0;
                for (int j = 0; j < n; j++) mean[i] += System.A[i, j] * states[j][k];
                for (int j = 0; j < System.Actions; j++) mean[i] += System.B[i, j] * actions[j][k];
                deviation[i] = next[i][k] - mean[i];
            }

            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    value += next[i][k] * values[i, j] * next[j][k];
                    expected += mean[i] * values[i, j] * mean[j];
                }
            }

            // W⁻¹ = N⁻ᵀN⁻¹ of the lower triangular N.
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < i; j++) deviation[i] -= System.NoiseFactor[i, j] * deviation[j];
                deviation[i] /= System.NoiseFactor[i, i];
            }

            for (int i = n - 1; i >= 0; i--)
            {
                for (int j = i + 1; j < n; j++) deviation[i] -= System.NoiseFactor[j, i] * deviation[j];
                deviation[i] /= System.NoiseFactor[i, i];
            }

            double weight = weights[k] * factor * (Options.Traces.Centred ? value - expected : value);
            for (int i = 0; i < n; i++) slopes[i][k] = weight * deviation[i];
        }
    }
}
