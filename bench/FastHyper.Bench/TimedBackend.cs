using System.Diagnostics;
using FastHyper.Backends;

namespace FastHyper.Bench;

/// <summary>What a leader iteration spends its time on.</summary>
internal enum Part
{
    Solve,
    Linear,
    Policy,
    Rollout,
    Critic,
    Steps,
    Configure,
    Pullback,
    Step,
}

/// <summary>A backend whose engines note how long each verb takes; two clock reads a verb, some 50 ns.</summary>
internal sealed class TimedBackend(Backend inner) : Backend
{
    public long[] Ticks { get; } = new long[Enum.GetValues<Part>().Length];

    public override string Name => inner.Name;

    public override string Description => inner.Description;

    public override Engine CreateEngine(Transitions transitions, EngineOptions options) =>
        new TimedEngine(inner.CreateEngine(transitions, options), Ticks);

    protected override void Dispose(bool disposing) { }

    private readonly ref struct Clock(long[] ticks, Part part)
    {
        private readonly long _begin = Stopwatch.GetTimestamp();

        public void Dispose() => ticks[(int)part] += Stopwatch.GetTimestamp() - _begin;
    }

    private sealed class TimedEngine(Engine e, long[] ticks) : Engine(e.Transitions, e.Options)
    {
        public override string Description => e.Description;

        internal override bool SweepsInPlace => e.SweepsInPlace;

        public override bool HasInPlaceSweeps => e.HasInPlaceSweeps;

        internal override long TransitionBytes => e.TransitionBytes;

        public override DeviceArray? Probabilities => e.Probabilities;

        public override DeviceArray? LeaderPolicy => e.LeaderPolicy;

        public override DeviceArray Allocate(ArrayKind kind, int parameters = 0) => e.Allocate(kind, parameters);

        protected override RolloutBuffer AllocateRolloutsCore(RolloutShape shape) => e.AllocateRollouts(shape);

        protected override DeviceArray AllocateStepsCore(RolloutShape shape) => e.AllocateSteps(shape);

        internal override DeviceAffineMap Prepare(IReadOnlyList<AffineMap> contexts, ArrayKind kind) => e.Prepare(contexts, kind);

        internal override void SetTemperatures(ReadOnlySpan<double> temperatures) => e.SetTemperatures(temperatures);

        public override void Download(DeviceArray source, int instance, Span<double> values) => e.Download(source, instance, values);

        public override void Upload(DeviceArray target, int instance, ReadOnlySpan<double> values)
        {
            using Clock _ = On(Part.Configure);
            e.Upload(target, instance, values);
        }

        public override void Fill(DeviceArray target, double value)
        {
            using Clock _ = On(Part.Step);
            e.Fill(target, value);
        }

        internal override void SoftSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
        {
            using Clock _ = On(Part.Solve);
            e.SoftSweeps(v, reward, discount, limits, status);
        }

        internal override void InPlaceSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
        {
            using Clock _ = On(Part.Solve);
            e.InPlaceSweeps(v, reward, discount, limits, status);
        }

