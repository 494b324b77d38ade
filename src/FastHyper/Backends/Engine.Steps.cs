namespace FastHyper.Backends;

/// <summary>
/// Arrays of one float64 number a step, and the verbs that estimators are made of. A step k of an instance is (s_k, a_k, s_{k+1}), with
/// its time in the episode t_k; all arithmetic is float64. What adds up does so in the order of streams and time, in blocks that depend on
/// lengths alone, so the bits are the same for any number of threads. A target may be a source.
/// </summary>
public abstract partial class Engine
{
    /// <summary>Allocates a zeroed array of one number a step, (steps, streams) for each instance.</summary>
    /// <param name="shape">The shape of the rollouts whose steps it is for.</param>
    public DeviceArray AllocateSteps(RolloutShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return AllocateStepsCore(shape);
    }

    /// <summary>target_k ← target_k ∘ table(place of k).</summary>
    /// <param name="rollouts">The steps.</param>
    /// <param name="table">
    /// An array of the kind that <paramref name="place"/> says; null with <see cref="StepPlace.Entry"/> for the probabilities that all
    /// instances share, so that <see cref="Probabilities"/> is right for every engine.
    /// </param>
    /// <param name="place">Where steps stand in the table.</param>
    /// <param name="operation">∘.</param>
    /// <param name="target">An array of steps.</param>
    public void Gather(RolloutBuffer rollouts, DeviceArray? table, StepPlace place, StepOperation operation, DeviceArray target)
    {
        RequireSteps(rollouts, target);
        if (place == StepPlace.Step) RequireSteps(rollouts, table);
        else if (table is null && place != StepPlace.Entry) throw new ArgumentNullException(nameof(table));
        GatherCore(rollouts, table, place, operation, target);
    }

    /// <summary>target_k ← target_k ∘ Σ_b π(b|s) q(s,b), s the state in which k stands.</summary>
    /// <param name="rollouts">The steps.</param>
    /// <param name="policy">π, (S, A).</param>
    /// <param name="q">q, (S, A).</param>
    /// <param name="place">Which state: a place in arrays (S).</param>
    /// <param name="operation">∘.</param>
    /// <param name="target">An array of steps.</param>
    /// <param name="greedy">Whether the largest of the leader's actions' means takes the place of the mean over them.</param>
    public void GatherValues(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, StepPlace place, StepOperation operation, DeviceArray target,
        bool greedy = false)
    {
        RequireSteps(rollouts, target);
        if (KindOf(place) != ArrayKind.State) throw new ArgumentException($"values at {place}; expected a state");
        GatherValuesCore(rollouts, policy, q, place, operation, target, greedy);
    }

    /// <summary>
    /// target_k = q(s_k,a_k) − Σ_b π(b|s_k) q(s_k,b); where a leader acts, the mean is over the follower's actions after the leader's.
    /// </summary>
    /// <param name="rollouts">The steps.</param>
    /// <param name="policy">π, (S, A).</param>
    /// <param name="q">q, (S, A).</param>
    /// <param name="target">An array of steps, written.</param>
    public void Advantages(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, DeviceArray target)
    {
        RequireSteps(rollouts, target);
        AdvantagesCore(rollouts, policy, q, target);
    }

    /// <summary>target_k = f γ^{t_k} u_k, f the factor, over the instance's τ and number of episodes where these are asked for.</summary>
    /// <param name="rollouts">The steps.</param>
    /// <param name="source">u, an array of steps; null for ones.</param>
    /// <param name="target">An array of steps, written.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="discount">γ; 0 leaves the steps that begin an episode.</param>
    /// <param name="perTemperature">Whether f is divided by τ.</param>
    /// <param name="perEpisode">Whether f is divided by the number of episodes.</param>
    public void Scale(
        RolloutBuffer rollouts, DeviceArray? source, DeviceArray target, double factor = 1, double discount = 1,
        bool perTemperature = false, bool perEpisode = false)
    {
        RequireSteps(rollouts, target);
        if (source is not null) RequireSteps(rollouts, source);
        ScaleCore(rollouts, source, target, factor, discount, perTemperature, perEpisode);
    }

