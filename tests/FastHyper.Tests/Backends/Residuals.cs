using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

internal static class Residuals
{
    /// <summary>‖TV − V‖∞ of each instance, by the pass for certificates.</summary>
    public static double[] Of(Engine engine, DeviceArray v, DeviceArray reward, double discount)
    {
        ResidualBound[] bounds = new ResidualBound[engine.Instances];
        engine.CertifiedResidual(v, reward, discount, bounds);
        return [.. bounds.Select(bound => bound.Residual)];
    }
}
