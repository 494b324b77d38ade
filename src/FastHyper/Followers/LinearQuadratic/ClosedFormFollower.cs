using FastHyper.Backends;
using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>
/// The best response of a follower with linear dynamics and quadratic costs: a Gaussian policy, by the soft Riccati equation.
/// </summary>
public sealed class ClosedFormFollower : Follower
{
    private readonly ClosedFormInstances _instances;
    private readonly IClosedForm[] _forms;
    private readonly double[] _returns;
    private readonly double[] _undiscounted;

    /// <summary>Allocates matrices of each instance.</summary>
    /// <param name="instances">What the follower responds to.</param>
    /// <param name="options">Of which nothing counts: the equation is solved to rounding.</param>
    public ClosedFormFollower(ClosedFormInstances instances, SolveOptions? options = null)
        : base(instances, options)
    {
        _instances = instances;
        _forms = [.. Enumerable.Range(0, instances.Engine.Instances).Select(_ => IClosedForm.Of(instances.Problem))];
        _returns = new double[_forms.Length];
        _undiscounted = new double[_forms.Length];
    }

    /// <summary>None: a response depends on x alone.</summary>
    public override IEnumerable<(string Name, DeviceArray Array)> State => [];

    /// <summary>The leader's return in each instance under the last response; not a number where there is none.</summary>
    public ReadOnlySpan<double> Returns => _returns;

    /// <summary>The same sums without discount; not a number over an infinite horizon.</summary>
    public ReadOnlySpan<double> UndiscountedReturns => _undiscounted;

    /// <inheritdoc/>
    public override void Respond(ReadOnlySpan<ulong> seeds, uint iteration) => Solve();

    /// <summary>Solves for the response of every instance, and the leader's return; what has none has failed.</summary>
    /// <exception cref="InvalidOperationException">An instance has no response, and failures are not isolated.</exception>
    public void Solve()
    {
        for (int i = 0; i < _forms.Length; i++)
        {
            _forms[i].Temperature = _instances.Temperatures[i];
            _returns[i] = _forms[i].Evaluate(_instances.ParametersOf(i));
            _undiscounted[i] = _forms[i].UndiscountedReturn;
            RiccatiCertificate found = _forms[i].Certificate;
            if (found.Obstacle(_instances.Problem.Name) is string obstacle) _instances.Fail(i, found.General, obstacle);
        }
    }

    /// <inheritdoc/>
    public override void Certify(Span<Certificate> certificates)
    {
        for (int i = 0; i < certificates.Length; i++)
        {
            RiccatiCertificate found = _forms[i].Certificate;
            certificates[i] = new Certificate(
                found.General, found.Doublings, found.Residual, found.Error, SolveMethod.Auto, 0);
        }
    }

    /// <inheritdoc/>
    /// <remarks>The gain is as good as P.</remarks>
    public override double PolicyError(int instance, Certificate certificate) => certificate.Bound;

    /// <summary>The closed form of an instance.</summary>
    /// <param name="instance">Which.</param>
    internal IClosedForm Form(int instance) => _forms[instance];

    /// <summary>Entropy of an instance's last response in each state, in nats.</summary>
    /// <param name="instance">Which.</param>
    internal double Entropy(int instance) => _forms[instance].Entropy;

    /// <summary>Both parts of the gradient of an instance's return; left as they are where there is no response.</summary>
    /// <param name="instance">Which.</param>
    /// <param name="direct">(P), written.</param>
    /// <param name="response">(P), written.</param>
    internal void Differentiate(int instance, Span<double> direct, Span<double> response)
    {
        if (double.IsFinite(_returns[instance])) _forms[instance].Differentiate(_instances.ParametersOf(instance), direct, response);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) { }
}