    /// <summary>target_k = what <paramref name="mean"/> makes of u over the visits of the rollouts.</summary>
    /// <param name="rollouts">The steps.</param>
    /// <param name="source">u, an array of steps.</param>
    /// <param name="mean">Which mean.</param>
    /// <param name="target">An array of steps, written.</param>
    public void AverageVisits(RolloutBuffer rollouts, DeviceArray source, VisitMean mean, DeviceArray target)
    {
        RequireSteps(rollouts, source);
        RequireSteps(rollouts, target);
        AverageVisitsCore(rollouts, source, mean, target);
    }

    /// <summary>target_k = x_k of the recursion, along every episode.</summary>
    /// <param name="rollouts">The steps.</param>
    /// <param name="source">u, an array of steps; null for zeros.</param>
    /// <param name="recursion">γ and its companions.</param>
    /// <param name="target">An array of steps, written.</param>
    /// <param name="ratios">ρ, an array of steps; null for ones.</param>
    /// <param name="values">v, an array of steps, 0 where an episode ended in the environment; null for none.</param>
    public void Scan(
        RolloutBuffer rollouts, DeviceArray? source, Recursion recursion, DeviceArray target, DeviceArray? ratios = null,
        DeviceArray? values = null)
    {
        RequireSteps(rollouts, target);
        foreach (DeviceArray? array in (ReadOnlySpan<DeviceArray?>)[source, ratios, values])
            if (array is not null) RequireSteps(rollouts, array);
        if (values is null && recursion.Decay != 1) throw new ArgumentException($"a decay of {recursion.Decay} without values; expected 1");
        ScanCore(rollouts, source, recursion, target, ratios, values);
    }

    /// <summary>target(place of k) takes f u_k in, in the order of streams and time, f as in <see cref="Scale"/>.</summary>
    /// <param name="rollouts">The steps.</param>
    /// <param name="source">u, an array of steps.</param>
    /// <param name="place">Where steps stand in the target.</param>
    /// <param name="target">An array of the kind that <paramref name="place"/> says.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="perEpisode">Whether f is divided by the number of episodes.</param>
    /// <param name="mode">How a number is taken in.</param>
    /// <param name="steps">Step size α of each leader (leaders) for <see cref="ScatterMode.Approach"/>; else none.</param>
    public void Scatter(
        RolloutBuffer rollouts, DeviceArray source, StepPlace place, DeviceArray target, double factor = 1, bool perEpisode = false,
        ScatterMode mode = ScatterMode.Add, ReadOnlySpan<double> steps = default)
    {
        RequireSteps(rollouts, source);
        if (place == StepPlace.Step) throw new ArgumentException("a scatter to steps; expected a table");
        RequireLength(steps.Length, mode == ScatterMode.Approach ? Leaders : 0, "step sizes", "leader");
        ScatterCore(rollouts, source, place, target, factor, perEpisode, mode, steps);
    }

    /// <summary>
    /// Scatters to every action of each step's state, in expectation over the policy: target(s_k,a_k) += y_k, and for every b
    /// target(s_k,b) += f π(b|s_k) (z_k + w_k (q(s_k,b) − Σ_b π q)/τ), f the factor, over the number of the instance's episodes where asked
    /// for. Where a leader acts, the mean is over the follower's actions after the leader's.
    /// </summary>
    /// <param name="rollouts">The steps.</param>
    /// <param name="policy">π, (S, A).</param>
    /// <param name="weights">z, an array of steps.</param>
    /// <param name="target">(S, A), accumulated.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="perEpisode">Whether f is divided by the number of episodes.</param>
    /// <param name="taken">y, an array of steps; null for none.</param>
    /// <param name="slopes">w, an array of steps, and q with it; null for none.</param>
    /// <param name="q">q, (S, A).</param>
    public void ScatterActions(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray weights, DeviceArray target, double factor = 1, bool perEpisode = false,
        DeviceArray? taken = null, DeviceArray? slopes = null, DeviceArray? q = null)
    {
        RequireSteps(rollouts, weights);
        if (taken is not null) RequireSteps(rollouts, taken);
        if (slopes is not null) RequireSteps(rollouts, slopes);
        if (slopes is null != q is null) throw new ArgumentException("weights of advantages and values; expected both or none");
        ScatterActionsCore(rollouts, policy, weights, target, factor, perEpisode, taken, slopes, q);
    }

