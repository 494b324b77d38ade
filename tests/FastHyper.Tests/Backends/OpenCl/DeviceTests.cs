using FastHyper.Backends.OpenCl.Buffers;
using FastHyper.Backends.OpenCl.Devices;
using FastHyper.Backends.OpenCl.Programs;
using FastHyper.Experiments;

namespace FastHyper.Tests.Backends.OpenCl;

[Collection(nameof(OnOpenCl))]
public class DeviceTests
{
    private static readonly OpenClDevice[] s_three =
    [
        Device(0, "Portable CPU", OpenClDeviceKind.Cpu, true), Device(1, "Small GPU", OpenClDeviceKind.Gpu, false), Device(2, "Large GPU", OpenClDeviceKind.Gpu, true),
    ];

    [Theory]
    [InlineData("", 1)]
    [InlineData("0", 0)]
    [InlineData("2", 2)]
    [InlineData("large", 2)]
    [InlineData("portable cpu", 0)]
    public void ADeviceIsChosenByNumberOrName(string selector, int expected) => Assert.Equal(expected, OpenClDevices.Find(s_three, selector).Index);

    [Theory, InlineData("3"), InlineData("-1"), InlineData("abacus")]
    public void ADeviceThatIsNotThereIsRefusedWithThoseThatAre(string selector)
    {
        string message = Assert.Throws<InvalidInputException>(() => OpenClDevices.Find(s_three, selector)).Message;
        Assert.Contains($"no OpenCL device '{selector}'; expected a number or a part of a name of 0 (Portable CPU), 1 (Small GPU), 2 (Large GPU)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutDevicesTheRefusalSaysHowToGetOne() =>
        Assert.Contains("pocl-opencl-icd", Assert.Throws<InvalidInputException>(() => OpenClDevices.Find([], "")).Message, StringComparison.Ordinal);

    [Fact]
    public void ADeviceWithoutFloat64IsRefused() =>
        Assert.Contains("Small GPU) has no fp64", Assert.Throws<InvalidInputException>(() => new OpenClContext(s_three[1], new BinaryCache(null), 0)).Message, StringComparison.Ordinal);

    [Fact]
    public void AutomaticallyOnlyARealGpuIsChosen()
    {
        Assert.Equal(2, AutomaticBackend.Choose(s_three)!.Index);
        Assert.Null(AutomaticBackend.Choose(s_three[..2]));
    }

    [Theory]
    [InlineData(100, 10, false)]
    [InlineData(100, 1024, true)]
    [InlineData(1, 1023, false)]
    [InlineData(1_000_000, 1, true)]
    public void AGpuPaysForManyInstancesOrManyStates(long states, long instances, bool pays) => Assert.Equal(pays, AutomaticBackend.Pays(states, instances));

    [SkippableFact]
    public void WhatDoesNotFitIsRefusedWithBytesNeededAndThere()
    {
        OpenClDevice device = OpenClRequired.Device();
        using OpenClContext context = new(device, new BinaryCache(null), 0);
        string message = Assert.Throws<InsufficientMemoryException>(() => context.Allocate(1L << 60, "values")).Message;
        Assert.Contains($"{1L << 60} bytes needed for values; at most {device.LargestArray} bytes in one array", message, StringComparison.Ordinal);
        Assert.Equal(0, context.Allocated);
        using (context.Allocate(1000, "values")) Assert.Equal(1000, context.Allocated);
        Assert.Equal(0, context.Allocated);
    }

    private static OpenClDevice Device(int index, string name, OpenClDeviceKind kind, bool wide) => new()
    {
        Index = index,
        Platform = "Some platform",
        PlatformVersion = "1",
        Name = name,
        Vendor = "Some vendor",
        Version = "1.2",
        Driver = "1",
        Kind = kind,
        ComputeUnits = 1,
        GlobalMemory = 1000,
        LargestArray = 500,
        LocalMemory = 100,
        LargestWorkGroup = 64,
        HasFloat64 = wide,
    };
}
