using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;

namespace FastHyper.Bench;

/// <summary>What a critic costs BC-HG at one x: how far the mean gradient is from the exact one.</summary>
/// <param name="Error">‖mean − exact‖ / ‖exact‖, noise included.</param>
/// <param name="Cosine">Between the mean and the exact gradient.</param>
/// <param name="Noise">Norm of the mean's standard errors / ‖exact‖.</param>
internal sealed partial record CriticBias(double Error, double Cosine, double Noise)
{
    private const int Tables = 32;
    private const int Leaders = 1024;
    private const double Frozen = 1e-300;
    private static readonly SamplingOptions Training = new() { Steps = 400, EpisodeLimit = 200 };

    /// <summary>
    /// 32 tables learn for some iterations of 400 samples; then, held still, each is used by 32 of 1024 leaders.
    /// </summary>
    public static CriticBias Measure(FiniteProblem problem, CriticOptions critic, bool averageVisits, int iterations, int steps = 4000)
    {
        using CpuBackend backend = new(2);
        using Mdp mdp = new(problem, backend, Leaders);
        double[] x = new double[problem.ParameterCount];
        problem.InitialParameters(2, x);
        using BestResponse response = Respond(mdp, x);
        using Hypergradient exact = new ExactEstimator().Bind(new EstimationContext(mdp, response, null));
        exact.Estimate();
        double[] expected = Gradients.Of(mdp, exact, 0);

        SamplingOptions sampling = new() { Steps = steps, EpisodeLimit = 200 };
        bool learns = critic.Kind != CriticKind.Exact;
        BcHgEstimator estimator =
            new() { Sampling = sampling, Critic = learns ? new CriticOptions { Step = Frozen } : critic, AverageVisits = averageVisits };
        using EpisodeSampler sampler = new(mdp, sampling);
        using Hypergradient estimate = estimator.Bind(new EstimationContext(mdp, response, sampler));
        if (learns) Train(problem, critic, iterations, x, backend, mdp, estimate.State.First(s => s.Name == "critic").Array);
        sampler.Sample(response, [.. Enumerable.Range(1000, Leaders).Select(i => (ulong)i)], 0);
        estimate.Estimate();

        // Leaders that share a table are one sample.
        double[][] groups = [.. Enumerable.Range(0, Tables).Select(_ => new double[x.Length])];
        for (int leader = 0; leader < Leaders; leader++)
        {
            double[] gradient = Gradients.Of(mdp, estimate, leader);
            for (int p = 0; p < x.Length; p++) groups[leader % Tables][p] += gradient[p] * Tables / Leaders;
        }

        double[] mean = [.. Enumerable.Range(0, x.Length).Select(p => groups.Average(g => g[p]))];
        double variance = groups.Sum(g => g.Zip(mean, (a, b) => (a - b) * (a - b)).Sum()) / (Tables * (Tables - 1.0));
        double norm = Gradients.Norm(expected);
        return new CriticBias(
            Gradients.Norm([.. mean.Zip(expected, (a, b) => a - b)]) / norm,
            mean.Zip(expected, (a, b) => a * b).Sum() / (Gradients.Norm(mean) * norm), Math.Sqrt(variance) / norm);
    }

    public static FourRooms Rooms(double temperature, double discount) => FourRooms.Create(
        new FourRoomsOptions { Temperature = temperature, Gamma = discount, GammaLeader = discount, WeightDeviation = 0.5 });

    private static void Train(
        FiniteProblem problem, CriticOptions options, int iterations, double[] x, CpuBackend backend, Mdp target, DeviceArray tables)
    {
        using Mdp mdp = new(problem, backend, Tables);
        using BestResponse response = Respond(mdp, x);
        using EpisodeSampler sampler = new(mdp, Training);
        using Critic critic = options.Bind(new EstimationContext(mdp, response, sampler));
        ulong[] seeds = [.. Enumerable.Range(1, Tables).Select(i => (ulong)i)];
        for (uint i = 0; i < iterations; i++)
        {
            sampler.Sample(response, seeds, i);
            critic.Learn();
        }

        double[] q = new double[mdp.Engine.States * mdp.Engine.Actions];
        for (int leader = 0; leader < Leaders; leader++)
        {
            mdp.Engine.Download(critic.Q, leader % Tables, q);
            target.Engine.Upload(tables, leader, q);
        }
    }

    private static BestResponse Respond(Mdp mdp, double[] x)
    {
        for (int leader = 0; leader < mdp.Engine.Leaders; leader++) mdp.Engine.Upload(mdp.X, leader, x);
        mdp.Configure();
        BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-10 });
        response.Solve();
        return response;
    }
}
