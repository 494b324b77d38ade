using FastHyper.Backends;

namespace FastHyper.Tests.Backends.OpenCl;

public sealed class OpenClContract(OpenClFixture fixture) : BackendContract, IClassFixture<OpenClFixture>
{
    protected override bool OwnsBackend => false;

    protected override Backend Create() => fixture.Backend;
}
