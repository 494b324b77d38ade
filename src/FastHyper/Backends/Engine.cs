namespace FastHyper.Backends;

/// <summary>
/// The coarse verbs that FastHyper computes with, over the MDP instances of one engine. All instances share the
/// structure of the transitions; each has rewards, values, policies (and, where asked for, probabilities) of its own.
/// <para>
/// Where a leader acts, in a two-player Markov game, actions are pairs (a, b) of its own and the follower's, who sees a before playing b:
/// V(s,a) = τ log Σ_b exp(Q(s,a,b)/τ) and V(s) = Σ_a f(a|s) V(s,a) take the place of the soft maximum, and policies are joint,
/// π(a,b|s) = f(a|s) g(b|s,a). A game over (s, a) costs O(transitions + S·L·A) a sweep then, and all that is linear in a policy
/// is as it is without a leader.
/// </para>
/// Arrays stay on the device between verbs. Verbs are called from one thread at a time; the results do not depend on
/// how many threads or lanes the device uses.
/// </summary>
public abstract partial class Engine : IDisposable
{
    /// <summary>Creates the base of an engine.</summary>
    /// <param name="transitions">Structure and shared probabilities of the transitions.</param>
    /// <param name="options">Layout and number of instances.</param>
    protected Engine(Transitions transitions, EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(transitions);
        ArgumentNullException.ThrowIfNull(options);
        if (options.LeaderActions < 0 || (options.LeaderActions > 0 && transitions.Actions % options.LeaderActions != 0))
            throw new InvalidInputException(
                $"engine: {transitions.Actions} actions of leader and follower, {options.LeaderActions} of the leader; expected a "
                    + "multiple");
        Transitions = transitions;
        Options = options;
        FollowerActions = transitions.Actions / Math.Max(1, options.LeaderActions);
    }

    /// <summary>Structure of the transitions, and the probabilities that instances start from.</summary>
    public Transitions Transitions { get; }

    /// <summary>Layout and number of instances.</summary>
    public EngineOptions Options { get; }

    /// <summary>Number of states S.</summary>
    public int States => Transitions.States;

    /// <summary>Number of actions A; where a leader acts, of pairs of its own and the follower's.</summary>
    public int Actions => Transitions.Actions;

    /// <summary>Number of the leader's actions L; 0 where it does not act.</summary>
    public int LeaderActions => Options.LeaderActions;

    /// <summary>Number of the follower's actions.</summary>
    public int FollowerActions { get; }

    /// <summary>Number of MDP instances.</summary>
    public int Instances => Options.Instances;

    /// <summary>Number of leaders.</summary>
    public int Leaders => Options.Leaders;

    /// <summary>Heard and told by verbs that may take long; what such a verb was at when it is stopped has no meaning.</summary>
    public WorkMonitor Monitor { get; set; } = WorkMonitor.None;

    /// <summary>What the engine runs on, in words.</summary>
    public abstract string Description { get; }

    /// <summary>Work of the host that falls into parts of which each may run on any thread, with the same result.</summary>
    /// <param name="parts">How many.</param>
    /// <param name="work">Does a part; made once, so that nothing is allocated.</param>
    internal virtual void OnHost(int parts, Action<int> work)
    {
        for (int part = 0; part < parts; part++) work(part);
    }

    /// <summary>
    /// Whether <see cref="SoftSweeps"/> update values that the same sweep then uses: faster by a factor, but without bounds on V*.
    /// </summary>
    internal virtual bool SweepsInPlace => false;

    /// <summary>Whether <see cref="InPlaceSweeps"/> are in place, also where <see cref="SoftSweeps"/> are not.</summary>
    public virtual bool HasInPlaceSweeps => SweepsInPlace;

    /// <summary>
    /// Sweeps that are worth doing before the host looks at what they led to: more than one where sweeps come in pairs, up
    /// and down the states, or where a look waits for a device.
    /// </summary>
    internal virtual int SweepsAtOnce => SweepsInPlace ? 2 : 1;

    /// <summary>Bytes of the transitions, as they are stored, that a sweep reads; 0 where an engine does not count them.</summary>
    internal virtual long TransitionBytes => 0;

    /// <summary>
    /// Whether the engine keeps states in an order of its own; it changes the time taken, and the rounding of sums over states.
    /// </summary>
    internal virtual bool ReordersStates => false;

