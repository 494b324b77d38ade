using FastHyper.Backends.OpenCl.Binding;
using FastHyper.Backends.OpenCl.Devices;

namespace FastHyper.Tests.Backends.OpenCl;

/// <summary>The device that tests of the OpenCL backend run on: a machine without one skips them, unless it must not.</summary>
internal static class OpenClRequired
{
    /// <summary>Environment variable: with the value 1, a missing device fails tests instead of skipping them.</summary>
    public const string Variable = "FASTHYPER_REQUIRE_OPENCL";

    /// <summary>Environment variable: which device, as in <c>--backend opencl:SELECTOR</c>.</summary>
    public const string DeviceVariable = "FASTHYPER_TEST_OPENCL";

    /// <summary>Live objects of the runtime, without those that only wait for their finalizers.</summary>
    public static long LiveHandles()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return ClHandle.Live;
    }

    public static OpenClDevice Device()
    {
        bool required = Environment.GetEnvironmentVariable(Variable) == "1";
        Assert.SkipUnless(required || OpenClDevices.All().Count > 0, OpenClDevices.HowToGetOne);
        return OpenClDevices.Find(Environment.GetEnvironmentVariable(DeviceVariable) ?? "");
    }
}
