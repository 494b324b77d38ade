using FastHyper.Hypergradients;
using FastHyper.Problems;
using FastHyper.Rollouts;
using FastHyper.Tests.Support;
using Xunit.Abstractions;

namespace FastHyper.Tests.Hypergradients;

/// <summary>
/// What the published SARSA critic costs: the bias of the mean response part, x held fixed, as the table learns.
/// </summary>
public class SarsaBiasTests(ITestOutputHelper output)
{
    private static readonly SamplingOptions Published = new() { Steps = 400, EpisodeLimit = 200 };

    [Fact]
    public void TheMeanGradientTurnsTowardsTheExactOneAsTheTableLearns()
    {
        FourRooms problem = FourRooms.Create(new FourRoomsOptions { Temperature = 0.05, WeightDeviation = 0.5 });
        double[] x = Solved.Start(problem, 2);
        using Solved solved = new(problem);
        double[] exact = solved.At(x).Parts().Response;
        output.WriteLine("| critic | iterations | relative error | cosine |");
        output.WriteLine("| --- | --- | --- | --- |");
        Row(problem, x, exact, new CriticOptions { Kind = CriticKind.Exact }, 1);
        double cosine = 0;
        foreach (double step in (double[])[0.02, 0.1, 0.5])
            cosine = Row(problem, x, exact, new CriticOptions { Step = step }, 1, 10, 100);
        Assert.True(cosine > 0.75, $"cosine {cosine:F3}");
    }

    private double Row(FourRooms problem, double[] x, double[] exact, CriticOptions critic, params ReadOnlySpan<int> iterations)
    {
        using Estimates estimates = new(problem, new BcHg { Sampling = Published, Critic = critic }, 64, x);
        int done = 0;
        double cosine = 0;
        foreach (int iteration in iterations)
        {
            estimates.Run(iteration - done);
            done = iteration;
            double[] mean = estimates.Response.Mean;
            cosine = Close.Cosine(mean, exact);
            double error = Close.Norm(Close.Difference(mean, exact)) / Close.Norm(exact);
            output.WriteLine($"| {critic.Kind} {(critic.Kind == CriticKind.Sarsa ? critic.Step : "")} | {iteration} | {error:F3} | {cosine:F3} |");
        }

        return cosine;
    }
}
