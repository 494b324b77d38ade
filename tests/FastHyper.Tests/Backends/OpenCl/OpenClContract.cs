using FastHyper.Backends;

namespace FastHyper.Tests.Backends.OpenCl;

[Collection(nameof(OnOpenCl))]
public sealed class OpenClContract(OpenClFixture fixture) : BackendContract
{
    protected override bool OwnsBackend => false;

    protected override Backend Create() => fixture.Backend;
}
