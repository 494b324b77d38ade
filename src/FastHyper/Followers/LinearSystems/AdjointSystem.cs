using FastHyper.Backends;

namespace FastHyper.Followers.LinearSystems;

/// <summary>
/// Products with A = (I − γ P_π)ᵀ and Aᵀ, from verbs that every engine has, and a few steps towards the solution of A y = b.
/// </summary>
internal sealed class AdjointSystem : IDisposable
{
    private readonly Engine _engine;
    private readonly DeviceArray _zeroReward;
    private readonly DeviceArray _rows;
    private readonly DeviceArray _product;
    private readonly DeviceArray _residual;
    private readonly DeviceArray _descent;
    private readonly DeviceArray _direction;
    private readonly DeviceArray[] _pair = new DeviceArray[2];
    private readonly double[] _coefficients;
    private readonly double[] _descentSquared;
    private readonly double[] _squares;
    private readonly double[] _ones;
    private readonly SweepStatus _status;

    public AdjointSystem(Engine engine)
    {
        _engine = engine;
        _zeroReward = engine.Allocate(ArrayKind.StateAction);
        _rows = engine.Allocate(ArrayKind.StateAction);
        _product = engine.Allocate(ArrayKind.State);
        _residual = engine.Allocate(ArrayKind.State);
        _descent = engine.Allocate(ArrayKind.State);
        _direction = engine.Allocate(ArrayKind.State);
        _coefficients = new double[2 * engine.Instances];
        _descentSquared = new double[engine.Instances];
        _squares = new double[engine.Instances];
        _ones = [.. Enumerable.Repeat(1.0, engine.Instances)];
        _status = new SweepStatus(engine.Instances);
    }

    /// <summary>y ← y − ζ (AᵀA y − Aᵀ b), <paramref name="steps"/> times.</summary>
    public void Descend(DeviceArray y, DeviceArray policy, DeviceArray source, double discount, double step, int steps)
    {
        for (int k = 0; k < steps; k++)
        {
            _engine.Monitor.Check("steps of the adjoint", k, steps);
            Residual(y, policy, source, discount);
            ApplyTransposed(_residual, policy, discount, _descent);
            Sum(y, y, 1, _descent, step);
        }
    }

    /// <summary>
    /// Steps of conjugate gradients on AᵀA y = Aᵀ b from the y that is there (CGNR): the residual ‖b − A y‖ shrinks with each,
    /// by steps of optimal length.
    /// </summary>
    public void Conjugate(DeviceArray y, DeviceArray policy, DeviceArray source, double discount, int steps)
    {
        Residual(y, policy, source, discount);
        ApplyTransposed(_residual, policy, discount, _descent);
        Sum(_direction, _descent, 1, _descent, 0);
        _engine.Dot(_descent, _descent, _descentSquared);
        for (int k = 0; k < steps; k++)
        {
            _engine.Monitor.Check("steps of the adjoint", k, steps);
            Apply(_direction, policy, discount, _product);
            _engine.Dot(_product, _product, _squares);
            // An instance that is there has nowhere to go.
            for (int i = 0; i < _squares.Length; i++) _squares[i] = _squares[i] > 0 ? _descentSquared[i] / _squares[i] : 0;
            Sum(y, y, 1, _direction, _squares, 1);
            Sum(_residual, _residual, 1, _product, _squares, -1);
            if (k + 1 == steps) return;
            ApplyTransposed(_residual, policy, discount, _descent);
            _engine.Dot(_descent, _descent, _squares);
            for (int i = 0; i < _squares.Length; i++)
                (_descentSquared[i], _squares[i]) = (_squares[i], _descentSquared[i] > 0 ? _squares[i] / _descentSquared[i] : 0);
            Sum(_direction, _descent, 1, _direction, _squares, 1);
        }
    }

    public void Dispose()
    {
        foreach (DeviceArray array in (DeviceArray[])[_zeroReward, _rows, _product, _residual, _descent, _direction]) array.Dispose();
    }

    /// <summary>The residual b − A y.</summary>
    private void Residual(DeviceArray y, DeviceArray policy, DeviceArray source, double discount)
    {
        Apply(y, policy, discount, _residual);
        Sum(_residual, source, 1, _residual, -1);
    }

    /// <summary>A v = v − γ P_πᵀ v.</summary>
    private void Apply(DeviceArray v, DeviceArray policy, double discount, DeviceArray target)
    {
        _engine.ScaleByState(policy, v, _rows, accumulate: false);
        _engine.TransposedProduct(_rows, discount, target);
        Sum(target, v, 1, target, -1);
    }

    /// <summary>Aᵀ v = v − γ P_π v; the mean over actions is the value of a policy without a future.</summary>
    private void ApplyTransposed(DeviceArray v, DeviceArray policy, double discount, DeviceArray target)
    {
        _engine.ActionValues(v, _zeroReward, discount, _rows);
        PolicyMean.Write(_engine, policy, _rows, target, _status);
        Sum(target, v, 1, target, -1);
    }

    private void Sum(DeviceArray target, DeviceArray a, double alpha, DeviceArray b, double beta) => Sum(target, a, alpha, b, _ones, beta);

    /// <summary>target = α a + β factor b, with a factor for each instance.</summary>
    private void Sum(DeviceArray target, DeviceArray a, double alpha, DeviceArray b, double[] factors, double beta)
    {
        int n = factors.Length;
        (_pair[0], _pair[1]) = (a, b);
        for (int i = 0; i < n; i++) (_coefficients[i], _coefficients[n + i]) = (alpha, beta * factors[i]);
        _engine.Combine(_pair, _coefficients, target);
    }
}
