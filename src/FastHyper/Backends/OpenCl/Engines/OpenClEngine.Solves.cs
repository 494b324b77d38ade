namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>Solves, by sweeps.</summary>
internal sealed partial class OpenClEngine
{
    // What stands for a step of policy iteration.
    private const int SweepsInStep = 16;

    public override void PolicyIteration(DeviceArray v, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        SoftSweeps(v, reward, discount, limits with { Count = (int)Math.Min((long)SweepsInStep * limits.Count, int.MaxValue) }, status);

    public override void Evaluate(DeviceArray v, DeviceArray policy, DeviceArray reward, double discount, SweepLimits limits, SweepStatus status) =>
        EvaluationSweeps(v, policy, reward, discount, limits, status);

    public override void Adjoint(DeviceArray y, DeviceArray policy, DeviceArray source, double discount, SweepLimits limits, SweepStatus status) =>
        AdjointSweeps(y, policy, source, discount, limits, status);
}
