using FastHyper.Backends;
using FastHyper.Backends.OpenCl;
using FastHyper.Backends.OpenCl.Binding;
using FastHyper.Backends.OpenCl.Buffers;
using FastHyper.Backends.OpenCl.Devices;
using FastHyper.Backends.OpenCl.Engines;
using FastHyper.Backends.OpenCl.Programs;
using FastHyper.Backends.Selection;

namespace FastHyper.Tests.Backends.OpenCl;

[Collection(nameof(OnOpenCl))]
public class DeviceTests
{
    private static readonly OpenClDevice[] s_three =
    [
        Device(0, "Portable CPU", OpenClDeviceKind.Cpu, true), Device(1, "Small GPU", OpenClDeviceKind.Gpu, false),
        Device(2, "Large GPU", OpenClDeviceKind.Gpu, true),
    ];

    [Theory]
    [InlineData("", 1)]
    [InlineData("0", 0)]
    [InlineData("2", 2)]
    [InlineData("large", 2)]
    [InlineData("portable cpu", 0)]
    public void ADeviceIsChosenByNumberOrName(string selector, int expected) =>
        Assert.Equal(expected, OpenClDevices.Find(s_three, selector).Index);

    [Theory, InlineData("3"), InlineData("-1"), InlineData("abacus")]
    public void ADeviceThatIsNotThereIsRefusedWithThoseThatAre(string selector)
    {
        string message = Assert.Throws<InvalidInputException>(() => OpenClDevices.Find(s_three, selector)).Message;
        Assert.Contains(
            $"no OpenCL device '{selector}'; expected a number or a part of a name of 0 (Portable CPU), 1 (Small GPU), 2 (Large GPU)",
            message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutDevicesTheRefusalSaysHowToGetOne() =>
        Assert.Contains(
            "pocl-opencl-icd", Assert.Throws<InvalidInputException>(() => OpenClDevices.Find([], "")).Message, StringComparison.Ordinal);

    [Fact]
    public void ADeviceWithoutFloat64IsRefused() =>
        Assert.Contains(
            "Small GPU) has no fp64",
            Assert.Throws<InvalidInputException>(() => new OpenClContext(s_three[1], new BinaryCache(null), 0)).Message,
            StringComparison.Ordinal);

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
    public void AGpuPaysForManyInstancesOrManyStates(long states, long instances, bool pays) =>
        Assert.Equal(pays, AutomaticBackend.Pays(states, instances));

    [Fact]
    public void ADriverThatFailsTakesNothingFromTheOthers()
    {
        DeviceSurvey found = DeviceSurvey.Of(
            () => [1, 2, 3, 4],
            platform => platform == 4 ? throw new OpenClException("clGetPlatformInfo", -30) : $"Driver {platform}",
            platform => platform == 1 ? throw new OpenClException("clGetDeviceIDs", -6) : [10 * platform, (10 * platform) + 1],
            (index, platform, device) =>
                device == 20
                    ? throw new OpenClException("clGetDeviceInfo", -33)
                    : Device(index, $"{platform} {device}", OpenClDeviceKind.Gpu, true));
        Assert.Equal(
            [(1, "2 21"), (2, "3 30"), (3, "3 31"), (4, "4 40"), (5, "4 41")], found.Devices.Select(device => (device.Index, device.Name)));
        Assert.Equal(
            [
                "OpenCL driver 'Driver 1' was left out: OpenCL: clGetDeviceIDs failed with CL_OUT_OF_HOST_MEMORY",
                "device 0 of OpenCL driver 'Driver 2' was left out: OpenCL: clGetDeviceInfo failed with CL_INVALID_DEVICE",
                "the name of an OpenCL driver was left out: OpenCL: clGetPlatformInfo failed with CL_INVALID_VALUE",
            ],
            found.Failures);
        found = DeviceSurvey.Of(() => throw new OpenClException("clGetPlatformIDs", -6), _ => "", _ => [], (_, _, _) => s_three[0]);
        Assert.Empty(found.Devices);
        Assert.Equal(
            "the OpenCL loader was left out: OpenCL: clGetPlatformIDs failed with CL_OUT_OF_HOST_MEMORY", Assert.Single(found.Failures));
    }

    [Fact]
    public void AGpuWithTooLittleMemoryLeavesTheWorkToTheProcessor()
    {
        OpenClBackend gpu = new(OpenClRequired.Device(), new BinaryCache(null), 0);
        List<string> told = [];
        using AutomaticBackend backend = new(1, told.Add, () => gpu);
        Transitions transitions = BackendContract.Staying(10, 2);
        EngineOptions many = new(AutomaticBackend.ManyInstances);
        using (Engine engine = backend.CreateEngine(transitions, many)) Assert.IsType<OpenClEngine>(engine);
        Assert.Empty(told);
        foreach (long limit in (long[])[0, 1000, AutomaticBackend.BytesOf(transitions, many) - 1])
        {
            gpu.Limit = limit;
            using Engine engine = backend.CreateEngine(transitions, many);
            Assert.IsNotType<OpenClEngine>(engine);
            Assert.Matches(
                @"^OpenCL device \d+ \(.*\) has too little memory: \d+ bytes needed, .* are there; computing on the processor$", told[^1]);
        }

        Assert.Equal((3, 0), (told.Count, gpu.Allocated));
    }

    [Fact]
    public void AGpuThatCannotBeOpenedLeavesTheWorkToTheProcessor()
    {
        List<string> told = [];
        using AutomaticBackend backend = new(1, told.Add, () => throw new OpenClException("clCreateContext", -2));
        for (int round = 0; round < 2; round++)
            using (Engine engine = backend.CreateEngine(BackendContract.Staying(2, 2), new EngineOptions(AutomaticBackend.ManyInstances)))
                Assert.IsNotType<OpenClEngine>(engine);
        Assert.Equal("OpenCL: clCreateContext failed with CL_DEVICE_NOT_AVAILABLE; computing on the processor", Assert.Single(told));
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithBytesNeededAndThere()
    {
        OpenClDevice device = OpenClRequired.Device();
        using OpenClContext context = new(device, new BinaryCache(null), 0);
        string message = Assert.Throws<InsufficientMemoryException>(() => context.Allocate(1L << 60, "values")).Message;
        Assert.Contains(
            $"{1L << 60} bytes needed for values; at most {device.LargestArray} bytes in one array", message, StringComparison.Ordinal);
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
