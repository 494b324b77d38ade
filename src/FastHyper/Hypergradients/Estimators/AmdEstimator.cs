using CommunityToolkit.HighPerformance.Buffers;
using FastHyper.Backends;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// Adaptive Model Design (Chen et al., ICML 2022), as a baseline: a truncated joint iteration of the follower's Q, of its
/// derivative ∂Q in every parameter, of the leader's Q_L and of its visits d,
/// <code>Q ← r + γ P V,   ∂Q ← ∂r + γ P Σ_a π ∂Q,   Q_L ← l + γ_L P Σ_a π Q_L,   d ← μ + γ_L P_πᵀ d,   π ∝ exp(Q/τ),</code>
/// and then response = Σ d π A_L ∂Q/τ. This is forward mode: O(K · transitions · P) time, O(S·A·P) memory for each
/// instance, on the host, beside S·A pullbacks for ∂r; refused where that is too much. It looks at the model alone, and at
/// nothing of the follower.
/// </summary>
[Options]
public sealed partial record AmdEstimator : IHypergradientEstimator
{
    /// <summary>Numbers of ∂Q at the most, over all instances: 256 MiB, and as much again for ∂r.</summary>
    public const long MostNumbers = 1L << 25;

    /// <inheritdoc/>
    public string Name => "amd";

    /// <inheritdoc/>
    public SamplingOptions? Sampling => null;

    /// <summary>Joint iterations K in a leader iteration.</summary>
    [Key("amd.sweeps"), Range(Min = 1)]
    public int Sweeps { get; init => field = InRange.Of<AmdEstimator>(value); } = 100;

    /// <summary>Whether all tables start from the last leader iteration's rather than from zero.</summary>
    [Key("amd.carry_over")]
    public bool CarryOver { get; init; } = true;

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">∂Q is too large, or the leader controls more than rewards.</exception>
    public Hypergradient Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Engine engine = context.Mdp.Engine;
        Problems.FiniteProblem problem = context.Mdp.Problem;
        if (problem.ControlsTransitions || problem.ControlsInitial)
            throw new InvalidInputException(
                $"amd: the leader of {problem.Name} controls transitions or starts; expected one that controls rewards only");
        double numbers = (double)engine.States * engine.Actions * problem.ParameterCount * engine.Instances;
        if (numbers > MostNumbers)
            throw new InvalidInputException(
                $"amd: forward mode carries {engine.States} states x {engine.Actions} actions x {problem.ParameterCount} parameters for "
                    + $"each of {engine.Instances} instances; expected at most {MostNumbers} numbers, or another estimator");
        return new ForwardMode(context, this);
    }

    private sealed class ForwardMode : Hypergradient
    {
        private readonly AmdEstimator _options;
        private readonly AmdTables[] _tables;
        private readonly RewardJacobian _jacobian;
        private readonly DeviceArray _rows;
        private readonly Problems.Cotangents _direct;
        private readonly DeviceArray? _kept;
        private readonly double[] _host;
        private readonly double[] _gradient;

        public ForwardMode(EstimationContext context, AmdEstimator options)
            : base(context)
        {
            Engine engine = context.Mdp.Engine;
            int parameters = context.Mdp.Problem.ParameterCount, perLeader = engine.Options.InstancesPerLeader;
            _options = options;
            _tables = [.. Enumerable.Range(0, engine.Instances).Select(_ => new AmdTables(engine.States, engine.Actions, parameters))];
            _jacobian = new RewardJacobian(context.Mdp);
            _rows = engine.Allocate(ArrayKind.StateAction);
            _direct = new Problems.Cotangents(null, _rows, null, null);
            _kept = options.CarryOver ? engine.Allocate(ArrayKind.Parameter, perLeader * _tables[0].Length) : null;
            _host = new double[options.CarryOver ? perLeader * _tables[0].Length : 0];
            _gradient = new double[parameters];
        }

        public override IEnumerable<(string Name, DeviceArray Array)> State => _kept is null ? [] : [("amd_tables", _kept)];

        protected override void EstimateParts()
        {
            Problems.Mdp mdp = Context.Mdp;
            Engine engine = mdp.Engine;
            int perLeader = engine.Options.InstancesPerLeader;
            using SpanOwner<double> visited = SpanOwner<double>.Allocate(engine.States * engine.Actions);
            _jacobian.Read();
            for (int leader = 0; leader < engine.Leaders; leader++)
            {
                if (_kept is not null) engine.Download(_kept, leader, _host);
                _gradient.AsSpan().Clear();
                for (int k = 0; k < perLeader; k++)
                {
                    int i = (leader * perLeader) + k;
                    AmdTables tables = _tables[i];
                    tables.Load(mdp, i, _kept is null ? [] : _host.AsSpan(k * tables.Length, tables.Length));
                    for (int sweep = 0; sweep < _options.Sweeps; sweep++)
                    {
                        mdp.Monitor.Check("joint iterations", sweep, _options.Sweeps);
                        tables.Sweep(mdp.Problem, mdp.Temperatures[i], _jacobian.Of(i));
                    }

                    tables.AddResponse(mdp.Temperatures[i], mdp.Weights[i], _gradient);
                    tables.VisitedPolicy(visited.Span);
                    engine.Upload(_rows, i, visited.Span);
                    if (_kept is not null) tables.Store(_host.AsSpan(k * tables.Length, tables.Length));
                }

                engine.Upload(Response, leader, _gradient);
                if (_kept is not null) engine.Upload(_kept, leader, _host);
            }

            mdp.Pullback(_direct, Direct);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _jacobian.Dispose();
            _rows.Dispose();
            _kept?.Dispose();
        }
    }
}
