using System.Numerics.Tensors;
using FastHyper.Backends;
using FastHyper.Problems.Continuous;
using FastHyper.Rollouts;
using FastHyper.Rollouts.SupportPoints;

namespace FastHyper.Hypergradients.SupportPoints;

/// <summary>
/// The first-order estimate without a grid: the follower paid and charged ε of the leader's reward, either response rolled out with the
/// same draws, ∇F ≈ Σ_± ± (1/2ε) Σ_k γ^{t_k}/N_e [∂r_k ± ε ∂l_k + γ ∇V_±(s'_k)·∂s'_k].
/// </summary>
internal sealed class PointPayments : Hypergradient
{
    private readonly UngriddedInstances _instances;
    private readonly double _payment;
    private readonly Side[] _sides;
    private readonly double[] _direct;
    private readonly double[] _response;

    public PointPayments(EstimationContext context, UngriddedInstances instances, double payment, SamplingOptions half)
        : base(context)
    {
        (_instances, _payment) = (instances, payment);
        _sides = [new Side(this, 1, half), new Side(this, -1, half)];
        int numbers = instances.Problem.ParameterCount;
        (_direct, _response) = (new double[numbers], new double[numbers]);
    }

    public override IEnumerable<(string Name, DeviceArray Array)> State =>
        [.. _sides.SelectMany((side, i) => side.Follower.State.Select(s => ((i == 0 ? "paid_" : "charged_") + s.Name, s.Array)))];

    protected override void EstimateParts()
    {
        Engine engine = _instances.Engine;
        int each = engine.Options.InstancesPerLeader;
        foreach (Side side in _sides) side.Estimate();
        for (int leader = 0; leader < engine.Leaders; leader++)
        {
            Array.Clear(_direct);
            Array.Clear(_response);
            for (int i = leader * each; i < (leader + 1) * each; i++)
            {
                foreach (Side side in _sides)
                {
                    TensorPrimitives.MultiplyAdd(side.Direct[i], _instances.Weights[i], _direct, _direct);
                    TensorPrimitives.MultiplyAdd(side.Response[i], _instances.Weights[i], _response, _response);
                }
            }

            engine.Upload(Direct, leader, _direct);
            engine.Upload(Response, leader, _response);
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        foreach (Side side in _sides) side.Dispose();
    }

    /// <summary>One of the two responses.</summary>
    private sealed class Side : IDisposable
    {
        private readonly PointPayments _of;
        private readonly int _sign;
        private readonly ContinuousSampler _sampler;
        private readonly PointPullback[] _pullbacks;
        private readonly PointTables[] _tables;
        private readonly double[][] _mixed;
        private readonly Action<int> _estimate;

        public Side(PointPayments of, int sign, SamplingOptions half)
        {
            (_of, _sign) = (of, sign);
            UngriddedInstances instances = of._instances;
            Follower = new PointFollower(instances, of.Context.Follower.Options, sign * of._payment);
            _sampler = new ContinuousSampler(instances, half, instance => new PointPolicyModel(instances, Follower, instance));
            int count = instances.Engine.Instances, parameters = instances.Problem.ParameterCount;
            _pullbacks = [.. Enumerable.Range(0, count).Select(i => new PointPullback(instances, _sampler.Buffers[i], i))];
            _tables = [.. _sampler.Buffers.Select(buffer => new PointTables(instances.Problem.Features, buffer.Count))];
            _mixed = [.. _tables.Select(_ => new double[instances.Problem.Features.Count])];
            Direct = [.. _tables.Select(_ => new double[parameters])];
            Response = [.. _tables.Select(_ => new double[parameters])];
            _estimate = Estimate;
        }

        public PointFollower Follower { get; }

        public double[][] Direct { get; }

        public double[][] Response { get; }

        public void Estimate()
        {
            Draws draws = _of.Context.Draws;
            Follower.Respond(draws.Seeds, draws.Iteration);
            _sampler.Sample(Follower, draws.Seeds, draws.Iteration);
            _of._instances.Engine.OnHost(_tables.Length, _estimate);
        }

        public void Dispose()
        {
            _sampler.Dispose();
            Follower.Dispose();
        }

        private void Estimate(int instance)
        {
            UngriddedProblem problem = _of._instances.Problem;
            ContinuousBuffer buffer = _sampler.Buffers[instance];
            PointPullback pullback = _pullbacks[instance];
            double share = _sign / (2 * _of._payment);
            Array.Clear(Direct[instance]);
            Array.Clear(Response[instance]);
            pullback.Take();
            for (int k = 0; k < buffer.Count; k++) pullback.LeaderReward[k] = 0.5 * Visit(k);
            pullback.AddTo(Direct[instance]);
            pullback.Clear();
            for (int k = 0; k < buffer.Count; k++) pullback.Reward[k] = share * Visit(k);
            if (problem.Continuous.ControlsTransitions) AddSlopes(instance);
            pullback.AddTo(Response[instance]);

            double Visit(int k) => Math.Pow(problem.Discount, buffer.Time[k]) / buffer.Episodes;
        }

        /// <summary>Adds what next states weigh, γ ∇V(s') for each weight of a reward.</summary>
        private void AddSlopes(int instance)
        {
            UngriddedProblem problem = _of._instances.Problem;
            PointPullback pullback = _pullbacks[instance];
            PointTables tables = _tables[instance];
            ReadOnlySpan<double> weights = Follower.WeightsOf(instance);
            tables.IsWritten = false;
            tables.Write(_sampler.Buffers[instance]);
            tables.Respond(weights, _of._instances.Temperatures[instance]);
            int actions = tables.Features.Actions, each = tables.Features.Count;
            Span<double> mixed = _mixed[instance], slopes = stackalloc double[tables.Features.Dimensions];
            for (int k = 0; k < pullback.GoesOn.Length; k++)
            {
                if (pullback.GoesOn[k] == 0) continue;
                mixed.Clear();
                for (int b = 0; b < actions; b++)
                    TensorPrimitives.MultiplyAdd(weights.Slice(b * each, each), tables.NextPolicy[(k * actions) + b], mixed, mixed);
                tables.Next.Slopes(k, mixed, slopes);
                for (int d = 0; d < slopes.Length; d++) pullback.Next[d][k] = problem.Discount * pullback.Reward[k] * slopes[d];
            }
        }
    }
}
