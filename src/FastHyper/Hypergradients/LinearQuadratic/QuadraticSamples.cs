using System.Numerics.Tensors;
using CommunityToolkit.HighPerformance;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.LinearQuadratic;

/// <summary>
/// One leader's estimate from its rollouts: each sample has a weight d of the leader's reward, one e of the follower's, and a slope λ of
/// its next state. Nothing is allocated after construction.
/// </summary>
internal abstract class QuadraticSamples
{
    private readonly ClosedFormInstances _instances;
    private readonly double[] _slopes;

    /// <summary>Allocates the estimate.</summary>
    protected QuadraticSamples(
        ClosedFormInstances instances, ClosedFormFollower follower, ContinuousBuffer buffer, QuadraticOptions options, int leader)
    {
        (_instances, Leader, Buffer, Options) = (instances, leader, buffer, options);
        System = new LinearQuadraticSystem(instances.Problem);
        Form = follower.Form(leader);
        Fit = new QuadraticFit(System.States, System.LeaderActions + System.Actions, buffer.Count);
        if (buffer.Count < Fit.Features)
            throw new InvalidInputException(
                $"{options.Name}: {buffer.Count} samples of {ProblemName} for {Fit.Features} quadratic features; expected steps of at " +
                    $"least that many");
        Noise = new double[System.LeaderActions + System.Actions, System.LeaderActions + System.Actions];
        int dimensions = System.States + System.LeaderActions + System.Actions, parameters = instances.Problem.ParameterCount;
        Products = new double[dimensions, dimensions];
        _slopes = new double[System.States * buffer.Count];
        Scratch = new double[buffer.Count];
        (FollowerWeights, LeaderWeights, Vector) = (new double[buffer.Count], new double[buffer.Count], new double[Fit.Features]);
        (Direct, Response) = (new double[parameters], new double[parameters]);
    }

    /// <summary>Direct part, (P).</summary>
    public double[] Direct { get; }

    /// <summary>Part through the response, (P).</summary>
    public double[] Response { get; }

    /// <summary>Why there is no estimate; null where there is one.</summary>
    public string? Obstacle { get; protected set; }

    protected ContinuousBuffer Buffer { get; }

    protected QuadraticOptions Options { get; }

    protected LinearQuadraticSystem System { get; }

    protected IClosedForm Form { get; }

    protected QuadraticFit Fit { get; }

    /// <summary>E ε εᵀ of what is random of the actions, the leader's first.</summary>
    protected double[,] Noise { get; }

    /// <summary>Scratch over all coordinates.</summary>
    protected double[,] Products { get; }

    /// <summary>d, (N).</summary>
    protected double[] LeaderWeights { get; }

    /// <summary>e, (N).</summary>
    protected double[] FollowerWeights { get; }

    /// <summary>Scratch, (k).</summary>
    protected double[] Vector { get; }

    /// <summary>λ, (n) of each sample.</summary>
    protected SampleSpans Slopes => new(_slopes, Buffer.Count);

    protected string ProblemName => _instances.Problem.Name;

    protected int Leader { get; }

    protected double Discount => _instances.Problem.Discount;

    protected double LeaderDiscount => _instances.Problem.LeaderDiscount;

    protected double Temperature => _instances.Temperatures[Leader];

    protected ReadOnlySpan<double> X => _instances.ParametersOf(Leader);

    /// <summary>Writes both parts.</summary>
    public void Estimate()
    {
        Obstacle = null;
        Direct.AsSpan().Clear();
        Response.AsSpan().Clear();
        Form.Describe(System);
        EstimateParts();
        if (Obstacle is null) return;
        Direct.AsSpan().Fill(double.NaN);
        Response.AsSpan().Fill(double.NaN);
    }

    /// <summary>Accumulates both parts, which are zero.</summary>
    protected abstract void EstimateParts();

    /// <summary>Takes the samples into the fit.</summary>
    protected void Accumulate()
    {
        (int n, int p, int m) = (System.States, System.LeaderActions, System.Actions);
        SampleSpans y = Fit.Y, states = Buffer.States, actions = Buffer.Actions;
        for (int i = 0; i < n; i++)
        {
            states[i].CopyTo(y[i]);
            Buffer.Next[i].CopyTo(Fit.Next[i]);
        }

        // ε of the leader is a − L s, of the follower u + K s + K_a(a − L s).
        for (int j = 0; j < p + m; j++)
        {
            actions[j].CopyTo(y[n + j]);
            for (int i = 0; i < n; i++)
                TensorPrimitives.MultiplyAdd(states[i], j < p ? -System.LeaderGain[j, i] : System.Gain[j - p, i], y[n + j], y[n + j]);
            for (int i = 0; j >= p && i < p; i++) TensorPrimitives.MultiplyAdd(y[n + i], System.SeenGain[j - p, i], y[n + j], y[n + j]);
        }

        System.LeaderNoise.AsSpan2D().CopyTo(Noise.AsSpan2D()[..p, ..p]);
        System.Covariance.AsSpan2D().CopyTo(Noise.AsSpan2D()[p.., p..]);
        Fit.Accumulate(Noise);
    }

    /// <summary>Solves with the fit's matrix, in place.</summary>
    protected bool Solve(double discount, Span<double> vector, bool transposed, string what)
    {
        if (Fit.Solve(discount, Options.Ridge, vector, transposed)) return true;
        Obstacle = $"{_instances.Problem.Name}: {what} of leader {Leader} has no solution: {Buffer.Count} samples do not tell " +
            $"{Fit.Features} quadratic features apart; expected more, or a larger ridge than {Options.Ridge}";
        return false;
    }

    /// <summary>λ = factor · weight · matrix s'.</summary>
    protected void WriteSlopes(ReadOnlySpan<double> weights, ReadOnlySpan2D<double> matrix, double factor)
    {
        for (int i = 0; i < System.States; i++)
        {
            Span<double> slope = Slopes[i];
            slope.Clear();
            for (int j = 0; j < System.States; j++) TensorPrimitives.MultiplyAdd(Buffer.Next[j], factor * matrix[i, j], slope, slope);
            TensorPrimitives.Multiply(slope, weights, slope);
        }
    }

    /// <summary>to += Σ_k left_k right_kᵀ.</summary>
    protected static void AddProducts(SampleSpans left, SampleSpans right, int firstRight, Span2D<double> to)
    {
        for (int i = 0; i < to.Height; i++)
            for (int j = 0; j < to.Width; j++)
                to[i, j] += LaneSums.Dot(left[i], right[firstRight + j]);
    }

    /// <summary>to += factor · Σ_k weight_k v_k v_kᵀ.</summary>
    protected void AddMoments(ReadOnlySpan<double> weights, double factor, SampleSpans of, int first, Span2D<double> to)
    {
        Span<double> weighted = Scratch;
        for (int i = 0; i < to.Height; i++)
        {
            TensorPrimitives.Multiply(of[first + i], weights, weighted);
            for (int j = 0; j < to.Width; j++) to[i, j] += factor * LaneSums.Dot(weighted, of[first + j]);
        }
    }

    /// <summary>Scratch, (N).</summary>
    protected double[] Scratch { get; }
}
