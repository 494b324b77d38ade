using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests;

/// <summary>The README's loop is compiled and run here, word for word.</summary>
public class ReadmeTests
{
    [Fact]
    public void The_loop_improves_the_objective()
    {
        double[] j = Loop();

        Assert.True(j.Average() > 0.3, $"mean objective {j.Average()} after 1000 iterations; it starts at -0.667");
    }

    [Fact]
    public void The_readme_shows_the_loop_that_runs()
    {
        string source = File.ReadAllText(Repository.Path("tests", "FastHyper.Tests", "ReadmeTests.cs"));
        string readme = File.ReadAllText(Repository.Path("README.md"));
        string body = Between(source, "// <loop>\n", "        // </loop>");
        string loop = string.Join('\n', body.Split('\n').Select(line => line.Length > 8 ? line[8..] : line.Trim()));

        Assert.Contains("using var leader", loop, StringComparison.Ordinal);
        Assert.Equal(Between(readme, "```csharp\n", "```"), loop);
    }

    private static string Between(string text, string begin, string end)
    {
        int from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }

    private static double[] Loop()
    {
        // <loop>
        using var backend = new CpuBackend();
        var problem = FourRooms.Create(new FourRoomsOptions { Temperature = 0.005 });
        var estimator = new BcHgEstimator { Critic = new CriticOptions { Kind = CriticKind.TdLambda, Step = 0.5 } };
        var options =
            new LeaderOptions { Leaders = LeaderOptions.Seeds(seed: 1, count: 10, learningRate: 0.1), Optimizer = OptimizerKind.Sgd };
        using var leader = new Leader(problem, estimator, options, backend);
        using var objective = new ObjectiveEvaluator(leader);
        var j = new double[10];
        foreach (long iteration in leader.Steps(1000))
            if (iteration % 100 == 0) { objective.Evaluate(leader, j); Console.WriteLine($"{iteration,5}  J = {j.Average():F3}"); }
        // </loop>
        return j;
    }
}
