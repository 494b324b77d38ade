using System.Globalization;
using System.Numerics.Tensors;
using FastHyper.Problems.Continuous;

namespace FastHyper.Rollouts.SupportPoints;

/// <summary>
/// The soft fitted values of an instance over its support points: w = F(w) = (ΦᵀDΦ + ρI)⁻¹ ΦᵀD (r + γ V_w(s')), D = 1/n, by Newton's
/// method, which is soft LSPI: whole steps first, then shorter ones where whole ones gain nothing, from high temperatures down.
/// </summary>
internal sealed class PointResponse
{
    // A step is taken where it leaves less of the residual by this part of its length.
    private const double LeastGain = 1e-4;
    private const double ShortestStep = 1.0 / 64;

    // Of the largest value: what rounding may leave of a residual.
    private const double Rounding = 1e-9;
    private const int Patience = 12;
    private const int FullSteps = 25;

    // Of the temperature, where solves begin that lead nowhere at it.
    private const double HighestFactor = 256;

    /// <summary>Passes at the most.</summary>
    public const int MaxPasses = 2000;
    private readonly UngriddedProblem _problem;
    private readonly PointSystem _gram;
    private readonly PointSystem _newton;
    private readonly double[] _base;
    private readonly double[] _right;
    private readonly double[] _sweep;
    private readonly double[] _direction;
    private readonly double[] _policy;
    private readonly double[] _values;
    private bool _isRegular;
    private double _merit;

    public PointResponse(UngriddedProblem problem)
    {
        _problem = problem;
        Support = new PointSupport(problem);
        (_gram, _newton) = (new PointSystem(problem.Features, Support.Count), new PointSystem(problem.Features, Support.Count));
        int k = problem.Features.Weights;
        (Weights, _base, _right, _sweep) = (new double[k], new double[k], new double[k], new double[k]);
        _direction = new double[k];
        _policy = new double[Support.Count * problem.Features.Actions];
        _values = new double[Support.Count];
    }

    /// <summary>The points.</summary>
    public PointSupport Support { get; }

    /// <summary>w, (k).</summary>
    public double[] Weights { get; }

    /// <summary>How the last solve ended.</summary>
    public Outcome Outcome { get; set; }

    /// <summary>Passes over the points that it took.</summary>
    public int Passes { get; private set; }

    /// <summary>Largest change of a point's value by a further sweep.</summary>
    public double Residual { get; private set; }

    /// <summary>Largest change of a point's value by a further Newton step: how far w is from the fixed point, to first order.</summary>
    public double Bound { get; private set; }

    /// <summary>Largest value in a point.</summary>
    private double Size { get; set; }

    /// <summary>Takes new points: factorises their least squares.</summary>
    public void Begin() =>
        _isRegular = _gram.Factorise(Support.Rows, Support.Actions, Support.Rows, [], [], 0, _problem.FeatureOptions.Ridge);

    /// <summary>
    /// Solves from the present w; where that leads nowhere, from zero at higher temperatures first, at which the policy changes less.
    /// </summary>
    /// <param name="temperature">τ.</param>
    /// <param name="tolerance">Of the residual, in reward units.</param>
    /// <param name="maxPasses">Passes at the most.</param>
    /// <param name="payment">ε: rewards are r + ε l.</param>
    public void Solve(double temperature, double tolerance, int maxPasses, double payment = 0)
    {
        (Passes, Residual, Bound) = (0, double.PositiveInfinity, double.PositiveInfinity);
        if (!_isRegular)
        {
            Outcome = Outcome.Singular;
            return;
        }

        Outcome = Iterate(temperature, tolerance, payment, maxPasses, FullSteps);
        if (Outcome is Outcome.Converged or Outcome.AtRounding || Passes >= maxPasses) return;
        Weights.AsSpan().Clear();
        for (double factor = HighestFactor; factor >= 2; factor /= 2)
            Iterate(factor * temperature, Rounding * factor, payment, maxPasses, 0);
        Outcome = Iterate(temperature, tolerance, payment, maxPasses, 0);
    }

