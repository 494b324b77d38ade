namespace FastHyper.Backends.Cpu.Common;

internal abstract unsafe partial class CpuEngine<T>
{
    private VisitTable?[] _visits = [];
    private double[] _powers = [1];
    private double _powersOf = double.NaN;

    private enum SampleVerb
    {
        Learn,
        Solve,
        AverageReturns,
        Traces,
        TransferredTraces,
        ExpectedTraces,
        TrajectoryScores,
        TransitionTraces,
        ArrivalTraces,
        Visits,
        TransitionScores,
        StartScores,
        Returns,
    }

    public override void LearnActionValues(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, ReadOnlySpan<double> steps, double traceDecay)
    {
        target.Require(traceDecay);
        CheckLength(steps.Length, Leaders, "step sizes", "leader");
        fixed (double* step = steps)
        {
            RunSamples(new SampleKernel
            {
                Verb = SampleVerb.Learn,
                Policy = RowArray(policy),
                Q = RowArray(q),
                LeaderDiscount = target.Discount,
                StepSizes = step,
                TraceDecay = traceDecay,
                Bootstrapping = target.Bootstrap,
                Learned = target.Of,
            }, rollouts);
        }
    }

    public override void SolveActionValues(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, double tolerance, int maximalSweeps) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.Solve,
            Policy = RowArray(policy),
            Q = RowArray(q),
            LeaderDiscount = target.Discount,
            Learned = target.Of,
            Tolerance = tolerance,
            MaximalSweeps = maximalSweeps,
        }, rollouts);

    public override void AverageReturns(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double discount) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.AverageReturns,
            Policy = RowArray(policy),
            Q = RowArray(q),
            LeaderDiscount = discount,
        }, rollouts);

    public override void CovarianceTraces(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double discount, double leaderDiscount, VisitAveraging averaging, DeviceArray target) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.Traces,
            Policy = RowArray(policy),
            Q = RowArray(q),
            Discount = discount,
            LeaderDiscount = leaderDiscount,
            Averaging = averaging,
            Target = RowArray(target),
        }, rollouts);

    public override void TransferredTraces(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, DeviceArray visits, double discount, DeviceArray target) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.TransferredTraces,
            Policy = RowArray(policy),
            Q = RowArray(q),
            Values = RowArray(visits),
            Discount = discount,
            Target = RowArray(target),
        }, rollouts);

    public override void ExpectedTraces(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray behaviour, DeviceArray q, double discount, double leaderDiscount,
        double clip, double scale, DeviceArray target, DeviceArray visits) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.ExpectedTraces,
            Policy = RowArray(policy),
            Values = RowArray(behaviour),
            Q = RowArray(q),
            Discount = discount,
            LeaderDiscount = leaderDiscount,
            Clip = clip,
            Scale = scale,
            Target = RowArray(target),
            DirectTarget = RowArray(visits),
        }, rollouts);

    public override void TrajectoryScores(RolloutBuffer rollouts, DeviceArray policy, double discount, double leaderDiscount, DeviceArray target) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.TrajectoryScores,
            Policy = RowArray(policy),
            Discount = discount,
            LeaderDiscount = leaderDiscount,
            Target = RowArray(target),
        }, rollouts);

    public override void TransitionTraces(RolloutBuffer rollouts, DeviceArray v, double discount, DeviceArray target) =>
        RunSamples(new SampleKernel { Verb = SampleVerb.TransitionTraces, Values = StateArray(v), Discount = discount, Target = EntryArray(target) }, rollouts);

    public override void ArrivalTraces(RolloutBuffer rollouts, double discount, DeviceArray target) =>
        RunSamples(new SampleKernel { Verb = SampleVerb.ArrivalTraces, Discount = discount, Target = StateArray(target) }, rollouts);

    public override void DiscountedVisits(RolloutBuffer rollouts, double leaderDiscount, DeviceArray target)
    {
        ArgumentNullException.ThrowIfNull(target);
        bool ofStates = target.Kind == ArrayKind.State;
        RunSamples(new SampleKernel { Verb = SampleVerb.Visits, LeaderDiscount = leaderDiscount, OfStates = ofStates, Target = ofStates ? StateArray(target) : RowArray(target) }, rollouts);
    }

    public override void DirectTransitionScores(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double leaderDiscount, DeviceArray target) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.TransitionScores,
            Policy = RowArray(policy),
            Q = RowArray(q),
            LeaderDiscount = leaderDiscount,
            Target = EntryArray(target),
        }, rollouts);

    public override void StartScores(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, DeviceArray initial, DeviceArray target) =>
        RunSamples(new SampleKernel
        {
            Verb = SampleVerb.StartScores,
            Policy = RowArray(policy),
            Q = RowArray(q),
            Values = StateArray(initial),
            Target = StateArray(target),
        }, rollouts);

    public override void MeanReturns(RolloutBuffer rollouts, double leaderDiscount, Span<double> result)
    {
        CheckLength(result.Length, Instances, "results", "instance");
        fixed (double* r = result)
            RunSamples(new SampleKernel { Verb = SampleVerb.Returns, LeaderDiscount = leaderDiscount, Result = r }, rollouts);
    }

    private void RunSamples(SampleKernel kernel, RolloutBuffer rollouts)
    {
        kernel.Engine = this;
        kernel.Buffer = Own(rollouts);
        int longest = Math.Min(rollouts.Shape.EpisodeLimit, rollouts.Shape.Steps);
        if (kernel.LeaderDiscount != _powersOf || _powers.Length < longest)
        {
            if (_powers.Length < longest) _powers = new double[longest];
            _powers[0] = 1;
            for (int t = 1; t < _powers.Length; t++) _powers[t] = _powers[t - 1] * kernel.LeaderDiscount;
            _powersOf = kernel.LeaderDiscount;
        }

        if (_visits.Length == 0) _visits = new VisitTable?[Team.Size];
        Team.Run(ref kernel, Instances);
        Monitor.Cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Sums over the visits of each (s,a); costs the visited pairs only to clear.</summary>
    private sealed class VisitTable(int rows)
    {
        public readonly double[] Sum = new double[rows];
        public readonly int[] Count = new int[rows];

        public double Mean(int pair) => Sum[pair] / Count[pair];

        /// <summary>Mean over the visits of the pairs from <paramref name="first"/> on: those of a state.</summary>
        public double Mean(int first, int count)
        {
            double sum = 0;
            int visits = 0;
            for (int pair = first; pair < first + count; pair++)
            {
                sum += Sum[pair];
                visits += Count[pair];
            }

            return sum / visits;
        }
    }
}
