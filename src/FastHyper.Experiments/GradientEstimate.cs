using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>The hypergradient of a problem at its x.</summary>
/// <param name="Direct">Direct part, (P).</param>
/// <param name="Response">Part through the response, (P).</param>
/// <param name="Objective">Exact J.</param>
/// <param name="StandardError">Standard error of the gradient, (P), over independent batches; null for exact ones.</param>
/// <param name="Shape">Shape of x where it is saved.</param>
public sealed record GradientEstimate(
    double[] Direct, double[] Response, double Objective, double[]? StandardError, IReadOnlyList<int> Shape)
{
    // Of what is linear, relative; and of the follower, in reward units and for a temperature of at least 1.
    private const double Tolerance = 1e-14;

    // Relative change at which a gradient that is approached by iterations stands still.
    private const double Still = 1e-13;

    /// <summary>Iterations at x that it took; 1 for methods that need no more.</summary>
    public int Iterations { get; private init; } = 1;

    /// <summary>‖g − g′‖/‖g‖, g′ the gradient an iteration before; null where there was only one.</summary>
    public double? Change { get; private init; }

    /// <summary>The proofs of the solves behind the gradient; null for estimates from samples.</summary>
    public GradientProof? Proof { get; private init; }

    /// <summary>Direct + response, (P).</summary>
    public double[] Gradient => [.. Direct.Zip(Response, (d, r) => d + r)];

    /// <summary>Estimates at the x that a leader starts from; sampling estimators in independent batches.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="estimator">The estimator.</param>
    /// <param name="backend">Where to compute.</param>
    /// <param name="precision">Precision of storage and lanes.</param>
    /// <param name="seed">Seed of the first batch.</param>
    /// <param name="batches">Independent batches of samples; at least 2 for a standard error.</param>
    /// <param name="warmUp">Iterations at this x before the one that counts, for critics that learn.</param>
    /// <param name="method">How the follower, and what is linear, is solved.</param>
    /// <param name="iterations">
    /// Iterations at the most for methods that come nearer to the gradient with each, such as <see cref="MSobirlEstimator"/>; they end when
    /// it stands still.
    /// </param>
    /// <param name="monitor">Stops the work, and hears how far it is.</param>
    /// <param name="at">Leader parameters, (P); null for where a leader of that seed starts.</param>
    /// <exception cref="OperationCanceledException">The monitor stopped it.</exception>
    /// <exception cref="InvalidOperationException">A solve did not converge, or the gradient is not finite.</exception>
    /// <remarks>
    /// An estimate is compared with others: its follower is solved to 1e-14 · min(1, τ), where leaders on their way are content with
    /// <see cref="SolveOptions.Tolerance"/>.
    /// </remarks>
    public static GradientEstimate Compute(
        Problem problem, IHypergradientEstimator estimator, Backend backend, Precision precision, ulong seed, int batches = 32,
        int warmUp = 0,
        SolveMethod method = SolveMethod.Auto, int iterations = 1, WorkMonitor? monitor = null, double[]? at = null)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(estimator);
        if (batches < 2) throw new InvalidInputException($"batches: {batches}; expected at least 2");
        if (warmUp < 0) throw new InvalidInputException($"warm-up: {warmUp}; expected 0 or more");
        if (iterations < 1) throw new InvalidInputException($"iterations: {iterations}; expected at least 1");
        int leaders = estimator.Sampling is null ? 1 : batches;
        // A leader whose learning rate is as good as zero stays where it is.
        LeaderOptions options = new()
        {
            Leaders = LeaderOptions.Seeds(seed, leaders, double.Epsilon),
            ContextMode = ContextMode.Averaged,
            Precision = precision,
            Follower = new SolveOptions { Tolerance = Tolerance, Method = method }.ForPolicy(problem.Temperature),
        };
        double[][] x = [.. Enumerable.Range(0, leaders).Select(_ => at ?? InitialParameters(problem, seed))];
        using Leader leader = new(problem, estimator, options, backend);
        leader.Instances.Monitor = monitor ?? WorkMonitor.None;
        void Step()
        {
            for (int l = 0; l < leaders; l++) leader.Instances.Engine.Upload(leader.Instances.X, l, x[l]);
            leader.Step();
        }

        for (int i = 0; i <= warmUp; i++)
        {
            leader.Instances.Monitor.Check("iterations to warm up", i, warmUp);
            Step();
        }

        int done = 1;
        double? change = null;
        for (double[] before = Total(leader); done < iterations && !(change <= Still); done++)
        {
            leader.Instances.Monitor.Check("iterations at x", done, iterations);
            Step();
            double[] now = Total(leader);
            change = Norm(now.Zip(before, (g, h) => g - h)) / Math.Max(Norm(now), double.Epsilon);
            before = now;
        }

        GradientProof? proof = estimator.Sampling is null ? Prove(leader) : null;
        double[] objective = new double[leaders];
        leader.EvaluateReturns(new SolveOptions { Tolerance = Tolerance, Method = method }, objective);
        double[][] direct = Read(leader, leader.Hypergradient.Direct);
        double[][] response = Read(leader, leader.Hypergradient.Response);
        double[] meanDirect = Mean(direct);
        double[] meanResponse = Mean(response);
        return new GradientEstimate(
            meanDirect, meanResponse, objective[0], leaders == 1 ? null : StandardErrors(direct, response, meanDirect, meanResponse),
            problem.ParameterShape)
        {
            Iterations = done,
            Change = change,
            Proof = proof,
        };
    }

    /// <summary>
    /// Writes gradient, direct, response (P), objective, and stderr (P) or the numbers of the proof where there is one; P in the shape of
    /// x.
    /// </summary>
    /// <param name="path">The .npz file.</param>
    public void Save(string path)
    {
        int[] shape = [.. Shape];
        using NpzWriter writer = NpzWriter.Create(path);
        writer.Write("gradient", Gradient.AsSpan(), shape);
        writer.Write("direct", Direct.AsSpan(), shape);
        writer.Write("response", Response.AsSpan(), shape);
        writer.WriteScalar("objective", Objective);
        if (StandardError is not null) writer.Write("stderr", StandardError.AsSpan(), shape);
        if (Proof is not null)
        {
            writer.WriteScalar("follower_residual", Proof.Follower.Residual);
            writer.WriteScalar("follower_bound", Proof.Follower.Bound);
            writer.WriteScalar("linear_residual", Proof.LargestResidual);
            writer.WriteScalar("error_estimate", Proof.ErrorEstimate);
        }

        writer.Commit();
    }

    /// <exception cref="InvalidOperationException">A best response has no proof.</exception>
    private static GradientProof Prove(Leader leader)
    {
        Certificate[] followers = new Certificate[leader.Instances.Engine.Instances];
        leader.Follower.Certify(followers);
        if (leader.Follower is SolvedFollower response) response.ThrowIfUnproven(followers);
        leader.Hypergradient.Certify();
        return GradientProof.Of(leader, 0, followers);
    }

    private static double[] InitialParameters(Problem problem, ulong seed)
    {
        double[] x = new double[problem.ParameterCount];
        problem.InitialParameters(seed, x);
        return x;
    }

    /// <summary>Direct + response of the first leader.</summary>
    private static double[] Total(Leader leader) =>
        [.. Read(leader, leader.Hypergradient.Direct)[0].Zip(Read(leader, leader.Hypergradient.Response)[0], (d, r) => d + r)];

    private static double Norm(IEnumerable<double> vector) => Math.Sqrt(vector.Sum(v => v * v));

    private static double[][] Read(Leader leader, DeviceArray array)
    {
        double[][] values = new double[leader.Instances.Engine.Leaders][];
        for (int l = 0; l < values.Length; l++)
        {
            values[l] = new double[array.Length];
            leader.Instances.Engine.Download(array, l, values[l]);
        }

        return values;
    }

    private static double[] Mean(double[][] samples) =>
        [.. Enumerable.Range(0, samples[0].Length).Select(p => samples.Average(sample => sample[p]))];

    private static double[] StandardErrors(double[][] direct, double[][] response, double[] meanDirect, double[] meanResponse)
    {
        double[] errors = new double[meanDirect.Length];
        for (int p = 0; p < errors.Length; p++)
        {
            double sum = 0;
            for (int b = 0; b < direct.Length; b++)
            {
                double deviation = direct[b][p] + response[b][p] - meanDirect[p] - meanResponse[p];
                sum += deviation * deviation;
            }

            errors[p] = Math.Sqrt(sum / (direct.Length - 1.0) / direct.Length);
        }

        return errors;
    }
}
