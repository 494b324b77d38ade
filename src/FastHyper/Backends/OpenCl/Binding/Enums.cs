namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>What a platform tells of itself.</summary>
internal enum PlatformInfo : uint
{
    Version = 0x0901,
    Name = 0x0902,
    Vendor = 0x0903,
}

/// <summary>What a device tells of itself.</summary>
internal enum DeviceInfo : uint
{
    Type = 0x1000,
    MaxComputeUnits = 0x1002,
    MaxWorkGroupSize = 0x1004,
    MaxMemAllocSize = 0x1010,
    GlobalMemSize = 0x101F,
    LocalMemSize = 0x1023,
    Name = 0x102B,
    Vendor = 0x102C,
    DriverVersion = 0x102D,
    Version = 0x102F,
    Extensions = 0x1030,
}

/// <summary>Kinds of devices.</summary>
[Flags]
internal enum DeviceType : ulong
{
    Default = 1,
    Cpu = 2,
    Gpu = 4,
    Accelerator = 8,
    All = 0xFFFFFFFF,
}

/// <summary>How a queue works.</summary>
[Flags]
internal enum CommandQueueProperties : ulong
{
    None = 0,
    ProfilingEnable = 2,
}

/// <summary>How memory is used.</summary>
[Flags]
internal enum MemFlags : ulong
{
    ReadWrite = 1,
    WriteOnly = 2,
    ReadOnly = 4,
    CopyHostPtr = 32,
}

/// <summary>What a program tells of itself.</summary>
internal enum ProgramInfo : uint
{
    BinarySizes = 0x1165,
    Binaries = 0x1166,
}

/// <summary>What a build tells of itself.</summary>
internal enum ProgramBuildInfo : uint
{
    BuildLog = 0x1183,
}

/// <summary>What a kernel tells of how it is best started.</summary>
internal enum KernelWorkGroupInfo : uint
{
    WorkGroupSize = 0x11B0,
    PreferredWorkGroupSizeMultiple = 0x11B3,
}

/// <summary>When a command was what.</summary>
internal enum ProfilingInfo : uint
{
    CommandStart = 0x1282,
    CommandEnd = 0x1283,
}