        internal override void PolicyIteration(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
        {
            using Clock _ = On(Part.Solve);
            e.PolicyIteration(v, reward, discount, limits, status);
        }

        internal override double DraftSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
        {
            using Clock _ = On(Part.Solve);
            return e.DraftSweeps(v, reward, discount, limits, status);
        }

        internal override void Shift(DeviceArray v, ReadOnlySpan<double> amounts)
        {
            using Clock _ = On(Part.Solve);
            e.Shift(v, amounts);
        }

        internal override void Evaluate(
            DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
        {
            using Clock _ = On(Part.Linear);
            e.Evaluate(v, policy, reward, discount, limits, status);
        }

        internal override void Adjoint(
            DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status)
        {
            using Clock _ = On(Part.Linear);
            e.Adjoint(y, policy, source, discount, limits, status);
        }

        internal override void CertifiedResidual(DeviceArray v, DeviceArray reward, double discount, Span<ResidualBound> bounds) =>
            e.CertifiedResidual(v, reward, discount, bounds);

        internal override bool SolvesDirectly => e.SolvesDirectly;

        internal override bool HasFactors => e.HasFactors;

        internal override void EvaluationResidual(
            DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, DeviceArray? residual, Span<LinearResidual> found)
        {
            using Clock _ = On(Part.Linear);
            e.EvaluationResidual(v, policy, reward, discount, residual, found);
        }

        internal override void AdjointResidual(
            DeviceArray y, DeviceArray policy, DeviceArray source, double discount, DeviceArray? residual, Span<LinearResidual> found)
        {
            using Clock _ = On(Part.Linear);
            e.AdjointResidual(y, policy, source, discount, residual, found);
        }

        internal override void Shape(
            DeviceArray potential, DeviceArray v, DeviceArray reward, double discount, DeviceArray shaped, DeviceArray rounded)
        {
            using Clock _ = On(Part.Solve);
            e.Shape(potential, v, reward, discount, shaped, rounded);
        }

        internal override void EvaluationSweeps(
            DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
        {
            using Clock _ = On(Part.Linear);
            e.EvaluationSweeps(v, policy, reward, discount, limits, status);
        }

        internal override void AdjointSweeps(
            DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status)
        {
            using Clock _ = On(Part.Linear);
            e.AdjointSweeps(y, policy, source, discount, limits, status);
        }

        public override void TransposedProduct(DeviceArray c, double discount, DeviceArray target)
        {
            using Clock _ = On(Part.Linear);
            e.TransposedProduct(c, discount, target);
        }

        public override void ActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray q) =>
            e.ActionValues(v, reward, discount, q);

        public override void Policy(DeviceArray v, DeviceArray reward, double discount, DeviceArray policy)
        {
            using Clock _ = On(Part.Policy);
            e.Policy(v, reward, discount, policy);
        }

        internal override void LeaderSoftmax(DeviceArray rows)
        {
            using Clock _ = On(Part.Configure);
            e.LeaderSoftmax(rows);
        }

        internal override void LeaderSoftmaxPullback(DeviceArray leaderPolicy, DeviceArray cotangent, DeviceArray target) =>
            e.LeaderSoftmaxPullback(leaderPolicy, cotangent, target);

        public override void LeaderActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray target) =>
            e.LeaderActionValues(v, reward, discount, target);

        public override void LeaderActionMeans(DeviceArray policy, DeviceArray q, bool entropy, DeviceArray target) =>
            e.LeaderActionMeans(policy, q, entropy, target);

        public override void ScaleByState(DeviceArray matrix, DeviceArray vector, DeviceArray target, bool accumulate) =>
            e.ScaleByState(matrix, vector, target, accumulate);

        public override void QCotangent(DeviceArray policy, DeviceArray policyCotangent, DeviceArray target) =>
            e.QCotangent(policy, policyCotangent, target);

        public override void EntryCotangent(DeviceArray rows, DeviceArray v, double scale, DeviceArray target) =>
            e.EntryCotangent(rows, v, scale, target);

        public override void Combine(ReadOnlySpan<DeviceArray> sources, ReadOnlySpan<double> coefficients, DeviceArray target) =>
            e.Combine(sources, coefficients, target);

        public override void Dot(DeviceArray a, DeviceArray b, Span<double> result) => e.Dot(a, b, result);

        public override void Rollout(
            RolloutBuffer rollouts, DeviceArray policy, DeviceArray initial, DeviceArray reward, DeviceArray leaderReward,
            ReadOnlySpan<ulong> seeds, uint iteration)
        {
            using Clock _ = On(Part.Rollout);
            e.Rollout(rollouts, policy, initial, reward, leaderReward, seeds, iteration);
        }

        protected override void LearnActionValuesCore(
            RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, ReadOnlySpan<double> steps)
        {
            using Clock _ = On(Part.Critic);
            e.LearnActionValues(rollouts, policy, q, target, steps);
        }

        private protected override void SolveActionValuesCore(
            RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, double tolerance, int maxSweeps,
            Span<SampledSolve> found)
        {
            using Clock _ = On(Part.Critic);
            e.SolveActionValues(rollouts, policy, q, target, tolerance, maxSweeps, found);
        }

        protected override void GatherCore(
            RolloutBuffer rollouts, DeviceArray? table, StepPlace place, StepOperation operation, DeviceArray target)
        {
            using Clock _ = On(Part.Steps);
            e.Gather(rollouts, table, place, operation, target);
        }

        protected override void GatherValuesCore(
            RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, StepPlace place, StepOperation operation, DeviceArray target,
            bool greedy)
        {
            using Clock _ = On(Part.Steps);
            e.GatherValues(rollouts, policy, q, place, operation, target, greedy);
        }

        protected override void AdvantagesCore(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, DeviceArray target)
        {
            using Clock _ = On(Part.Steps);
            e.Advantages(rollouts, policy, q, target);
        }

        protected override void ScaleCore(
            RolloutBuffer rollouts, DeviceArray? source, DeviceArray target, double factor, double discount, bool perTemperature,
            bool perEpisode)
        {
            using Clock _ = On(Part.Steps);
            e.Scale(rollouts, source, target, factor, discount, perTemperature, perEpisode);
        }

        protected override void AverageVisitsCore(RolloutBuffer rollouts, DeviceArray source, VisitMean mean, DeviceArray target)
        {
            using Clock _ = On(Part.Steps);
            e.AverageVisits(rollouts, source, mean, target);
        }

        protected override void ScanCore(
            RolloutBuffer rollouts, DeviceArray? source, in Recursion recursion, DeviceArray target, DeviceArray? ratios,
            DeviceArray? values)
        {
            using Clock _ = On(Part.Steps);
            e.Scan(rollouts, source, recursion, target, ratios, values);
        }

        protected override void ScatterCore(
            RolloutBuffer rollouts, DeviceArray source, StepPlace place, DeviceArray target, double factor, bool perEpisode,
            ScatterMode mode, ReadOnlySpan<double> steps)
        {
            using Clock _ = On(Part.Steps);
            e.Scatter(rollouts, source, place, target, factor, perEpisode, mode, steps);
        }

        protected override void ScatterActionsCore(
            RolloutBuffer rollouts, DeviceArray policy, DeviceArray weights, DeviceArray target, double factor, bool perEpisode,
            DeviceArray? taken, DeviceArray? slopes, DeviceArray? q)
        {
            using Clock _ = On(Part.Steps);
            e.ScatterActions(rollouts, policy, weights, target, factor, perEpisode, taken, slopes, q);
        }

        protected override void MeanOverEpisodesCore(RolloutBuffer rollouts, DeviceArray a, DeviceArray b, Span<double> result)
        {
            using Clock _ = On(Part.Steps);
            e.MeanOverEpisodes(rollouts, a, b, result);
        }

        internal override void Link(LinkMap link, DeviceArray x, DeviceArray y)
        {
            using Clock _ = On(Part.Configure);
            e.Link(link, x, y);
        }

        internal override void LinkPullback(LinkMap link, DeviceArray x, DeviceArray dy, DeviceArray gradient)
        {
            using Clock _ = On(Part.Pullback);
            e.LinkPullback(link, x, dy, gradient);
        }

        internal override void Affine(DeviceAffineMap map, ReadOnlySpan<int> contexts, DeviceArray y, DeviceArray target)
        {
            using Clock _ = On(Part.Configure);
            e.Affine(map, contexts, y, target);
        }

        internal override void AffinePullback(
            DeviceAffineMap map, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, DeviceArray cotangent, DeviceArray dy)
        {
            using Clock _ = On(Part.Pullback);
            e.AffinePullback(map, contexts, weights, cotangent, dy);
        }

        public override void Norms(DeviceArray parameters, Span<double> norms)
        {
            using Clock _ = On(Part.Step);
            e.Norms(parameters, norms);
        }

        internal override void Accumulate(DeviceArray target, DeviceArray source, ReadOnlySpan<double> factors)
        {
            using Clock _ = On(Part.Step);
            e.Accumulate(target, source, factors);
        }

        internal override void AdamStep(
            DeviceArray x, DeviceArray gradient, DeviceArray first, DeviceArray second, ReadOnlySpan<double> scales,
            ReadOnlySpan<double> rates, AdamSettings settings)
        {
            using Clock _ = On(Part.Step);
            e.AdamStep(x, gradient, first, second, scales, rates, settings);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) e.Dispose();
        }

        private Clock On(Part part) => new(ticks, part);
    }
}
