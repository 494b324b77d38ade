using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// Least squares over samples instead of the model: ΦᵀD(Φ − γ P̂ Ψ) + ρI with D the share of the samples that visit (s,a), and D P̂ that of
/// those that go on to s'; Ψ(s) = Σ_b π(b|s) φ(s,b). Samples that end in the environment go nowhere.
/// </summary>
internal sealed class SampledFit : IDisposable
{
    private readonly Mdp _mdp;
    private readonly RolloutBuffer _samples;
    private readonly double _ridge;
    private readonly DeviceArray _ones;
    private readonly DeviceArray _visits;
    private readonly DeviceArray _flows;
    private readonly double[] _matrices;
    private readonly DenseSystem _system;

    public SampledFit(Mdp mdp, RolloutBuffer samples, FeatureRows features, double ridge)
    {
        Engine engine = mdp.Engine;
        _mdp = mdp;
        _samples = samples;
        _ridge = ridge;
        Features = features;
        _ones = engine.AllocateSteps(samples.Shape);
        _visits = engine.Allocate(ArrayKind.StateAction);
        _flows = engine.Allocate(ArrayKind.Entry);
        _matrices = new double[checked(engine.Instances * features.Count * features.Count)];
        _system = new DenseSystem(features.Count);
    }

    public FeatureRows Features { get; }

    /// <summary>Each sample's share.</summary>
    public double Share => 1.0 / ((double)_samples.Shape.Steps * _samples.Shape.Streams);

    /// <summary>Counts the samples, and writes the matrices of a policy.</summary>
    public void Write(DeviceArray policy, double discount)
    {
        Engine engine = _mdp.Engine;
        engine.Fill(_visits, 0);
        engine.Fill(_flows, 0);
        engine.Scale(_samples, null, _ones, Share);
        engine.Scatter(_samples, _ones, StepPlace.Pair, _visits);
        engine.Scatter(_samples, _ones, StepPlace.Entry, _flows);
        engine.FeatureMatrices(Features, policy, discount, _matrices, _visits, _flows);
    }

    /// <summary>Solves each instance's system in place, or with the transposed matrix.</summary>
    /// <param name="vectors">(instances, k).</param>
    /// <param name="transposed">Whether with the transpose.</param>
    /// <param name="what">What is solved for, for messages.</param>
    public void Solve(Span<double> vectors, bool transposed, string what)
    {
        int k = Features.Count;
        for (int i = 0; i < _mdp.Engine.Instances; i++)
        {
            Span<double> vector = vectors.Slice(i * k, k);
            if (_system.Factorise(_matrices.AsSpan(i * k * k, k * k), _ridge) >= 0)
            {
                vector.Fill(double.NaN);
                _mdp.Fail(
                    i, Outcome.Singular,
                        $"{_mdp.Problem.Name}: {what} of instance {i} has no solution: the samples do not tell the {k} features apart "
                        + $"with ridge {_ridge}; expected a larger one");
            }
            else if (transposed)
            {
                _system.SolveTransposed(vector);
            }
            else
            {
                _system.Solve(vector);
            }
        }
    }

    public void Dispose()
    {
        _ones.Dispose();
        _visits.Dispose();
        _flows.Dispose();
    }
}