    /// <summary>
    /// Whether linear solves with I − γ P_π are direct, by factors that cost few sweeps; then a step of
    /// <see cref="PolicyIteration"/> costs as much as a few sweeps, whatever γ is.
    /// </summary>
    internal virtual bool SolvesDirectly => false;

    /// <summary>Whether linear solves may go through levels of aggregates: always, but where solvers are compared.</summary>
    internal bool UsesLevels { get; set; } = true;

    /// <summary>What linear solves did through levels of aggregates, all in all.</summary>
    internal virtual MultilevelWork Multilevel => default;

    /// <summary>
    /// Whether linear solves can be direct, at any price: what <see cref="SweepLimits.ByFactors"/> asks for where iterations have failed.
    /// </summary>
    internal virtual bool HasFactors => SolvesDirectly;

    /// <summary>Transition probabilities (entries) of each instance; present with <see cref="EngineOptions.OwnTransitions"/>.</summary>
    public abstract DeviceArray? Probabilities { get; }

    /// <summary>The leader's policy f of each instance, (S, L), uniform at first; null where the leader does not act.</summary>
    public abstract DeviceArray? LeaderPolicy { get; }

    /// <summary>Allocates a zeroed array.</summary>
    /// <param name="kind">What it holds.</param>
    /// <param name="parameters">Length of a <see cref="ArrayKind.Parameter"/> array.</param>
    public abstract DeviceArray Allocate(ArrayKind kind, int parameters = 0);

    /// <summary>Copies one instance's (leader's) numbers to the device, in host order: s, s·A+a, entry or parameter.</summary>
    public abstract void Upload(DeviceArray target, int instance, ReadOnlySpan<double> values);

    /// <summary>Copies one instance's (leader's) numbers to the host, in host order.</summary>
    public abstract void Download(DeviceArray source, int instance, Span<double> values);

    /// <summary>Sets every number of the array.</summary>
    public abstract void Fill(DeviceArray target, double value);

    /// <summary>Sets the follower's temperature τ of each instance (instances).</summary>
    internal abstract void SetTemperatures(ReadOnlySpan<double> temperatures);

    // ---- values and policies