    /// <summary>Newton's method from the present w.</summary>
    /// <param name="temperature">τ.</param>
    /// <param name="tolerance">Of the residual.</param>
    /// <param name="payment">ε.</param>
    /// <param name="maxPasses">Passes at the most, in all.</param>
    /// <param name="fullSteps">Steps that are taken whole, whatever they gain: far from the answer residuals may grow at first.</param>
    private Outcome Iterate(double temperature, double tolerance, double payment, int maxPasses, int fullSteps)
    {
        double change = Pass(temperature, payment), best = double.PositiveInfinity;
        for (int since = 0; ; since++)
        {
            Residual = change;
            if (!double.IsFinite(change)) return Outcome.NotFinite;
            if (_merit <= 0.5 * best) (best, since) = (_merit, 0);
            bool ends = change <= tolerance;
            if (!ends && since > Patience) return Outcome.Stalled;
            if (!ends && Passes >= maxPasses) return Outcome.MaxSteps;
            if (!_newton.Factorise(
                Support.Rows, Support.Actions, Support.NextRows, Support.GoesOn, _policy, _problem.Discount, _problem.FeatureOptions.Ridge))
                return Outcome.Singular;
            _newton.Solve(_right);
            Bound = Largest(_right, out _);
            if (ends) return Outcome.Converged;
            Weights.CopyTo(_base, 0);
            _right.CopyTo(_direction, 0);
            double length = 1, now, before = _merit;
            while (true)
            {
                TensorPrimitives.MultiplyAdd<double>(_direction, length, _base, Weights);
                now = Pass(temperature, payment);
                if (_merit <= (1 - (LeastGain * length)) * before || (fullSteps > 0 && double.IsFinite(now))) break;
                length /= 2;
                if (length >= ShortestStep) continue;
                // Where rounding hides what a step gains there is nothing to gain.
                _base.CopyTo(Weights, 0);
                Residual = Pass(temperature, payment);
                return Residual <= Rounding * Size ? Outcome.AtRounding : Outcome.Stalled;
            }

            fullSteps--;
            change = now;
        }
    }

    /// <summary>Mean over the points of the entropy of the last policy in their next states, in nats.</summary>
    public double MeanEntropy()
    {
        double sum = 0;
        foreach (double probability in _policy) sum -= probability > 0 ? probability * Math.Log(probability) : 0;
        return sum / Support.Count;
    }

    /// <summary>Why there is no answer.</summary>
    public string Failure(int instance) => Outcome == Outcome.Singular
        ? $"{_problem.Name}: the fit of instance {instance} is singular: {Support.Count} support points do not tell " +
            $"{_problem.Features.Weights} features apart with ridge {_problem.FeatureOptions.Ridge}; expected more points, or a larger "
                + $"ridge"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{_problem.Name}: the fitted values of instance {instance} did not converge: |F(w) - w| = {Residual:E2} in a point after " +
                $"{Passes} passes; no fixed point was found, and there need not be one: expected other features, or more support points");

    /// <summary>Writes π, V and F(w) − w.</summary>
    /// <returns>The largest change of a point's value by it.</returns>
    private double Pass(double temperature, double payment)
    {
        Passes++;
        int count = Support.Count, each = _problem.Features.Count;
        Support.NextRows.Respond(Weights, temperature, _policy, _values);
        Array.Clear(_right);
        Size = 0;
        for (int i = 0; i < count; i++)
        {
            int block = Support.Actions[i] * each;
            double now = Support.Rows.Dot(i, Weights.AsSpan(block, each));
            double target = Support.Reward[i] + (payment * Support.LeaderReward[i])
                + (_problem.Discount * Support.GoesOn[i] * _values[i]);
            Size = Math.Max(Size, Math.Abs(target));
            Support.Rows.AddTo(i, (target - now) / count, _right.AsSpan(block, each));
        }

        TensorPrimitives.MultiplyAdd(Weights, -_problem.FeatureOptions.Ridge, _right, _right);
        _right.CopyTo(_sweep, 0);
        _gram.Solve(_sweep);
        double largest = Largest(_sweep, out double squares);
        _merit = Math.Sqrt(squares / count);
        return largest;
    }

    /// <summary>Largest |φ_i·weights|, and the sum of squares.</summary>
    private double Largest(ReadOnlySpan<double> weights, out double squares)
    {
        int each = _problem.Features.Count;
        double largest = squares = 0;
        for (int i = 0; i < Support.Count; i++)
        {
            double value = Support.Rows.Dot(i, weights.Slice(Support.Actions[i] * each, each));
            if (!double.IsFinite(value)) return squares = double.NaN;
            largest = Math.Max(largest, Math.Abs(value));
            squares += value * value;
        }

        return largest;
    }
}
