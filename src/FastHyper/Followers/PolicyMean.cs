using FastHyper.Backends;

namespace FastHyper.Followers;

/// <summary>Means over a policy's actions: the value of a policy that has no future, so one sweep without discount.</summary>
internal static class PolicyMean
{
    /// <summary>target(s) = Σ_a π(a|s) rows(s,a).</summary>
    public static void Write(Engine engine, DeviceArray policy, DeviceArray rows, DeviceArray target, SweepStatus status)
    {
        status.Begin();
        engine.EvaluationSweeps(target, policy, rows, 0, new SweepLimits(1, 0, 0), status);
    }
}
