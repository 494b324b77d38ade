using FastHyper.Backends;
using FastHyper.Backends.Cpu;

namespace FastHyper.Tests.Backends.Cpu;

public sealed class CpuGuards : EngineGuards
{
    private readonly CpuBackend _backend = new(2, 256);

    private protected override Backend Tested => _backend;

    public override void Dispose()
    {
        base.Dispose();
        _backend.Dispose();
    }
}
