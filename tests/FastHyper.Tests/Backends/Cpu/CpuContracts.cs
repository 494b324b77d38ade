using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Cpu.Reordering;

namespace FastHyper.Tests.Backends.Cpu;

public sealed class CpuContractScalar : BackendContract
{
    protected override Backend Create() => new CpuBackend(1, 64);
}

public sealed class CpuContractScalarTwoThreads : BackendContract
{
    protected override Backend Create() => new CpuBackend(2, 64);
}

public sealed class CpuContract256 : BackendContract
{
    protected override Backend Create() => new CpuBackend(1, 256);
}

public sealed class CpuContract256TwoThreads : BackendContract
{
    protected override Backend Create() => new CpuBackend(2, 256);
}

public sealed class CpuContract512 : BackendContract
{
    protected override Backend Create() => new CpuBackend(1, 512);
}

public sealed class CpuContract512TwoThreads : BackendContract
{
    protected override Backend Create() => new CpuBackend(2, 512);
}

public sealed class CpuContractScalarReordered : BackendContract
{
    protected override Backend Create() => new CpuBackend(2, 64, StateReordering.Always);
}

public sealed class CpuContract512Reordered : BackendContract
{
    protected override Backend Create() => new CpuBackend(2, 512, StateReordering.Always);
}
