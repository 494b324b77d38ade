using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>
/// Solves with I − γ P_π: each round is a sweep, whose change is the residual, and a correction of V by BiCGStab in place of
/// it, for every instance as exact as <see cref="InexactSteps"/> asks; the host looks at one number every few iterations.
/// </summary>
internal sealed partial class OpenClEngine
{
    // Iterations between two looks of the host.
    private const int Look = 16;

    // Sweeps after a correction move the edges of regions that differ in policy; more of them pay where solves are long.
    private const double SweptShare = 0.02;
    private const int MostSweepsBetween = 64;
    private KrylovState? _krylov;
    private OpenClArray? _newtonPolicy;

    /// <summary>Iterations that cut a linear solve off.</summary>
    internal int MostIterations { get; set; } = StopRules.MaxKrylovIterations;

    /// <summary>Whether the device still counts a linear solve as going on.</summary>
    internal bool IsSolving => _krylov is not null && _krylov.GoesOn();

    internal override void PolicyIteration(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status)
    {
        _newtonPolicy ??= (OpenClArray)Allocate(ArrayKind.StateAction);
        Solve(new Rounds(Verb.Soft, v, reward, _newtonPolicy, discount), limits, status);
    }

    internal override void Evaluate(
        DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        Solve(new Rounds(Verb.Evaluate, v, reward, policy, discount), limits with { Count = StopRules.MaxLinearRounds }, status);

    internal override void Adjoint(
        DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status)
    {
        int relaxations = new InexactSteps(discount, Transitions).Relaxations;
        if (!limits.ByFactors) AdjointSweeps(y, policy, source, discount, limits with { Count = relaxations }, status);
        Solve(new Rounds(Verb.Adjoint, y, source, policy, discount), limits with { Count = StopRules.MaxLinearRounds }, status);
    }

    private void Solve(in Rounds rounds, SweepLimits limits, SweepStatus status)
    {
        OpenClArray values = Checked(rounds.Values, ArrayKind.State);
        bool soft = rounds.Verb == Verb.Soft;
        DeviceMemory given = Read(rounds.Given, rounds.Verb == Verb.Adjoint ? ArrayKind.State : ArrayKind.StateAction);
        DeviceMemory policy = Read(rounds.Policy, ArrayKind.StateAction);
        if (limits.Count <= 0 || !status.AnyActive) return;
        if (limits.ByFactors && !soft && HasFactors)
        {
            SolveByFactors(rounds, status);
            return;
        }

        _krylov ??= Own(DeviceMemories.AllOrNothing(Queue, memories => new KrylovState(memories, Instances, Values * RealSize)));
        InexactSteps steps = new(rounds.Discount, Transitions);
        int between = soft ? steps.SweepsOf(SweptShare, MostSweepsBetween) : 0;
        double loose = soft ? steps.Forcing : StopRules.WideForcing, tight = soft ? steps.TighterForcing : StopRules.WideForcing;
        DeviceMemory spread = _spread.Set(status.Spread);
        _state.Begin(status);
        _krylov.Begin();
        for (int round = 0; round < limits.Count; round++)
        {
            if (soft) Policy(rounds.Values, rounds.Given, rounds.Discount, rounds.Policy);
            SweepToNext(rounds.Verb, values, given, policy, rounds.Discount, limits, spread);
            Queue.Run(
                Kernel("solves", "begin_solve").With(Instances).With(_state.Memory).With(spread).With(_krylov.Numbers).With(
                    round == 0 ? 1 : 0)
                    .With(loose).With(tight).With(limits.Absolute).With(limits.Relative)
                        .With(soft ? 0 : StopRules.CorrectedFloorUnits * Epsilon),
                Instances);
            Correct(rounds, policy, values);
            if (!_state.GoesOn()) break;
            Iterate(rounds.Verb, values, given, policy, rounds.Discount, limits with { Count = between }, spread);
        }

        _state.End(status);
        _krylov.AddProducts(status.Products);
    }

    /// <summary>V ← V + (I − γ P_π)⁻¹ (next − V), or the next V where that is no gain.</summary>
    private void Correct(in Rounds rounds, DeviceMemory policy, OpenClArray values)
    {
        KrylovState k = _krylov!;
        int count = (int)Values;
        Queue.Run(Kernel("solves", "begin_vectors").With(count).With(Instances).With(k.Numbers).With(values.Memory).With(_next.Memory)
            .With(k.Solution).With(k.Residual).With(k.Shadow).With(k.Direction), Values);
        for (int iteration = 0; iteration < MostIterations; iteration++)
        {
            if (iteration % Look == 0 && !k.GoesOn()) break;
            if (iteration % Look == 0) Monitor.Check("linear solve's iterations", iteration);
            Product(rounds, policy, k.Direction, k.Image, "find_alpha");
            Queue.Run(Kernel("solves", "half_step").With(count).With(Instances).With(k.Numbers).With(k.Residual).With(k.Image), Values);
            Product(rounds, policy, k.Residual, k.Step, "find_omega");
            Queue.Run(
                Kernel("solves", "whole_step").With(States).With(Instances).With(k.Numbers).With(k.Solution).With(k.Residual)
                    .With(k.Direction).With(k.Image).With(k.Step)
                    .With(_chunks).With(_bounds).WithLocal(24L * Context.GroupSize),
                (long)_chunks * Instances);
            FinishSweep(Parts, null, null, 0, 0);
            Queue.Run(
                Kernel("solves", "end_iteration").With(Instances).With(k.Numbers).With(_reduced).With(StopRules.KrylovPatience), Instances);
        }

        Queue.Run(Kernel("solves", "end_solve").With(count).With(Instances).With(_state.Memory).With(k.Numbers).With(values.Memory)
            .With(_next.Memory).With(k.Solution), Values);
        values.Version++;
    }

    /// <summary>to = A from, its inner products, and the number that follows from them.</summary>
    private void Product(in Rounds rounds, DeviceMemory policy, DeviceMemory from, DeviceMemory to, string then)
    {
        const int products = 4;
        KrylovState k = _krylov!;
        DeviceMemory parts = Sums(ref _sums, _chunks, products * Instances);
        OpenClKernel kernel = rounds.Verb == Verb.Adjoint
            ? WithIncoming(Kernel("solves", "transposed_product").With(States).With(Instances)).With(policy)
            : WithModel("solves", "response_product").With(policy);
        Queue.Run(
            kernel.With(rounds.Discount).With(k.Numbers).With(from).With(to).With(k.Shadow).With(_chunks).With(parts),
            (long)_chunks * Instances);
        DeviceMemory sums = Total("sum_parts", parts, _chunks, products * Instances);
        Queue.Run(Kernel("solves", then).With(Instances).With(k.Numbers).With(sums), Instances);
    }

    private double Epsilon => Narrow ? 1.1920929e-07 : 2.2204460492503131e-16;

    /// <summary>What rounds of sweeps and corrections are for: V from r, or y from b.</summary>
    private readonly record struct Rounds(Verb Verb, DeviceArray Values, DeviceArray Given, DeviceArray Policy, double Discount);
}
