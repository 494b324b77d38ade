using FastHyper.Backends;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Objectives;

/// <summary>
/// An objective f(x, π) of your own, on the host: override <see cref="Evaluate"/>, which returns the value and writes both
/// derivatives. x and the policy are copied to the host once a leader iteration. With contexts, F is the mean of f over them, or their
/// sum where they are there together, as several followers are.
/// Give it to <see cref="ExactEstimator"/> or <see cref="MSobirlEstimator"/>, to the <c>ObjectiveEvaluator</c>, and to
/// <c>GradientCheck</c>.
/// </summary>
/// <param name="name">Name, as in reports.</param>
public abstract class CustomObjective(string name) : IObjective
{
    /// <inheritdoc/>
    public string Name => name;

    /// <summary>The value f and its derivatives.</summary>
    /// <param name="x">Leader parameters, (P).</param>
    /// <param name="context">Context.</param>
    /// <param name="policy">π(a|s), row s·A+a.</param>
    /// <param name="policyCotangent">∂f/∂π(a|s), row s·A+a, written; zeros are there.</param>
    /// <param name="gradient">∂f/∂x at a fixed policy, (P), written; zeros are there.</param>
    /// <returns>f.</returns>
    public abstract double Evaluate(
        ReadOnlySpan<double> x, int context, ReadOnlySpan<double> policy, Span<double> policyCotangent, Span<double> gradient);

    /// <inheritdoc/>
    public Objective Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Hosted(this, context);
    }

    private sealed class Hosted(CustomObjective objective, EstimationContext context) : Objective
    {
        private readonly Engine _engine = context.Mdp.Engine;
        private readonly double[] _x = new double[context.Mdp.Problem.ParameterCount];
        private readonly double[] _policy = new double[context.Mdp.Engine.States * context.Mdp.Engine.Actions];
        private readonly double[] _cotangent = new double[context.Mdp.Engine.States * context.Mdp.Engine.Actions];
        private readonly double[] _one = new double[context.Mdp.Problem.ParameterCount];
        private readonly double[][] _gradients =
            [.. Enumerable.Range(0, context.Mdp.Engine.Leaders).Select(_ => new double[context.Mdp.Problem.ParameterCount])];
        private readonly double[] _instances = new double[context.Mdp.Engine.Instances];

        public override DeviceArray PolicyCotangent { get; } = context.Mdp.Engine.Allocate(ArrayKind.StateAction);

        public override Cotangents Direct { get; } = new(null, null, null, null);

        public override void Evaluate(Span<double> values)
        {
            foreach (double[] gradient in _gradients) gradient.AsSpan().Clear();
            for (int i = 0; i < _engine.Instances; i++)
            {
                int leader = i / _engine.Options.InstancesPerLeader;
                _engine.Download(context.Mdp.X, leader, _x);
                _engine.Download(context.Response.Policy, i, _policy);
                _cotangent.AsSpan().Clear();
                _one.AsSpan().Clear();
                _instances[i] = objective.Evaluate(_x, context.Mdp.Contexts[i], _policy, _cotangent, _one);
                if (NotFinite(_instances[i]) is string what)
                {
                    context.Mdp.Fail(i, Outcome.BadInput, $"{objective.Name}: {what}; expected a finite number");
                    continue;
                }

                _engine.Upload(PolicyCotangent, i, _cotangent);
                for (int p = 0; p < _one.Length; p++) _gradients[leader][p] += context.Mdp.Weights[i] * _one[p];
            }

            context.Mdp.AverageContexts(_instances, values);
        }

        public override void AddParameterGradient(DeviceArray gradient)
        {
            for (int leader = 0; leader < _gradients.Length; leader++)
            {
                _engine.Download(gradient, leader, _one);
                for (int p = 0; p < _one.Length; p++) _one[p] += _gradients[leader][p];
                _engine.Upload(gradient, leader, _one);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) PolicyCotangent.Dispose();
        }

        private string? NotFinite(double value)
        {
            int at = Array.FindIndex(_cotangent, v => !double.IsFinite(v));
            if (at >= 0) return $"policy cotangent[{at}] = {_cotangent[at]}";
            at = Array.FindIndex(_one, v => !double.IsFinite(v));
            if (at >= 0) return $"gradient[{at}] = {_one[at]}";
            return double.IsFinite(value) ? null : $"value = {value}";
        }
    }
}
