using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.Features;
using FastHyper.Rollouts;
using FastHyper.Rollouts.SupportPoints;
using FastHyper.Tests.Problems.Continuous;

namespace FastHyper.Tests.Followers.SupportPoints;

/// <summary>
/// Continuous states without a grid: fits over support points, and estimates from rollouts, beside what is known otherwise.
/// </summary>
public class PointFollowerTests
{
    private static readonly double[] s_x = [0.317, -0.211, 0.5];

    /// <summary>The fixed point, by many plain sweeps of one loop a sample and a solve by elimination.</summary>
    [Theory, InlineData(FeatureKind.Fourier), InlineData(FeatureKind.TileCoding), InlineData(FeatureKind.Radial)]
    public void WeightsAreTheFixedPointOfPlainSweeps(FeatureKind kind)
    {
        FeatureOptions features = new()
        {
            Kind = kind,
            Ridge = 1e-3,
            TileCoding = new() { Tilings = 2, Tiles = 3 },
            Radial = new() { Points = 4, Normalised = true },
        };
        UngriddedProblem problem = (UngriddedProblem)new Drifting(1).WithoutGrid(features, new() { Count = 301 });
        PointResponse response = new(problem);
        response.Support.Draw(new ContinuousNoise(5, 0, 0));
        response.Begin();
        response.Support.Step(s_x);
        response.Solve(0.4, 1e-12, 500);
        Assert.True(response.Outcome is Outcome.Converged or Outcome.AtRounding, $"{response.Outcome} {response.Residual}");
        int n = 301, each = problem.Features.Count, k = problem.Features.Weights;
        double[][] rows = Dense(response.Support.Rows), next = Dense(response.Support.NextRows);
        double[] w = new double[k];
        for (int sweep = 0; sweep < 200; sweep++)
        {
            double[] after = new double[k];
            for (int action = 0; action < 3; action++)
            {
                double[,] matrix = new double[each, each + 1];
                for (int j = 0; j < each; j++) matrix[j, j] = 1e-3;
                for (int i = 0; i < n; i++)
                {
                    if (response.Support.Actions[i] != action) continue;
                    double[] q =
                        [.. Enumerable.Range(0, 3).Select(b => Enumerable.Range(0, each).Sum(j => next[i][j] * w[(b * each) + j]))];
                    double value = 0.4 * Math.Log(q.Sum(v => Math.Exp(v / 0.4)));
                    double target = response.Support.Reward[i] + (0.8 * response.Support.GoesOn[i] * value);
                    for (int a = 0; a < each; a++)
                    {
                        for (int b = 0; b < each; b++) matrix[a, b] += rows[i][a] * rows[i][b] / n;
                        matrix[a, each] += rows[i][a] * target / n;
                    }
                }

                Eliminate(matrix).CopyTo(after, action * each);
            }

            w = after;
        }

        for (int j = 0; j < k; j++) Assert.Equal(w[j], response.Weights[j], 1e-7 * Math.Max(1, w.Max(Math.Abs)));

        double[][] Dense(PointRows from) =>
            [.. Enumerable.Range(0, n).Select(i =>
            {
                double[] row = new double[each];
                from.AddTo(i, 1, row);
                return row;
            })];
    }

    /// <summary>Slopes of features are those of differences, but for tiles, which have none.</summary>
    [Theory, InlineData(FeatureKind.Fourier), InlineData(FeatureKind.Polynomial), InlineData(FeatureKind.Radial), InlineData(
        FeatureKind.RandomFourier), InlineData(FeatureKind.Interpolated)]
    public void SlopesAreThoseOfDifferences(FeatureKind kind)
    {
        UngriddedProblem problem = (UngriddedProblem)new Drifting(2).WithoutGrid(new FeatureOptions { Kind = kind });
        PointRows rows = new(problem.Features, 3);
        double[] weights = [.. Enumerable.Range(0, problem.Features.Count).Select(j => Math.Cos(3 * j))], slopes = new double[2];
        double[] at = [0.31, -0.57];
        rows.Write(new SampleSpans([0.31, 0, 2.5, -0.57, 0, 0.5], 3));
        rows.Slopes(0, weights, slopes);
        for (int d = 0; d < 2; d++) Assert.Equal((Value(d, 1e-4) - Value(d, -1e-4)) / 2e-4, slopes[d], 1e-6);
        rows.Slopes(2, weights, slopes);
        // Beyond the box values do not change.
        Assert.Equal(0, slopes[0]);

        double Value(int dimension, double step)
        {
            double[] moved = [.. at];
            moved[dimension] += step;
            rows.Write(new SampleSpans([moved[0], 0, 2.5, moved[1], 0, 0.5], 3));
            double value = rows.Dot(0, weights);
            rows.Write(new SampleSpans([0.31, 0, 2.5, -0.57, 0, 0.5], 3));
            return value;
        }
    }

