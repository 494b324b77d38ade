using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.Solves;

/// <summary>
/// ‖V − V*‖∞ ≤ ‖TV − V‖∞/(1 − γρ) for the T of the problem as it is given, of which a float32 engine stores a rounded one. With
/// u = 2⁻²⁴, half the distance from 1 to the next number, the two differ at V by no more than
/// <code>
/// u ‖r‖∞ + |τ − τ₃₂| log A + u γρ ‖V‖∞ + 2 ‖f − f₃₂‖₁ max |V(s,a)|
/// </code>
/// as the soft maximum moves by no more than its arguments do, and by the entropy in τ; the third where instances have
/// probabilities of their own (shared ones are float64 in the residual), the last where a leader acts by f ∝ exp(z), and z, too,
/// is rounded: f₃₂/f is within exp(±2u‖z‖∞)(1 ± u).
/// </summary>
internal sealed class StorageRounding(Mdp mdp)
{
    private const double Unit = 1.0 / (1 << 24);

    // Numbers below float32's smallest normal one may be stored as zero.
    private const double Smallest = 1.17549435e-38;

    // Rounding of float64 in f.
    private const double WideUnits = 1e-14;
    private readonly bool _rounds = mdp.Engine.Options.Precision == Precision.F32;
    private readonly bool _ownProbabilities = mdp.Engine.Probabilities is not null;
    private readonly double[] _x = new double[mdp.Problem.LeaderActions > 0 ? mdp.Problem.ParameterCount : 0];

    /// <summary>
    /// The most that an instance's V differs from the best response to the problem as it is given; infinite where T does not contract.
    /// </summary>
    public double Bound(in ResidualBound found, int instance)
    {
        double contraction = Contraction(found);
        return contraction < 1 ? Left(found, instance) / (1 - contraction) : double.PositiveInfinity;
    }

    /// <summary>γρ of the problem as it is given: whether T contracts.</summary>
    public double Contraction(in ResidualBound found) =>
        mdp.Problem.Discount * found.RowSum * (_rounds && _ownProbabilities ? 1 + Unit : 1);

    /// <summary>The most that ‖TV − V‖∞ may be, T of the problem as it is given.</summary>
    public double Left(in ResidualBound found, int instance) =>
        found.Residual + found.Rounding + (_rounds ? Of(found, Contraction(found), instance) : 0);

    private double Of(in ResidualBound found, double contraction, int instance)
    {
        double temperature = mdp.Temperatures[instance], entropy = Math.Log(mdp.Engine.FollowerActions);
        double moved = (Unit * found.Reward) + Smallest + (Math.Abs(temperature - (float)temperature) * entropy);
        if (_ownProbabilities) moved += ((Unit * contraction) + (Smallest * mdp.Engine.Transitions.LongestRow)) * found.Value;
        if (_x.Length == 0) return moved;
        mdp.Engine.Download(mdp.X, instance / mdp.Engine.Options.InstancesPerLeader, _x);
        double shares =
            (Math.Exp(2 * Unit * mdp.Problem.LargestLogit(_x)) * (1 + Unit)) - 1 + WideUnits + (mdp.Engine.LeaderActions * Smallest);
        double largest = found.Reward + (contraction * found.Value) + (temperature * entropy) + moved;
        return moved + (2 * shares * (largest + moved));
    }
}
