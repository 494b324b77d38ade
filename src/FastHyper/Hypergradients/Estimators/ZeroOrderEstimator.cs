using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>Where a <see cref="ZeroOrderEstimator"/> estimate looks at the objective, along a standard normal direction z.</summary>
public enum Difference
{
    /// <summary>F(x + uz) z/u: one follower solve, and a variance that grows as (F/u)².</summary>
    OnePoint,

    /// <summary>(F(x + uz) − F(x)) z/u: one solve beside the leader's own.</summary>
    TwoPoint,

    /// <summary>(F(x + uz) − F(x − uz)) z/(2u): two solves; its bias is O(u²).</summary>
    Antithetic,
}

/// <summary>
/// The zero-order baseline (Thoma et al., arXiv 2406.01575, section 5): finite differences of F along one random direction,
/// u = c/(k + 1) in leader iteration k. F is the mean discounted return of rollouts, as many of them at each point as
/// <see cref="Sampling"/> says, or exact. Its mean is the gradient of F smoothed over N(x, u²I); its variance grows with the
/// number of parameters. The leader's own rollouts at x are part of the two-point form only. O(one or two follower solves + samples + P)
/// time; a policy, values and three vectors x of memory.
/// The estimate has no parts: all of it is the response part.
/// </summary>
[Options]
public sealed partial record ZeroOrderEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "zero-order";

    /// <inheritdoc/>
    public bool PlaysGames => true;

    /// <summary>Samples at each point; null where <see cref="Model"/> evaluates F.</summary>
    [Inline, OnlyWith(nameof(Model), false)]
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Model ? null : Sampling;

    /// <inheritdoc/>
    public long EnvironmentSteps => Model ? 0 : (Difference == Difference.OnePoint ? 1L : 2L) * Sampling.Steps;

    /// <summary>Whether F is the exact return, by the model.</summary>
    [Key("zero_order.model")]
    public bool Model { get; init; }

    /// <summary>Where the objective is looked at.</summary>
    [Key("zero_order.difference")]
    public Difference Difference { get; init; } = Difference.Antithetic;

    /// <summary>Whether rollouts at both points use the same draws: then their noise nearly cancels where u is small.</summary>
    [Key("zero_order.common_random_numbers"), OnlyWith(nameof(Model), false)]
    [OnlyWith(nameof(Difference), Difference.OnePoint, Not = true)]
    public bool CommonRandomNumbers { get; init; } = true;

    /// <summary>c of u = c/(k + 1).</summary>
    [Key("zero_order.radius"), Range(Min = 0, ExclusiveMin = true)]
    public double Radius { get; init => field = InRange.Of<ZeroOrderEstimator>(value); } = 1;

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Perturbation(context, this);
    }

    private sealed class Perturbation : Hypergradient
    {
        private readonly ZeroOrderEstimator _options;
        private readonly SolvedFollower _response;
        private readonly LeaderReturn? _return;
        private readonly EpisodeSampler? _samples;
        private readonly DeviceArray _x;
        private readonly DeviceArray _z;
        private readonly double[] _draws;
        private readonly double[] _factors;
        private readonly double[] _differences;
        private readonly double[] _values;

        public Perturbation(EstimationContext context, ZeroOrderEstimator options)
            : base(context)
        {
            Mdp mdp = context.Mdp;
            _options = options;
            _response = SolvedFollower.Create(mdp, context.Response.Options);
            if (!options.Model) _samples = new EpisodeSampler(mdp, options.Sampling);
            else _return = new LeaderReturn(mdp, new SolveOptions { Tolerance = 1e-12, Method = context.Response.Options.Method });
            _x = mdp.Engine.Allocate(ArrayKind.Parameter, mdp.Problem.ParameterCount);
            _z = mdp.Engine.Allocate(ArrayKind.Parameter, mdp.Problem.ParameterCount);
            _draws = new double[mdp.Problem.ParameterCount];
            _factors = new double[mdp.Engine.Leaders];
            _differences = new double[mdp.Engine.Leaders];
            _values = new double[mdp.Engine.Leaders];
        }

        public override IEnumerable<(string Name, DeviceArray Array)> State =>
            [.. _response.State.Select(s => ("perturbed_" + s.Name, s.Array)), .. _return?.State ?? []];

        protected override void EstimateParts()
        {
            Engine engine = Context.Mdp.Engine;
            double u = _options.Radius / (Context.Draws.Iteration + 1.0);
            DrawDirections();
            Assign(_x, Context.Mdp.X);

            Array.Clear(_differences);
            if (_options.Difference == Difference.TwoPoint) AddHere();
            AddAt(u, 1);
            if (_options.Difference == Difference.Antithetic) AddAt(-u, -1);
            Assign(Context.Mdp.X, _x);
            Context.Mdp.Configure();
            for (int leader = 0; leader < _factors.Length; leader++)
                _factors[leader] = _differences[leader] / (_options.Difference == Difference.Antithetic ? 2 * u : u);
            engine.Accumulate(Response, _z, _factors);
        }

        /// <summary>Takes F(x) away, by the leader's own rollouts.</summary>
        private void AddHere()
        {
            if (_return is not null) _return.Evaluate(Context.Response.Policy, _values);
            else Context.Sampler!.MeanReturns(_values);
            Add(-1);
        }

        /// <summary>Adds sign · F(x + u z).</summary>
        private void AddAt(double u, double sign)
        {
            Assign(Context.Mdp.X, _x);
            Array.Fill(_factors, u);
            Context.Mdp.Engine.Accumulate(Context.Mdp.X, _z, _factors);
            Context.Mdp.Configure();
            _response.Solve();
            _response.ThrowIfUnsolved();
            if (_return is not null)
            {
                _return.Evaluate(_response.Policy, _values);
            }
            else
            {
                // One of the two points takes the draws of the leader's own rollouts, and the other shares them or does not.
                bool second = _options.Difference == Difference.TwoPoint || sign < 0;
                ReadOnlySpan<ulong> seeds = second && !_options.CommonRandomNumbers ? Context.Draws.OtherSeeds : Context.Draws.Seeds;
                _samples!.Sample(_response, seeds, Context.Draws.Iteration);
                _samples.MeanReturns(_values);
            }

            Add(sign);
        }

        private void Add(double sign)
        {
            for (int leader = 0; leader < _values.Length; leader++) _differences[leader] += sign * _values[leader];
        }

        private void DrawDirections()
        {
            for (int leader = 0; leader < _factors.Length; leader++)
            {
                ulong seed = Context.Draws.Seeds[leader];
                for (int p = 0; p < _draws.Length; p += 2)
                {
                    (double first, double second) = Philox.Normals(
                        (uint)(p / 2), Philox.Purpose.Direction, 0, Context.Draws.Iteration, seed);
                    _draws[p] = first;
                    if (p + 1 < _draws.Length) _draws[p + 1] = second;
                }

                Context.Mdp.Engine.Upload(_z, leader, _draws);
            }
        }

        /// <summary>Copies parameters, bit for bit.</summary>
        private void Assign(DeviceArray target, DeviceArray source)
        {
            Array.Fill(_values, 1);
            Context.Mdp.Engine.Fill(target, 0);
            Context.Mdp.Engine.Accumulate(target, source, _values);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _response.Dispose();
            _return?.Dispose();
            _samples?.Dispose();
            _x.Dispose();
            _z.Dispose();
        }
    }
}
