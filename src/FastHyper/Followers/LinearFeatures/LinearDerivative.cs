using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;

namespace FastHyper.Followers.LinearFeatures;

/// <summary>
/// Through the fitted fixed point: with c the cotangent of Q, Aᵀ u = Φᵀ c, A = ΦᵀD(Φ − γ P Ψ) + ρI, and e = D Φ u is the cotangent of r,
/// one weight for each row of the fit; γ e V_w is that of P. Over samples D, and P in A, are theirs: their cotangent of P is the mean over
/// the next states that could have been drawn, each of which would have weighed V_w(s') ∂log P(s'|s,a). O(S·A·k² + k³).
/// </summary>
internal sealed class LinearDerivative : ResponseDerivative, ILinearProofs
{
    private readonly Mdp _mdp;
    private readonly LinearResponse _follower;
    private readonly AdjointOptions _options;
    private readonly DeviceArray _rows;
    private readonly DeviceArray? _entries;
    private readonly double[] _source;
    private readonly double[] _adjoint;
    private readonly double[] _left;
    private readonly LinearCertificate[] _certificates;

    public LinearDerivative(Mdp mdp, LinearResponse follower, AdjointOptions options)
    {
        _mdp = mdp;
        _follower = follower;
        _options = options;
        _rows = mdp.Engine.Allocate(ArrayKind.StateAction);
        _entries = mdp.Problem.ControlsTransitions ? mdp.Engine.Allocate(ArrayKind.Entry) : null;
        int instances = mdp.Engine.Instances, numbers = instances * follower.Features.Count;
        (_source, _adjoint, _left) = (new double[numbers], new double[numbers], new double[instances]);
        _certificates = new LinearCertificate[instances];
        Configured = new Cotangents(_rows, null, _entries, null);
    }

    // c becomes e in place.
    public override DeviceArray ActionValues => _rows;

    public override Cotangents Configured { get; }

    public override IEnumerable<(string Name, ILinearProofs Solves)> Solves => [("adjoint", this)];

    public ReadOnlySpan<LinearCertificate> Certificates => _certificates;

    public override void Pullback()
    {
        FittedEquation equation = _follower.Equation;
        _mdp.Engine.FeatureSums(equation.Features, _rows, weighted: false, _source);
        equation.Systems.Prepare(_follower.Policy);
        int products = equation.Systems.SolveTransposed(_source, _adjoint, _options.LinearTolerance, _left);
        for (int i = 0; i < _certificates.Length; i++) Prove(equation, i, products);
        equation.Spread(_adjoint, _rows);
        if (_entries is not null) _mdp.Engine.EntryCotangent(_rows, _follower.V, _mdp.Problem.Discount, _entries);
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _rows.Dispose();
        _entries?.Dispose();
    }

    /// <summary>Proves a solution by the residual that is left, in the sum norm.</summary>
    private void Prove(FittedEquation equation, int i, int products)
    {
        int k = equation.Features.Count;
        double left = _left[i], size = DenseSystem.Magnitudes(_adjoint.AsSpan(i * k, k));
        double relative = left == 0 ? 0 : left / (size + DenseSystem.Magnitudes(_source.AsSpan(i * k, k)));
        bool solved = double.IsFinite(left);
        double bound = left == 0 ? 0 : solved && size > 0 ? equation.Systems.InverseNorm(i) * left / size : double.PositiveInfinity;
        double tolerance = solved ? Math.Max(_options.LinearTolerance, equation.Systems.Rounding(i)) : _options.LinearTolerance;
        Outcome outcome = relative <= _options.LinearTolerance ? Outcome.Converged
            : relative <= tolerance ? Outcome.AtRounding : solved ? Outcome.Unproven : Outcome.Singular;
        _certificates[i] = new LinearCertificate(outcome, relative, tolerance, bound, 0, products);
        if (!(relative <= tolerance)) _mdp.Fail(i, outcome, SolveFailure.Fitted(_mdp, _certificates[i], i));
    }
}
