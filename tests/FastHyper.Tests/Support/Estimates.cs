using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Tests.Support;

/// <summary>Independent estimates of one gradient: leaders that differ only in their seed, x held fixed.</summary>
internal sealed class Estimates : IDisposable
{
    private readonly CpuBackend _backend = new(2);
    private readonly Mdp _mdp;
    private readonly SolvedFollower _response;
    private readonly EpisodeSampler? _sampler;
    private readonly Draws _draws;
    private readonly Hypergradient _hypergradient;
    private readonly ulong[] _seeds;
    private uint _iteration;

    public Estimates(FiniteProblem problem, IHypergradientEstimator estimator, int count, double[] x)
    {
        _mdp = new Mdp(problem, _backend, count);
        _response = SolvedFollower.Create(_mdp, new SolveOptions { Tolerance = 1e-12 });
        _sampler = estimator.Sampling is SamplingOptions sampling ? new EpisodeSampler(_mdp, sampling) : null;
        _seeds = [.. Enumerable.Range(1, count).Select(i => (ulong)i)];
        _draws = new Draws(_seeds);
        _hypergradient = estimator.Bind(new EstimationContext(_mdp, _response, _sampler) { Draws = _draws });
        for (int leader = 0; leader < count; leader++) _mdp.Engine.Upload(_mdp.X, leader, x);
        _mdp.Configure();
        _response.Solve();
    }

    /// <summary>Iterations as a leader's, but without the steps.</summary>
    public void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            _sampler?.Sample(_response, _seeds, _iteration);
            _draws.Iteration = _iteration++;
            _hypergradient.Estimate();
        }
    }

    /// <summary>x of the first leader.</summary>
    public double[] Parameters() => Read(_mdp.X);

    /// <summary>r of the first leader.</summary>
    public double[] Reward() => Read(_mdp.Reward);

    public Moments Direct => Of(_hypergradient.Direct);

    public Moments Response => Of(_hypergradient.Response);

    public void Dispose()
    {
        _hypergradient.Dispose();
        _sampler?.Dispose();
        _response.Dispose();
        _mdp.Dispose();
        _backend.Dispose();
    }

    private double[] Read(DeviceArray array)
    {
        double[] values = new double[array.Length];
        _mdp.Engine.Download(array, 0, values);
        return values;
    }

    private Moments Of(DeviceArray array)
    {
        double[] values = new double[array.Length], mean = new double[array.Length], squares = new double[array.Length];
        for (int leader = 0; leader < _seeds.Length; leader++)
        {
            _mdp.Engine.Download(array, leader, values);
            for (int i = 0; i < values.Length; i++)
            {
                mean[i] += values[i] / _seeds.Length;
                squares[i] += values[i] * values[i] / _seeds.Length;
            }
        }

        return new Moments(mean, [.. squares.Zip(mean, (q, m) => Math.Sqrt(Math.Max(0, q - (m * m)) / (_seeds.Length - 1)))]);
    }
}

/// <summary>A mean and its standard error, for each component.</summary>
internal sealed record Moments(double[] Mean, double[] Error)
{
    /// <summary>
    /// Within 5 standard errors everywhere (with 63 degrees of freedom and 200 components, less than one seed in a
    /// thousand fails), and precise enough for that to mean something.
    /// </summary>
    public void AgreesWith(double[] exact, double precision, string what)
    {
        double scale = Close.Largest(exact);
        Assert.True(
            Close.Norm(Error) <= precision * Close.Norm(exact), $"{what}: too noisy, {Close.Norm(Error):E2} of {Close.Norm(exact):E2}");
        for (int i = 0; i < exact.Length; i++)
            Assert.True(
                Math.Abs(Mean[i] - exact[i]) <= (5 * Error[i]) + (1e-9 * scale),
                $"{what}[{i}] = {Mean[i]:E4} ± {Error[i]:E1}; expected {exact[i]:E4}");
    }
}