    /// <summary>Σ_k a_k b_k over the number of episodes, of each instance.</summary>
    /// <param name="rollouts">The steps.</param>
    /// <param name="a">An array of steps.</param>
    /// <param name="b">An array of steps.</param>
    /// <param name="result">(instances), written.</param>
    public void MeanOverEpisodes(RolloutBuffer rollouts, DeviceArray a, DeviceArray b, Span<double> result)
    {
        RequireSteps(rollouts, a);
        RequireSteps(rollouts, b);
        RequireLength(result.Length, Instances, "results", "instance");
        MeanOverEpisodesCore(rollouts, a, b, result);
    }

    /// <summary>The kind of an array in which steps stand at a place.</summary>
    protected static ArrayKind KindOf(StepPlace place) => place switch
    {
        StepPlace.Step => ArrayKind.Step,
        StepPlace.Pair => ArrayKind.StateAction,
        StepPlace.Entry => ArrayKind.Entry,
        _ => ArrayKind.State,
    };

    /// <summary><see cref="AllocateSteps"/> with an argument that has been checked, as those below.</summary>
    protected abstract DeviceArray AllocateStepsCore(RolloutShape shape);

    /// <summary><see cref="Gather"/>.</summary>
    protected abstract void GatherCore(
        RolloutBuffer rollouts, DeviceArray? table, StepPlace place, StepOperation operation, DeviceArray target);

    /// <summary><see cref="GatherValues"/>.</summary>
    protected abstract void GatherValuesCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, StepPlace place, StepOperation operation, DeviceArray target,
        bool greedy);

    /// <summary><see cref="Advantages"/>.</summary>
    protected abstract void AdvantagesCore(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, DeviceArray target);

    /// <summary><see cref="Scale"/>.</summary>
    protected abstract void ScaleCore(
        RolloutBuffer rollouts, DeviceArray? source, DeviceArray target, double factor, double discount, bool perTemperature,
        bool perEpisode);

    /// <summary><see cref="AverageVisits"/>.</summary>
    protected abstract void AverageVisitsCore(RolloutBuffer rollouts, DeviceArray source, VisitMean mean, DeviceArray target);

    /// <summary><see cref="Scan"/>.</summary>
    protected abstract void ScanCore(
        RolloutBuffer rollouts, DeviceArray? source, in Recursion recursion, DeviceArray target, DeviceArray? ratios, DeviceArray? values);

    /// <summary><see cref="Scatter"/>.</summary>
    protected abstract void ScatterCore(
        RolloutBuffer rollouts, DeviceArray source, StepPlace place, DeviceArray target, double factor, bool perEpisode, ScatterMode mode,
        ReadOnlySpan<double> steps);

    /// <summary><see cref="ScatterActions"/>.</summary>
    protected abstract void ScatterActionsCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray weights, DeviceArray target, double factor, bool perEpisode,
        DeviceArray? taken, DeviceArray? slopes, DeviceArray? q);

    /// <summary><see cref="MeanOverEpisodes"/>.</summary>
    protected abstract void MeanOverEpisodesCore(RolloutBuffer rollouts, DeviceArray a, DeviceArray b, Span<double> result);

    private static void RequireSteps(RolloutBuffer rollouts, DeviceArray? array)
    {
        ArgumentNullException.ThrowIfNull(rollouts);
        ArgumentNullException.ThrowIfNull(array);
        if (array.Shape is not RolloutShape shape) throw new ArgumentException($"an array of kind {array.Kind}; expected one of steps");
        if (shape.Steps != rollouts.Shape.Steps || shape.Streams != rollouts.Shape.Streams)
        {
            throw new ArgumentException(
                $"an array of {shape.Streams} streams of {shape.Steps} steps; " +
                $"expected {rollouts.Shape.Streams} of {rollouts.Shape.Steps}, as the rollouts have");
        }
    }
}