    /// <summary>
    /// Soft Bellman sweeps, V(s) ← τ log Σ_a exp((r + γ P V)(s,a)/τ), or what stands for it where a leader acts, until every instance has
    /// converged or
    /// <paramref name="limits"/> are reached. Sweeps may use values that the same sweep has already updated.
    /// </summary>
    internal abstract void SoftSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status);

    /// <summary>
    /// Soft Bellman sweeps in place (Gauss–Seidel): a state, or a few at once, is backed up from what V holds by then, the first sweep of
    /// a call up the states, the next down, and so on in turn. Engines without them do <see cref="SoftSweeps"/>.
    /// </summary>
    internal virtual void InPlaceSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        SoftSweeps(v, reward, discount, limits, status);

    /// <summary>
    /// Soft policy iteration, which is Newton's method on V = TV: V ← V + (I − γ P_π)⁻¹ (TV − V), π the policy of V, with
    /// linear solves as exact as they need to be; until ‖TV − V‖∞ of every instance is within <paramref name="limits"/>,
    /// whose count is of steps. A step that would lead away is replaced by sweeps.
    /// </summary>
    internal abstract void PolicyIteration(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status);

    /// <summary>
    /// Sweeps in float32 on the problem that is left when V is a potential, shifted so that only what differs between states
    /// need be carried, until their changes have shrunk as far as float32 tells, are within the limits, or shrink slowly:
    /// a cheap beginning for sweeps in float64, which decide. Engines whose sweeps gain nothing by it do nothing.
    /// </summary>
    /// <returns>
    /// What a sweep left of the span of the changes, of the sweeps that float32 could tell; not a number where nothing was done.
    /// </returns>
    internal virtual double DraftSweeps(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        double.NaN;

    /// <summary>v(s) += the amount of each instance (instances).</summary>
    internal abstract void Shift(DeviceArray v, ReadOnlySpan<double> amounts);

    /// <summary>
    /// The Bellman residual for certificates: a pass in float64, whatever the engine's precision, by plain formulas that
    /// share nothing with the sweeps but the stored rewards, temperatures and probabilities.
    /// </summary>
    /// <param name="v">V, a <see cref="ArrayKind.State"/> or <see cref="ArrayKind.WideState"/>.</param>
    /// <param name="reward">r.</param>
    /// <param name="discount">γ.</param>
    /// <param name="bounds">Written, one for each instance.</param>
    internal abstract void CertifiedResidual(DeviceArray v, DeviceArray reward, double discount, Span<ResidualBound> bounds);

    /// <summary>
    /// Folds v into the float64 potential U and restates the follower's problem in what is left:
    /// U ← U + v, v ← 0, shaped = r + γ P U − U in float64, rounded last. The problem with rewards <paramref name="shaped"/>
    /// has the same policy, and values V − U: small numbers, whose rounding is small too (potential-based shaping as
    /// iterative refinement).
    /// </summary>
    /// <param name="potential">U, a <see cref="ArrayKind.WideState"/>.</param>
    /// <param name="v">Values found for the last shaped rewards; zero afterwards.</param>
    /// <param name="reward">r.</param>
    /// <param name="discount">γ.</param>
    /// <param name="shaped">Written.</param>
    /// <param name="rounded">U in the engine's precision, written.</param>
    internal abstract void Shape(
        DeviceArray potential, DeviceArray v, DeviceArray reward, double discount, DeviceArray shaped, DeviceArray rounded);

    /// <summary>Policy evaluation sweeps, V(s) ← Σ_a π(a|s) (r + γ P V)(s,a).</summary>
    internal abstract void EvaluationSweeps(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status);

    /// <summary>Adjoint sweeps, y ← b + γ P_πᵀ y.</summary>
    internal abstract void AdjointSweeps(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status);

    /// <summary>
    /// Solves V = Σ_a π (r + γ P V) from the V that is there by the engine's best linear solver, until the largest residual
    /// is within <paramref name="limits"/>, whose count is of matrix products.
    /// </summary>
    internal abstract void Evaluate(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status);

    /// <summary>Solves y = b + γ P_πᵀ y in the same way.</summary>
    internal abstract void Adjoint(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status);

    /// <summary>target = γ Pᵀ c, from (S, A) to (S).</summary>
    public abstract void TransposedProduct(DeviceArray c, double discount, DeviceArray target);

    /// <summary>Q = r + γ P V.</summary>
    public abstract void ActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray q);

    /// <summary>π(a|s) ∝ exp((r + γ P V)(s,a)/τ), each state's row normalised; where a leader acts, f(a|s) g(b|s,a).</summary>
    public abstract void Policy(DeviceArray v, DeviceArray reward, double discount, DeviceArray policy);

    // ---- a leader who acts

    /// <summary>f(a|s) = exp(x(s,a))/Σ_a' exp(x(s,a')), in place.</summary>
    /// <param name="rows">x, (S, L), and then f.</param>
    internal abstract void LeaderSoftmax(DeviceArray rows);

    /// <summary>
    /// target(s,a) = f(a|s) (c(s,a) − Σ_a' f(a'|s) c(s,a')): from the cotangent of f to that of what f is the softmax of.
    /// </summary>
    internal abstract void LeaderSoftmaxPullback(DeviceArray leaderPolicy, DeviceArray cotangent, DeviceArray target);

    /// <summary>V(s,a) = τ log Σ_b exp((r + γ P V)(s,a,b)/τ): the follower's values after the leader's action is seen.</summary>
    /// <param name="v">V, (S).</param>
    /// <param name="reward">r, (S, L·A).</param>
    /// <param name="discount">γ.</param>
    /// <param name="target">(S, L), written.</param>
    public abstract void LeaderActionValues(DeviceArray v, DeviceArray reward, double discount, DeviceArray target);

    /// <summary>
    /// target(s,a) = Σ_b g(b|s,a) q(s,a,b), or with <paramref name="entropy"/> Σ_b g(b|s,a) (q(s,a,b) − τ log g(b|s,a)), which is V(s,a)
    /// where q is the follower's. Zero where the joint policy gives (s,a) no weight at all.
    /// </summary>
    public abstract void LeaderActionMeans(DeviceArray policy, DeviceArray q, bool entropy, DeviceArray target);

    // ---- elementwise, and reductions

    /// <summary>
    /// target(s,a) = matrix(s,a)·vector(s), or with <paramref name="accumulate"/> added to target; (S, A) or (S, L) both.
    /// </summary>
    public abstract void ScaleByState(DeviceArray matrix, DeviceArray vector, DeviceArray target, bool accumulate);

    /// <summary>
    /// c(s,a) = π(a|s) (g(s,a) − Σ_b π(b|s) g(s,b))/τ: the cotangent of Q from the policy's cotangent g. Where a leader acts, the mean is
    /// the follower's after each leader action.
    /// </summary>
    public abstract void QCotangent(DeviceArray policy, DeviceArray policyCotangent, DeviceArray target);

    /// <summary>target(k) = scale · rows(s,a) · v(s') for each stored transition k = (s,a,s').</summary>
    public abstract void EntryCotangent(DeviceArray rows, DeviceArray v, double scale, DeviceArray target);

    /// <summary>target(s) = Σ_j c_j source_j(s), state arrays with coefficients for each instance; target may be a source.</summary>
    /// <param name="sources">The source_j.</param>
    /// <param name="coefficients">c_j of instance i at j·instances + i.</param>
    /// <param name="target">Written.</param>
    public abstract void Combine(ReadOnlySpan<DeviceArray> sources, ReadOnlySpan<double> coefficients, DeviceArray target);

    /// <summary>Σ_s a(s) b(s) for each instance, in float64 and in fixed order.</summary>
    public abstract void Dot(DeviceArray a, DeviceArray b, Span<double> result);

    // ---- leader parameters

    /// <summary>Prepares one affine map per context, to (S, A) or, with <paramref name="kind"/>, to (S, L).</summary>
    internal abstract DeviceAffineMap Prepare(IReadOnlyList<AffineMap> contexts, ArrayKind kind = ArrayKind.StateAction);

    /// <summary>y = link(x) for each leader.</summary>
    internal abstract void Link(LinkMap link, DeviceArray x, DeviceArray y);

    /// <summary>gradient += (∂link/∂x)ᵀ dy for each leader.</summary>
    internal abstract void LinkPullback(LinkMap link, DeviceArray x, DeviceArray dy, DeviceArray gradient);

    /// <summary>target = b + M y, with each instance's context (instances) and its leader's y.</summary>
    internal abstract void Affine(DeviceAffineMap map, ReadOnlySpan<int> contexts, DeviceArray y, DeviceArray target);

    /// <summary>dy += Σ over the leader's instances of weight · Mᵀ cotangent.</summary>
    internal abstract void AffinePullback(
        DeviceAffineMap map, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, DeviceArray cotangent, DeviceArray dy);

    /// <summary>Euclidean norm of each leader's vector (leaders), in fixed order.</summary>
    public abstract void Norms(DeviceArray parameters, Span<double> norms);

    /// <summary>target += factor · source, with a factor for each leader (leaders).</summary>
    internal abstract void Accumulate(DeviceArray target, DeviceArray source, ReadOnlySpan<double> factors);

    /// <summary>One step of Adam's ascent on x; moments and bias corrections as in Kingma and Ba, 2015.</summary>
    /// <param name="x">Parameters.</param>
    /// <param name="gradient">Gradient.</param>
    /// <param name="first">First moment, updated.</param>
    /// <param name="second">Second moment, updated.</param>
    /// <param name="scales">Factor on each leader's gradient (leaders), such as a clip.</param>
    /// <param name="rates">Learning rate of each leader (leaders).</param>
    /// <param name="settings">Decays, floor, and the number of this step from 1.</param>
    internal abstract void AdamStep(
        DeviceArray x, DeviceArray gradient, DeviceArray first, DeviceArray second, ReadOnlySpan<double> scales, ReadOnlySpan<double> rates,
        AdamSettings settings);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the engine's memory, and its arrays that are not disposed yet.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}

/// <summary>Constants of an Adam step.</summary>
/// <param name="FirstDecay">β₁.</param>
/// <param name="SecondDecay">β₂.</param>
/// <param name="Floor">ε.</param>
/// <param name="Step">Number of this step, from 1.</param>
internal readonly record struct AdamSettings(double FirstDecay, double SecondDecay, double Floor, int Step);
