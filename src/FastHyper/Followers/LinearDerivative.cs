using System.Numerics.Tensors;
using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers;

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
    private readonly double[] _residual;
    private readonly LinearCertificate[] _certificates;

    public LinearDerivative(Mdp mdp, LinearResponse follower, AdjointOptions options)
    {
        _mdp = mdp;
        _follower = follower;
        _options = options;
        _rows = mdp.Engine.Allocate(ArrayKind.StateAction);
        _entries = mdp.Problem.ControlsTransitions ? mdp.Engine.Allocate(ArrayKind.Entry) : null;
        int instances = mdp.Engine.Instances, numbers = instances * follower.Features.Count;
        (_source, _adjoint, _residual) = (new double[numbers], new double[numbers], new double[follower.Features.Count]);
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
        FeatureRows features = _follower.Features;
        _mdp.Engine.FeatureSums(features, _rows, weighted: false, _source);
        equation.Factorise(_follower.Policy);
        for (int i = 0; i < _certificates.Length; i++) Solve(equation, i);
        equation.Spread(_adjoint, _rows);
        if (_entries is not null) _mdp.Engine.EntryCotangent(_rows, _follower.V, _mdp.Problem.Discount, _entries);
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _rows.Dispose();
        _entries?.Dispose();
    }

    /// <summary>Solves, refines the solution once by its residual, and proves it by the residual that is left, in the sum norm.</summary>
    private void Solve(FittedEquation equation, int i)
    {
        int k = equation.Count;
        ReadOnlySpan<double> c = _source.AsSpan(i * k, k);
        Span<double> u = _adjoint.AsSpan(i * k, k);
        u.Clear();
        DenseSystem system = equation.System(i);
        double left = double.PositiveInfinity;
        for (int pass = 0; pass < 2 && equation.IsRegular[i]; pass++)
        {
            Residual(equation, i, c, u);
            system.SolveTransposed(_residual);
            TensorPrimitives.Add<double>(u, _residual, u);
        }

        if (equation.IsRegular[i]) left = Residual(equation, i, c, u);
        double size = DenseSystem.Magnitudes(u), relative = left == 0 ? 0 : left / (size + DenseSystem.Magnitudes(c));
        double bound = left == 0 ? 0 : equation.IsRegular[i] && size > 0 ? system.InverseNorm() * left / size : double.PositiveInfinity;
        // Elimination leaves a residual of rounding, of the matrix as large as it is.
        double tolerance = Math.Max(_options.Tolerance, k * 2.2204460492503131e-16 * Math.Max(1, equation.MatrixNorm(i)));
        Outcome outcome = relative <= _options.Tolerance ? Outcome.Converged
            : relative <= tolerance ? Outcome.AtRounding : equation.IsRegular[i] ? Outcome.Unproven : Outcome.Singular;
        _certificates[i] = new LinearCertificate(outcome, relative, tolerance, bound, 0, 1);
        if (!(relative <= tolerance)) _mdp.Fail(i, outcome, SolveFailure.Fitted(_mdp, _certificates[i], i));
    }

    /// <summary>residual = c − Aᵀ u, and the sum of its magnitudes.</summary>
    private double Residual(FittedEquation equation, int i, ReadOnlySpan<double> c, ReadOnlySpan<double> u)
    {
        equation.Transposed(i, u, _residual);
        TensorPrimitives.Subtract(c, _residual, _residual);
        return DenseSystem.Magnitudes(_residual);
    }
}
