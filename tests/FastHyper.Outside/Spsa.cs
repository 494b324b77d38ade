using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Rollouts;

namespace FastHyper.Outside;

/// <summary>
/// An estimator of a user: (J(x + uz) − J(x − uz)) z/2u along random signs z, as in simultaneous perturbation (Spall, 1992).
/// </summary>
[Options]
public sealed partial record Spsa : IHypergradientEstimator
{
    public string Name => "spsa";

    public SamplingOptions? Sampling => null;

    /// <summary>Distance u of both points from x.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Distance { get; init => field = InRange.Of<Spsa>(value); } = 1e-3;

    public Hypergradient Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Differences(context, Distance);
    }

    private sealed class Differences(EstimationContext context, double distance) : Hypergradient(context)
    {
        private readonly LeaderReturn _return = new(context.Mdp, new SolveOptions { Tolerance = 1e-12 });
        private readonly BestResponse _response = new(context.Mdp, new SolveOptions { Tolerance = 1e-12 });
        private readonly double[] _x = new double[context.Mdp.Problem.ParameterCount];
        private readonly double[] _moved = new double[context.Mdp.Problem.ParameterCount];

        public override IEnumerable<(string Name, DeviceArray Array)> State =>
            [.. _return.State, .. _response.State.Select(s => ("spsa_" + s.Name, s.Array))];

        protected override void EstimateParts()
        {
            Engine engine = Context.Mdp.Engine;
            double[] above = new double[engine.Leaders], below = new double[engine.Leaders];
            double[][] signs = [.. Enumerable.Range(0, engine.Leaders).Select(Signs)];
            double[][] at = [.. Enumerable.Range(0, engine.Leaders).Select(Read)];
            Move(at, signs, distance, above);
            Move(at, signs, -distance, below);
            Move(at, signs, 0, null);
            for (int leader = 0; leader < engine.Leaders; leader++)
            {
                for (int p = 0; p < _x.Length; p++) _moved[p] = (above[leader] - below[leader]) * signs[leader][p] / (2 * distance);
                engine.Upload(Response, leader, _moved);
            }
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _return.Dispose();
            _response.Dispose();
        }

        /// <summary>Configures the problem at x + uz, and writes J there.</summary>
        private void Move(double[][] x, double[][] signs, double u, double[]? objectives)
        {
            for (int leader = 0; leader < x.Length; leader++)
            {
                for (int p = 0; p < _x.Length; p++) _moved[p] = x[leader][p] + (u * signs[leader][p]);
                Context.Mdp.Engine.Upload(Context.Mdp.X, leader, u == 0 ? x[leader] : _moved);
            }

            Context.Mdp.Configure();
            if (objectives is null) return;
            _response.Respond(Context.Draws.Seeds, Context.Draws.Iteration);
            _return.Evaluate(_response.Policy, objectives);
        }

        private double[] Read(int leader)
        {
            Context.Mdp.Engine.Download(Context.Mdp.X, leader, _x);
            return [.. _x];
        }

        private double[] Signs(int leader)
        {
            // Any function of seed and iteration lets a run be resumed.
            Random random = new(unchecked(((int)Context.Draws.Seeds[leader] * 7919) + (int)Context.Draws.Iteration));
            return [.. _x.Select(_ => random.Next(2) == 0 ? -1.0 : 1.0)];
        }
    }
}
