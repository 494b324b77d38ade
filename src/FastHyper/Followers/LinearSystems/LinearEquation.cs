using FastHyper.Backends;
using FastHyper.Followers.Solves;

namespace FastHyper.Followers.LinearSystems;

/// <summary>A linear equation of a policy's transitions, as the solves see it: measured by a proof, moved by solvers and sweeps.</summary>
internal abstract class LinearEquation(Engine engine)
{
    public DeviceArray Policy { get; set; } = null!;

    public double Discount { get; set; }

    /// <summary>What the solution is, in words.</summary>
    public abstract string Name { get; }

    /// <summary>Distance from 1 to the next number of the precision that the solution is kept in.</summary>
    public abstract double Epsilon { get; }

    protected Engine Engine => engine;

    /// <summary>Measures the solution by a float64 pass of its own.</summary>
    public abstract void Measure(Span<LinearResidual> found);

    /// <summary>Moves the active instances by the engine's best solver, whose steps are measured in the largest norm.</summary>
    public abstract void Solve(SweepLimits limits, SweepStatus status);

    /// <summary>Moves the active instances by sweeps.</summary>
    public abstract void Sweep(SweepLimits limits, SweepStatus status);

    /// <summary>Lets an instance begin from zero.</summary>
    public abstract void Restart(int instance);

    /// <summary>Leaves the solution where the caller wants it.</summary>
    public virtual void End() { }
}

/// <summary>V = Σ_a π (r + γ P V), in the engine's precision.</summary>
internal sealed class EvaluationEquation(Engine engine) : LinearEquation(engine)
{
    public DeviceArray Values { get; set; } = null!;

    public DeviceArray Reward { get; set; } = null!;

    public override string Name => "the value of the policy";

    public override double Epsilon => Engine.Options.Precision.Epsilon();

    public override void Measure(Span<LinearResidual> found) => Engine.EvaluationResidual(Values, Policy, Reward, Discount, null, found);

    public override void Restart(int instance) => Engine.Upload(Values, instance, new double[Engine.States]);

    public override void Solve(SweepLimits limits, SweepStatus status) => Engine.Evaluate(Values, Policy, Reward, Discount, limits, status);

    public override void Sweep(SweepLimits limits, SweepStatus status) =>
        Engine.EvaluationSweeps(Values, Policy, Reward, Discount, limits, status);
}

/// <summary>
/// The same in float64 by an engine of float32, which solves for what a float64 pass leaves of a potential: the same of all actions, as
/// what differs between them would be rounded to float32 and then averaged.
/// </summary>
internal sealed class RefinedEvaluationEquation(Engine engine) : LinearEquation(engine), IDisposable
{
    private readonly DeviceArray _residual = engine.Allocate(ArrayKind.StateAction);

    public Refinement Values { get; set; } = null!;

    /// <summary>V in the engine's precision, written.</summary>
    public DeviceArray Rounded { get; set; } = null!;

    public DeviceArray Reward { get; set; } = null!;

    public override string Name => "the value of the policy";

    public override double Epsilon => Precision.F64.Epsilon();

    public override void Measure(Span<LinearResidual> found)
    {
        Values.Fold(Rounded);
        Engine.EvaluationResidual(Values.Potential, Policy, Reward, Discount, _residual, found);
    }

    public override void Restart(int instance) => Engine.Upload(Values.Potential, instance, new double[Engine.States]);

    public override void Solve(SweepLimits limits, SweepStatus status) =>
        Engine.Evaluate(Values.Increment, Policy, _residual, Discount, limits, status);

    public override void Sweep(SweepLimits limits, SweepStatus status) =>
        Engine.EvaluationSweeps(Values.Increment, Policy, _residual, Discount, limits, status);

    public void Dispose() => _residual.Dispose();
}

/// <summary>y = b + γ P_πᵀ y, in the engine's precision.</summary>
internal sealed class AdjointEquation(Engine engine) : LinearEquation(engine)
{
    public DeviceArray Solution { get; set; } = null!;

    public DeviceArray Source { get; set; } = null!;

    public override string Name => "the adjoint of the policy's value";

    public override double Epsilon => Engine.Options.Precision.Epsilon();

    public override void Measure(Span<LinearResidual> found) => Engine.AdjointResidual(Solution, Policy, Source, Discount, null, found);

    public override void Restart(int instance) => Engine.Upload(Solution, instance, new double[Engine.States]);

    public override void Solve(SweepLimits limits, SweepStatus status) =>
        Engine.Adjoint(Solution, Policy, Source, Discount, limits, status);

    public override void Sweep(SweepLimits limits, SweepStatus status) =>
        Engine.AdjointSweeps(Solution, Policy, Source, Discount, limits, status);
}

/// <summary>
/// The same in float64 by an engine of float32: y is kept on the host, and what a float64 pass leaves of the source is solved for.
/// </summary>
internal sealed class RefinedAdjointEquation : LinearEquation, IDisposable
{
    private readonly DeviceArray _wide;
    private readonly DeviceArray _residual;
    private readonly DeviceArray _increment;
    private readonly double[] _more;
    private readonly double[][] _solution;

    public RefinedAdjointEquation(Engine engine)
        : base(engine)
    {
        _wide = engine.Allocate(ArrayKind.WideState);
        _residual = engine.Allocate(ArrayKind.State);
        _increment = engine.Allocate(ArrayKind.State);
        _more = new double[engine.States];
        _solution = new double[engine.Instances][];
        for (int i = 0; i < _solution.Length; i++) _solution[i] = new double[engine.States];
        Solution = Source = null!;
    }

    public DeviceArray Solution { get; private set; }

    public DeviceArray Source { get; set; }

    public override string Name => "the adjoint of the policy's value";

    public override double Epsilon => Precision.F64.Epsilon();

    /// <summary>Begins from what an array holds, which takes the answer.</summary>
    public void Begin(DeviceArray solution)
    {
        Solution = solution;
        for (int i = 0; i < _solution.Length; i++) Engine.Download(solution, i, _solution[i]);
        Engine.Fill(_increment, 0);
    }

    public override void Measure(Span<LinearResidual> found)
    {
        for (int i = 0; i < _solution.Length; i++)
        {
            Engine.Download(_increment, i, _more);
            for (int s = 0; s < _more.Length; s++) _solution[i][s] += _more[s];
            Engine.Upload(_wide, i, _solution[i]);
        }

        Engine.Fill(_increment, 0);
        Engine.AdjointResidual(_wide, Policy, Source, Discount, _residual, found);
    }

    public override void Restart(int instance) => _solution[instance].AsSpan().Clear();

    public override void Solve(SweepLimits limits, SweepStatus status) =>
        Engine.Adjoint(_increment, Policy, _residual, Discount, limits, status);

    public override void Sweep(SweepLimits limits, SweepStatus status) =>
        Engine.AdjointSweeps(_increment, Policy, _residual, Discount, limits, status);

    public override void End()
    {
        for (int i = 0; i < _solution.Length; i++) Engine.Upload(Solution, i, _solution[i]);
    }

    public void Dispose()
    {
        _wide.Dispose();
        _residual.Dispose();
        _increment.Dispose();
    }
}