    /// <summary>
    /// Means of 32 estimates beside the exact gradient over a fine grid, each part within five standard errors and what features and finite
    /// samples are allowed, a fiftieth of the direct part and a tenth of the response.
    /// </summary>
    [Theory, InlineData("fitted"), InlineData("bc-hg"), InlineData("hpgd-sa"), InlineData("first-order")]
    public void MeansOfEstimatesAreTheGradientOfAFineGrid(string name)
    {
        using CpuBackend backend = new(2);
        double leaderDiscount = name == "first-order" ? 0.8 : 0.7;
        Drifting drifting = new(1, new() { Points = [161], Nodes = 9, Starts = 64 }, leaderDiscount: leaderDiscount);
        Problem points = drifting.WithoutGrid(
            new FeatureOptions { Kind = FeatureKind.Fourier, Fourier = new() { Order = 6 } }, new() { Count = 6000, NextStates = 2 });
        SamplingOptions sampling = new() { Steps = 8000, Streams = 80, EpisodeLimit = 50 };
        CriticOptions critic = new() { Kind = CriticKind.LstdQ };
        IHypergradientEstimator estimator = name switch
        {
            "fitted" => new FittedEstimator { Sampling = sampling },
            "bc-hg" => new BcHgEstimator { Sampling = sampling, Critic = critic },
            "hpgd-sa" => new HpgdSaEstimator { Sampling = sampling, Critic = critic },
            _ => new FirstOrderEstimator { Sampling = sampling, Payment = 0.2 },
        };
        GradientEstimate exact = GradientEstimate.Compute(drifting.Discretise(), new ExactEstimator(), backend, Precision.F64, 1, at: s_x);
        GradientEstimate mean = GradientEstimate.Compute(points, estimator, backend, Precision.F64, 1, batches: 32, at: s_x);
        double direct = Norm(exact.Direct), response = Norm(exact.Response), worst = 5 * Norm(mean.StandardError!);
        string all = $"{string.Join(", ", mean.Direct)}; {string.Join(", ", exact.Direct)}; {string.Join(", ", mean.Response)}; " +
            $"{string.Join(", ", exact.Response)} ± {worst}";
        Assert.True(worst < 0.6 * response, all);
        if (name == "first-order")
        {
            // Its parts are cut elsewhere: what x does to next states is all of the second.
            Assert.True(Norm([.. mean.Gradient.Zip(exact.Gradient, (g, e) => g - e)]) <= worst, all);
            return;
        }

        Assert.True(Norm([.. mean.Direct.Zip(exact.Direct, (g, e) => g - e)]) <= worst + (0.02 * direct), all);
        Assert.True(Norm([.. mean.Response.Zip(exact.Response, (g, e) => g - e)]) <= worst + (0.1 * response), all);
        // 400 episodes with the same draws.
        Assert.Equal(exact.Objective, mean.Objective, 0.15);
    }

    /// <summary>The same bits whatever threads there are.</summary>
    [Theory, InlineData(FeatureKind.Fourier, PointOrigin.Drawn), InlineData(FeatureKind.TileCoding, PointOrigin.Rollouts)]
    public void ThreadsDoNotChangeBits(FeatureKind kind, PointOrigin rows)
    {
        Assert.Equal(End(1), End(3));

        double[] End(int threads)
        {
            using CpuBackend backend = new(threads);
            Problem problem = new Drifting(2).WithoutGrid(
                new FeatureOptions { Kind = kind, TileCoding = new() { Tilings = 2, Tiles = 2 } },
                new() { Rows = rows, Count = 600, SameDraws = false });
            FittedEstimator estimator = new() { Sampling = new() { Steps = 700, Streams = 7, EpisodeLimit = 30 } };
            using Leader leader = new(problem, estimator, new LeaderOptions { Leaders = LeaderOptions.Seeds(3, 3, 0.05) }, backend);
            for (int i = 0; i < 4; i++) leader.Step();
            return [.. Enumerable.Range(0, 3).SelectMany(l => leader.Parameters(l))];
        }
    }

    [Fact]
    public void WhatIsWrongIsSaidInALine()
    {
        FeatureOptions fourier = new() { Kind = FeatureKind.Fourier };
        Refused("features.kind = problem without a grid; expected a family", () => new Drifting(1).WithoutGrid(new FeatureOptions()));
        Refused(
            "features of 6 dimensions for each of 3 actions; expected at most 4096", () => new Drifting(6).WithoutGrid(fourier));
        Refused("Start wrote", () => new Drifting(1) { StartWidth = 3 }.WithoutGrid(fourier));
        Refused("Step wrote NaN as follower reward", () => Respond(new Drifting(1) { Wrong = double.NaN }));
        Refused(
            "expects a finite MDP", () => Respond(new Drifting(1), new ExactEstimator()));
        Refused(
            "whose density is not known; expected transitions = pathwise",
            () => Respond(new Drifting(1), new BcHgEstimator { Continuous = new() { Transitions = TransitionTerm.Score } }));
        Refused(
            "critic of another kind on drifting without a grid; expected lstd-q",
            () => Respond(new Drifting(1), new FittedEstimator { Critic = new() { Kind = CriticKind.Exact } }));
        Refused("needs one discount", () => Respond(new Drifting(1), new FirstOrderEstimator()));

        void Respond(ContinuousProblem problem, IHypergradientEstimator? estimator = null)
        {
            using CpuBackend backend = new(1);
            using Leader leader = new(
                problem.WithoutGrid(fourier), estimator ?? new FittedEstimator(),
                new LeaderOptions { Leaders = LeaderOptions.Seeds(1, 1, 0.1) }, backend);
            leader.Instances.IsolatesFailures = false;
            leader.Step();
        }

        static void Refused(string message, Action act)
        {
            string found = Assert.Throws<InvalidInputException>(act).Message;
            Assert.Contains(message, found, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', found);
        }
    }

    private static double Norm(double[] vector) => Math.Sqrt(vector.Sum(v => v * v));

    private static double[] Eliminate(double[,] system)
    {
        int n = system.GetLength(0);
        for (int c = 0; c < n; c++)
        {
            for (int r = c + 1; r < n; r++)
            {
                double factor = system[r, c] / system[c, c];
                for (int j = c; j <= n; j++) system[r, j] -= factor * system[c, j];
            }
        }

        double[] x = new double[n];
        for (int r = n - 1; r >= 0; r--)
        {
            x[r] = system[r, n];
            for (int j = r + 1; j < n; j++) x[r] -= system[r, j] * x[j];
            x[r] /= system[r, r];
        }

        return x;
    }
}
