using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Objectives;

/// <summary>
/// f(x, π) = ½‖x‖² + ½‖π‖², to be minimised: the upper level of M-SoBiRL's experiment. ∂f/∂π = π and ∂f/∂x = x;
/// O(S·A + P).
/// </summary>
[Options]
public sealed partial record SquaredNormsObjective : IObjective
{
    /// <inheritdoc/>
    public string Name => "squared-norms";

    /// <inheritdoc/>
    public Objective Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Norms(context);
    }

    private sealed class Norms(EstimationContext context) : Objective
    {
        private readonly Engine _engine = context.Mdp.Engine;
        private readonly DeviceArray _squares = context.Mdp.Engine.Allocate(ArrayKind.State);
        private readonly DeviceArray _ones = Ones(context.Mdp.Engine);
        private readonly SweepStatus _status = new(context.Mdp.Engine.Instances);
        private readonly double[] _instances = new double[context.Mdp.Engine.Instances];
        private readonly double[] _norms = new double[context.Mdp.Engine.Leaders];
        private readonly double[] _factors = [.. Enumerable.Repeat(1.0, context.Mdp.Engine.Leaders)];

        public override DeviceArray PolicyCotangent => context.Response.Policy;

        public override Cotangents Direct { get; } = new(null, null, null, null);

        public override void Evaluate(Span<double> values)
        {
            DeviceArray policy = context.Response.Policy;
            PolicyMean.Write(_engine, policy, policy, _squares, _status);
            _engine.Dot(_squares, _ones, _instances);
            context.Mdp.AverageContexts(_instances, values);
            _engine.Norms(context.Mdp.X, _norms);
            for (int leader = 0; leader < values.Length; leader++)
                values[leader] = ((_norms[leader] * _norms[leader]) + values[leader]) / 2;
        }

        public override void AddParameterGradient(DeviceArray gradient) => _engine.Accumulate(gradient, context.Mdp.X, _factors);

        protected override void Dispose(bool disposing)
        {
            if (!disposing) return;
            _squares.Dispose();
            _ones.Dispose();
        }

        private static DeviceArray Ones(Engine engine)
        {
            DeviceArray ones = engine.Allocate(ArrayKind.State);
            engine.Fill(ones, 1);
            return ones;
        }
    }
}
