using CommunityToolkit.HighPerformance;
using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>∂r/∂x, (S·A, P) for each instance on the host: a pullback for each row, of all leaders at once.</summary>
internal sealed class RewardJacobian : IDisposable
{
    private readonly Mdp _mdp;
    private readonly DeviceArray _unit;
    private readonly DeviceArray _gradient;
    private readonly Cotangents _cotangents;
    private readonly double[][] _rows;
    private readonly double[] _one;

    public RewardJacobian(Mdp mdp)
    {
        Engine engine = mdp.Engine;
        _mdp = mdp;
        _unit = engine.Allocate(ArrayKind.StateAction);
        _gradient = engine.Allocate(ArrayKind.Parameter, mdp.Problem.ParameterCount);
        _cotangents = new Cotangents(_unit, null, null, null);
        _rows = [
            .. Enumerable.Range(0, engine.Instances).Select(_ => new double[engine.States * engine.Actions * mdp.Problem.ParameterCount])];
        _one = new double[engine.States * engine.Actions];
    }

    /// <summary>∂r of an instance, (S·A, P).</summary>
    public Span2D<double> Of(int instance) => new(_rows[instance], _one.Length, _mdp.Problem.ParameterCount);

    /// <summary>Reads ∂r at the present x.</summary>
    public void Read()
    {
        Engine engine = _mdp.Engine;
        int perLeader = engine.Options.InstancesPerLeader;
        for (int k = 0; k < perLeader; k++)
        {
            engine.Fill(_unit, 0);
            for (int row = 0; row < _one.Length; row++)
            {
                _mdp.Monitor.Check("rows of the reward's derivatives", row, _one.Length);
                _one[row] = 1;
                for (int leader = 0; leader < engine.Leaders; leader++) engine.Upload(_unit, (leader * perLeader) + k, _one);
                engine.Fill(_gradient, 0);
                _mdp.Pullback(_cotangents, _gradient);
                for (int leader = 0; leader < engine.Leaders; leader++)
                {
                    int i = (leader * perLeader) + k;
                    Span<double> target = Of(i).GetRowSpan(row);
                    engine.Download(_gradient, leader, target);
                    // The pullback weighs contexts; one without weight counts for nothing anyway.
                    if (_mdp.Weights[i] is not (0 or 1)) foreach (ref double value in target) value /= _mdp.Weights[i];
                }

                _one[row] = 0;
            }
        }
    }

    public void Dispose()
    {
        _unit.Dispose();
        _gradient.Dispose();
    }
}
